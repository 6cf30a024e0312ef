/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/session.h"

/*
 * A session: from bytes to commands, and from replies to bytes (see session.h)
 *
 * Reference: GDB's manual, appendix "Remote Protocol", "Overview", "Packet Acknowledgment" and "Interrupts".
 * A peer that takes nothing of what it is told is not listened to; a reply is bounded by GDB_PACKET, and the output of
 * one line of the monitor by what the monitor says.
 *
 * Invariant: commands run only while the target stands.
 */

#include "gdb/protocol.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct gdb_session *gdb_session_new(struct gdb_target *t, struct gdb_peer *peer)
{
    struct gdb_session *s = calloc(1, sizeof(*s));

    assert(s);
    s->target = t;
    s->peer = peer;
    s->reply = g_string_new(NULL);
    s->last = g_string_new(NULL);
    s->out = g_string_new(NULL);
    s->xml = g_string_new(NULL);
    return s;
}

void gdb_session_free(struct gdb_session *s)
{
    if (!s)
        return;
    gdb_session_close(s);
    g_string_free(s->reply, TRUE);
    g_string_free(s->last, TRUE);
    g_string_free(s->out, TRUE);
    g_string_free(s->xml, TRUE);
    free(s);
}

void gdb_session_open(struct gdb_session *s)
{
    gdb_session_close(s);
    if (gdb_ops(s)->running(s->target))
        gdb_ops(s)->halt(s->target);
    gdb_in_init(&s->in);
    s->open = s->attached = s->acks = true;
    s->awaited = s->silent = s->multiprocess = s->physical = false;
    s->step = GDB_STEP_DEFAULT;
    s->cpu = s->go_cpu = s->listed = 0;
    s->signal = GDB_SIGNAL_TRAP;
}

void gdb_session_close(struct gdb_session *s)
{
    if (!s->open)
        return;
    s->open = s->attached = s->awaited = false;
    g_string_truncate(s->out, 0);
    g_string_truncate(s->last, 0);
    gdb_points_clear(s);
}

bool gdb_session_ready(const struct gdb_session *s)
{
    return s->open && !s->busy && !s->out->len;
}

bool gdb_session_busy(const struct gdb_session *s)
{
    return s->busy;
}

void gdb_session_drain(struct gdb_session *s)
{
    size_t n = s->open && s->out->len ? s->peer->write(s->peer, s->out->str, s->out->len) : 0;

    g_string_erase(s->out, 0, (gssize)n);
}

static void say(struct gdb_session *s, const char *bytes, size_t n)
{
    g_string_append_len(s->out, bytes, (gssize)n);
    gdb_session_drain(s);
}

void gdb_send(struct gdb_session *s, const char *data, size_t len)
{
    g_string_truncate(s->last, 0);
    gdb_frame(s->last, data, len);
    say(s, s->last->str, s->last->len);
}

void gdb_reply(struct gdb_session *s, const char *text)
{
    g_string_assign(s->reply, text);
}

void gdb_reply_error(struct gdb_session *s, unsigned number)
{
    g_string_printf(s->reply, "E%02u", number);
}

void gdb_reply_errno(struct gdb_session *s, int r)
{
    if (r < 0)
        gdb_reply_error(s, (unsigned)-r & 0xff);
    else
        gdb_reply(s, "OK");
}

void gdb_reply_hex(struct gdb_session *s, const void *bytes, size_t n)
{
    gdb_hex_append(s->reply, bytes, n);
}

/* vCPUs are numbered by their order: those behind one that has gone move up. */
void gdb_session_cpus(struct gdb_session *s, unsigned n)
{
    s->target->n_vcpus = n;
    if (s->cpu >= n)
        s->cpu = 0;
    if (s->go_cpu >= n)
        s->go_cpu = 0;
    if (s->listed > n)
        s->listed = n;
}

void gdb_session_stopped(struct gdb_session *s, enum gdb_signal signal, unsigned cpu, const struct debug_stop *stop)
{
    s->signal = signal;
    if (!s->open || !s->attached)
        return;
    if (stop)
        s->cpu = s->go_cpu = cpu;
    if (!s->awaited)
        return;
    s->awaited = false;
    g_string_truncate(s->reply, 0);
    gdb_stop_append(s, s->reply, signal, s->go_cpu, stop);
    gdb_send(s, s->reply->str, s->reply->len);
}

