/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/protocol.h"

/*
 * Going on, stepping, and how the target came to stand
 *
 * Reference: GDB's manual, "Packets" (?, c, C, s, D, k, vAttach, vCont, vKill) and "Stop Reply Packets".  Signals that
 * a command wants delivered have no meaning for a machine and are dropped.  A vCPU that no action of vCont names stands
 * while the others go.
 *
 * Invariant: awaited is set exactly while the target goes for a command of ours and has not come to stand.
 */

#include "cpu/state.h"

#include <string.h>

void gdb_stop_append(const struct gdb_session *s, GString *to, enum gdb_signal signal, unsigned cpu,
                     const struct debug_stop *stop)
{
    static const char *const names[DEBUG_KINDS] = {
        [DEBUG_WATCH_WRITE] = "watch", [DEBUG_WATCH_READ] = "rwatch", [DEBUG_WATCH_ACCESS] = "awatch",
    };

    g_string_append_printf(to, "T%02xthread:", signal);
    gdb_thread_append(s, to, cpu);
    g_string_append_c(to, ';');
    if (stop && stop->why == DEBUG_WATCHED)
        g_string_append_printf(to, "%s:%016llx;", names[stop->kind], (unsigned long long)stop->lin);
}

/* Whoever asks has just come, and puts in breakpoints of his own. */
void gdb_cmd_why(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    gdb_points_clear(s);
    gdb_stop_append(s, s->reply, GDB_SIGNAL_TRAP, s->cpu, NULL);
}

/* The plan may want a step where steps are off: then it runs. */
static void go(struct gdb_session *s, enum debug_go *plan)
{
    for (unsigned i = 0; i < s->target->n_vcpus; i++)
        if (plan[i] == DEBUG_STEP_ONE && !(s->step & DEBUG_STEP))
            plan[i] = DEBUG_RUN;
    s->awaited = s->silent = s->attached = true;
    if (gdb_ops(s)->go(s->target, plan, s->step) == 0)
        return;
    s->awaited = s->silent = false;     /* it stands still: say so again */
    gdb_stop_append(s, s->reply, s->signal, s->go_cpu, NULL);
}

static enum debug_go *plan_new(const struct gdb_session *s, enum debug_go all)
{
    enum debug_go *plan = g_new(enum debug_go, s->target->n_vcpus);

    for (unsigned i = 0; i < s->target->n_vcpus; i++)
        plan[i] = all;
    return plan;
}

/* An address to go on at, if there is one. */
static bool resume_at(struct gdb_session *s, struct gdb_args *a)
{
    struct x86_state st;
    uint64_t pc;

    if (gdb_args_end(a))
        return true;
    pc = gdb_args_hex(a);
    if (!gdb_args_end(a)) {
        gdb_reply_error(s, GDB_EINVAL);
        return false;
    }
    gdb_ops(s)->state_get(s->target, s->go_cpu, &st);
    st.rip = pc;
    gdb_ops(s)->state_put(s->target, s->go_cpu, &st);
    return true;
}

void gdb_cmd_continue(struct gdb_session *s, struct gdb_args *a)
{
    g_autofree enum debug_go *plan = plan_new(s, DEBUG_RUN);

    if (resume_at(s, a))
        go(s, plan);
}

/* "SIGNAL[;ADDR]" */
void gdb_cmd_continue_signal(struct gdb_session *s, struct gdb_args *a)
{
    gdb_args_hex(a);
    if (!gdb_args_end(a))
        gdb_args_expect(a, ';');
    if (a->bad)
        gdb_reply_error(s, GDB_EINVAL);
    else
        gdb_cmd_continue(s, a);
}

void gdb_cmd_step(struct gdb_session *s, struct gdb_args *a)
{
    g_autofree enum debug_go *plan = plan_new(s, DEBUG_HOLD);

    plan[s->go_cpu] = DEBUG_STEP_ONE;
    if (resume_at(s, a))
        go(s, plan);
}

/* One "ACTION[:THREAD]" into the plan, where nothing was said before.  False: not an action that we know. */
static bool action_read(const struct gdb_session *s, struct gdb_args *a, enum debug_go *plan, bool *said)
{
    bool step = false, signal = false;
    int cpu = GDB_ALL_THREADS;

    if (!gdb_args_char(a, 'c') && !(signal = gdb_args_char(a, 'C')) && !(step = gdb_args_char(a, 's')) &&
        !(step = signal = gdb_args_char(a, 'S')))
        return false;
    if (signal)
        gdb_args_hex(a);
    if (gdb_args_char(a, ':'))
        cpu = gdb_thread_read(s, a);
    if (cpu == GDB_ANY_THREAD)
        cpu = (int)s->go_cpu;
    for (unsigned i = 0; i < s->target->n_vcpus && !a->bad; i++)
        if (!said[i] && (cpu == GDB_ALL_THREADS || (unsigned)cpu == i)) {
            plan[i] = step ? DEBUG_STEP_ONE : DEBUG_RUN;
            said[i] = true;
        }
    return true;
}

void gdb_cmd_vcont(struct gdb_session *s, struct gdb_args *a)
{
    g_autofree enum debug_go *plan = plan_new(s, DEBUG_HOLD);
    g_autofree bool *said = g_new0(bool, s->target->n_vcpus);

    if (gdb_args_char(a, '?')) {
        gdb_reply(s, "vCont;c;C;s;S");
        return;
    }
    do {
        gdb_args_expect(a, ';');
        if (!a->bad && !action_read(s, a, plan, said))
            return;
    } while (!a->bad && a->at != a->end);
    if (a->bad)
        gdb_reply_error(s, GDB_EINVAL);
    else
        go(s, plan);
}

static bool is_process(struct gdb_session *s, struct gdb_args *a)
{
    if (gdb_args_hex(a) == GDB_PROCESS && gdb_args_end(a))
        return true;
    gdb_reply_error(s, GDB_EINVAL);
    return false;
}

void gdb_cmd_attach(struct gdb_session *s, struct gdb_args *a)
{
    if (!is_process(s, a))
        return;
    s->attached = true;
    gdb_stop_append(s, s->reply, GDB_SIGNAL_TRAP, s->cpu, NULL);
}

/* "D" or "D;PROCESS" */
void gdb_cmd_detach(struct gdb_session *s, struct gdb_args *a)
{
    g_autofree enum debug_go *plan = plan_new(s, DEBUG_RUN);

    if (s->multiprocess || !gdb_args_end(a)) {
        gdb_args_expect(a, ';');
        if (!is_process(s, a))
            return;
    }
    gdb_points_clear(s);
    s->attached = false;
    gdb_reply(s, "OK");
    gdb_ops(s)->go(s->target, plan, 0);         /* one that cannot go stands for somebody else */
}

void gdb_cmd_kill(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    s->silent = true;
    gdb_ops(s)->kill(s->target);
}

void gdb_cmd_kill_process(struct gdb_session *s, struct gdb_args *a)
{
    if (!is_process(s, a))
        return;
    gdb_reply(s, "OK");
    gdb_ops(s)->kill(s->target);
}
