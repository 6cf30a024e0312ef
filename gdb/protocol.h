/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the protocol share: private to gdb/
 *
 * A command reads the rest of its packet from `a` and leaves a reply in s->reply; an empty one says that the command
 * is not known.  Thread n of process 1 is vCPU n - 1; 0 is any thread, -1 all of them.
 */

#include "gdb/packet.h"
#include "gdb/session.h"
#include "gdb/target.h"

/* Numbers of errors that the reference sends. */
enum { GDB_EFAULT = 14, GDB_EINVAL = 22, GDB_ENOSPC = 28, GDB_ENOTSUP = 95 };

enum { GDB_PROCESS = 1, GDB_STEP_DEFAULT = DEBUG_STEP | DEBUG_STEP_NOIRQ | DEBUG_STEP_NOTIMER };

struct gdb_session {
    struct gdb_target *target;
    struct gdb_peer *peer;
    struct gdb_in in;
    GString *reply;             /* of the command that is being carried out */
    GString *last;              /* the last packet, framed: a - asks for it again */
    GString *out;               /* bytes that the peer has not taken */
    GString *xml;               /* GDB_CORE_XML, made when it is first read */
    bool open, attached;
    bool awaited;               /* the reply to a command that let the target go is owed */
    bool silent;                /* the command that ran has no reply, or will have one later */
    bool busy;
    bool acks;
    bool multiprocess;          /* thread ids have a process */
    bool physical;              /* addresses of m and M */
    unsigned step;              /* enum debug_step */
    unsigned cpu, go_cpu;       /* of Hg and Hc */
    unsigned listed;            /* threads told by qfThreadInfo */
    enum gdb_signal signal;     /* of the last stop */
    unsigned n_points;
    struct debug_point point[DEBUG_POINTS];
    uint8_t point_type[DEBUG_POINTS];           /* Z's digit: Z0 and Z1 at one address are two */
};

static inline const struct gdb_target_ops *gdb_ops(const struct gdb_session *s)
{
    return s->target->ops;
}

void gdb_reply(struct gdb_session *s, const char *text);
void gdb_reply_error(struct gdb_session *s, unsigned number);
void gdb_reply_hex(struct gdb_session *s, const void *bytes, size_t n);
/* -errno of the target's as an error's number. */
void gdb_reply_errno(struct gdb_session *s, int r);
/* Sends a packet now: beside the reply, or when there is no command. */
void gdb_send(struct gdb_session *s, const char *data, size_t len);

/* thread.c.  The id of vCPU cpu: "p01.02", or "02" without processes. */
void gdb_thread_append(const struct gdb_session *s, GString *to, unsigned cpu);
enum { GDB_ANY_THREAD = -1, GDB_ALL_THREADS = -2 };
/* A thread id: a vCPU's number, or one of the two above; sets a->bad if there is none such. */
int gdb_thread_read(const struct gdb_session *s, struct gdb_args *a);
void gdb_cmd_thread_select(struct gdb_session *s, struct gdb_args *a);         /* H */
void gdb_cmd_thread_alive(struct gdb_session *s, struct gdb_args *a);          /* T */
void gdb_query_thread(struct gdb_session *s, struct gdb_args *a);              /* qC */
void gdb_query_first(struct gdb_session *s, struct gdb_args *a);               /* qfThreadInfo */
void gdb_query_next(struct gdb_session *s, struct gdb_args *a);                /* qsThreadInfo */
void gdb_query_extra(struct gdb_session *s, struct gdb_args *a);               /* qThreadExtraInfo */

/* data.c: registers and memory */
void gdb_cmd_regs_get(struct gdb_session *s, struct gdb_args *a);              /* g */
void gdb_cmd_regs_set(struct gdb_session *s, struct gdb_args *a);              /* G */
void gdb_cmd_reg_get(struct gdb_session *s, struct gdb_args *a);               /* p */
void gdb_cmd_reg_set(struct gdb_session *s, struct gdb_args *a);               /* P */
void gdb_cmd_mem_get(struct gdb_session *s, struct gdb_args *a);               /* m */
void gdb_cmd_mem_set(struct gdb_session *s, struct gdb_args *a);               /* M */

/* points.c */
void gdb_cmd_point_add(struct gdb_session *s, struct gdb_args *a);             /* Z */
void gdb_cmd_point_del(struct gdb_session *s, struct gdb_args *a);             /* z */
void gdb_points_clear(struct gdb_session *s);

/* run.c: going, stopping, ending */
void gdb_stop_append(const struct gdb_session *s, GString *to, enum gdb_signal signal, unsigned cpu,
                     const struct debug_stop *stop);
void gdb_cmd_why(struct gdb_session *s, struct gdb_args *a);                   /* ? */
void gdb_cmd_continue(struct gdb_session *s, struct gdb_args *a);              /* c */
void gdb_cmd_continue_signal(struct gdb_session *s, struct gdb_args *a);       /* C */
void gdb_cmd_step(struct gdb_session *s, struct gdb_args *a);                  /* s */
void gdb_cmd_vcont(struct gdb_session *s, struct gdb_args *a);                 /* vCont */
void gdb_cmd_attach(struct gdb_session *s, struct gdb_args *a);                /* vAttach */
void gdb_cmd_detach(struct gdb_session *s, struct gdb_args *a);                /* D */
void gdb_cmd_kill(struct gdb_session *s, struct gdb_args *a);                  /* k */
void gdb_cmd_kill_process(struct gdb_session *s, struct gdb_args *a);          /* vKill */

/* query.c */
void gdb_cmd_query(struct gdb_session *s, struct gdb_args *a);                 /* q */
void gdb_cmd_set(struct gdb_session *s, struct gdb_args *a);                   /* Q */

/* session.c: carries out the packet in s->in. */
void gdb_command(struct gdb_session *s);