void gdb_session_ended(struct gdb_session *s, uint8_t status)
{
    char text[4];

    if (!s->open || !s->attached)
        return;
    s->attached = s->awaited = false;
    g_snprintf(text, sizeof(text), "W%02x", status);
    gdb_send(s, text, 3);
}

/* Commands. */

static void alive(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    gdb_reply(s, "OK");
}

static const struct { char letter; void (*run)(struct gdb_session *s, struct gdb_args *a); } commands[] = {
    { '!', alive }, { '?', gdb_cmd_why }, { 'c', gdb_cmd_continue }, { 'C', gdb_cmd_continue_signal },
    { 'D', gdb_cmd_detach }, { 'g', gdb_cmd_regs_get }, { 'G', gdb_cmd_regs_set }, { 'H', gdb_cmd_thread_select },
    { 'k', gdb_cmd_kill }, { 'm', gdb_cmd_mem_get }, { 'M', gdb_cmd_mem_set }, { 'p', gdb_cmd_reg_get },
    { 'P', gdb_cmd_reg_set }, { 'q', gdb_cmd_query }, { 'Q', gdb_cmd_set }, { 's', gdb_cmd_step },
    { 'T', gdb_cmd_thread_alive }, { 'z', gdb_cmd_point_del }, { 'Z', gdb_cmd_point_add },
};

static const struct { const char *name; void (*run)(struct gdb_session *s, struct gdb_args *a); } long_commands[] = {
    { "vCont", gdb_cmd_vcont }, { "vAttach;", gdb_cmd_attach }, { "vKill;", gdb_cmd_kill_process },
};

void gdb_command(struct gdb_session *s)
{
    struct gdb_args a = { s->in.data, s->in.data + s->in.len, false };

    for (size_t i = 0; i < sizeof(long_commands) / sizeof(long_commands[0]); i++)
        if (gdb_args_word(&a, long_commands[i].name)) {
            long_commands[i].run(s, &a);
            return;
        }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (gdb_args_char(&a, commands[i].letter)) {
            commands[i].run(s, &a);
            return;
        }
}

static void packet(struct gdb_session *s, bool too_long)
{
    if (s->acks)
        say(s, "+", 1);
    g_string_truncate(s->reply, 0);
    s->silent = false;
    s->busy = true;
    if (too_long)
        gdb_reply_error(s, GDB_EINVAL);
    else
        gdb_command(s);
    s->busy = false;
    if (s->open && !s->silent)
        gdb_send(s, s->reply->str, s->reply->len);
}

/*
 * Whoever waits for the target to stand may only interrupt; that he sends a packet stops it, too, and is dropped.  A
 * target that somebody else let go stops without a word, and the packet is answered.
 */
static bool interrupted(struct gdb_session *s)
{
    bool awaited = s->awaited;

    if (!gdb_ops(s)->running(s->target))
        return false;
    gdb_ops(s)->halt(s->target);
    return awaited;
}

static void byte(struct gdb_session *s, uint8_t b)
{
    switch (gdb_in_byte(&s->in, b)) {
    case GDB_CAME_START:
        if (interrupted(s))
            gdb_in_init(&s->in);
        break;
    case GDB_CAME_INTERRUPT:
        interrupted(s);
        break;
    case GDB_CAME_PACKET:
    case GDB_CAME_TOO_LONG:
        packet(s, s->in.too_long);
        break;
    case GDB_CAME_BROKEN:
        if (s->acks)
            say(s, "-", 1);
        break;
    case GDB_CAME_NAK:
        if (!s->out->len)               /* else it is on its way, and a thousand of them would be, too */
            say(s, s->last->str, s->last->len);
        break;
    case GDB_CAME_ACK:
    case GDB_CAME_NOTHING:
        break;
    }
}

void gdb_session_feed(struct gdb_session *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && s->open; i++)
        byte(s, (uint8_t)bytes[i]);
}
