/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/protocol.h"

/*
 * Threads: one for each vCPU, all of one process
 *
 * Reference: GDB's manual, "Packets" (thread-id syntax, H, T) and "General Query Packets" (qC, qfThreadInfo,
 * qThreadExtraInfo).
 */

#include <string.h>

void gdb_thread_append(const struct gdb_session *s, GString *to, unsigned cpu)
{
    if (s->multiprocess)
        g_string_append_printf(to, "p%02x.", GDB_PROCESS);
    g_string_append_printf(to, "%02x", cpu + 1);
}

/* 0: any, -1: all, as in the packet; otherwise a number from 1. */
static int64_t id_read(struct gdb_args *a)
{
    uint64_t id;

    if (gdb_args_word(a, "-1"))
        return -1;
    id = gdb_args_hex(a);
    if (id > INT32_MAX)
        a->bad = true;
    return a->bad ? 0 : (int64_t)id;
}

int gdb_thread_read(const struct gdb_session *s, struct gdb_args *a)
{
    int64_t process = GDB_PROCESS, thread = -1;

    if (gdb_args_char(a, 'p')) {
        process = id_read(a);
        if (gdb_args_char(a, '.'))
            thread = id_read(a);
    } else {
        thread = id_read(a);
    }
    if (a->bad || (process > 0 && process != GDB_PROCESS) || thread > (int64_t)s->target->n_vcpus) {
        a->bad = true;
        return GDB_ANY_THREAD;
    }
    return thread < 0 ? GDB_ALL_THREADS : !thread ? GDB_ANY_THREAD : (int)thread - 1;
}

void gdb_cmd_thread_select(struct gdb_session *s, struct gdb_args *a)
{
    bool go = gdb_args_char(a, 'c');
    int cpu;

    if (!go)
        gdb_args_expect(a, 'g');
    cpu = gdb_thread_read(s, a);
    if (!gdb_args_end(a)) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    if (cpu >= 0)
        *(go ? &s->go_cpu : &s->cpu) = (unsigned)cpu;
    gdb_reply(s, "OK");
}

void gdb_cmd_thread_alive(struct gdb_session *s, struct gdb_args *a)
{
    gdb_thread_read(s, a);
    if (gdb_args_end(a))
        gdb_reply(s, "OK");
    else
        gdb_reply_error(s, GDB_EINVAL);
}

void gdb_query_thread(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    gdb_reply(s, "QC");
    gdb_thread_append(s, s->reply, s->cpu);
}

/* As many as fit: a comma between two. */
static void list(struct gdb_session *s)
{
    enum { ID_MOST = 16 };

    if (s->listed == s->target->n_vcpus) {
        gdb_reply(s, "l");
        return;
    }
    gdb_reply(s, "m");
    for (; s->listed < s->target->n_vcpus && s->reply->len < GDB_PACKET - ID_MOST; s->listed++) {
        if (s->reply->len > 1)
            g_string_append_c(s->reply, ',');
        gdb_thread_append(s, s->reply, s->listed);
    }
}

void gdb_query_first(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    s->listed = 0;
    list(s);
}

void gdb_query_next(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    list(s);
}

void gdb_query_extra(struct gdb_session *s, struct gdb_args *a)
{
    char text[40];
    int cpu;

    gdb_args_expect(a, ',');
    cpu = gdb_thread_read(s, a);
    if (!gdb_args_end(a) || cpu < 0) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    g_snprintf(text, sizeof(text), "CPU#%d [%s]", cpu,
               gdb_ops(s)->halted(s->target, (unsigned)cpu) ? "halted " : "running");
    gdb_reply_hex(s, text, strlen(text));
}
