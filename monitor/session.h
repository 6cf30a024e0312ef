/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What sessions of both kinds share: private to monitor/
 *
 * Invariant: held is empty while the session is ready, and pending is what the peer has not taken.
 */

#include "io/fdset.h"
#include "lib/list.h"
#include "monitor/monitor.h"

#include <glib.h>

struct monitor {
    struct monitor_config cfg;
    struct fdsets own_fdsets;
    struct hmp_format format;           /* that was given last */
};

struct session_type {
    void (*open)(struct monitor_session *s);
    void (*close)(struct monitor_session *s);
    bool (*ready)(const struct monitor_session *s);     /* beside what session.c looks at */
    /* Takes some input, moving *bytes and *n.  False: nothing is to be done with what is left, which is none. */
    bool (*feed)(struct monitor_session *s, const char **bytes, size_t *n);
    void (*focus)(struct monitor_session *s, bool on);          /* while output passes; may be NULL */
    void (*free)(struct monitor_session *s);
};

struct named_fd { struct list_node node; char *name; int fd; };

struct monitor_session {
    const struct session_type *type;
    struct monitor *monitor;
    struct monitor_out *out;
    bool open, focused;
    bool was_ready;             /* as the peer saw it last */
    bool feeding;
    GString *pending;           /* output from pending_at on */
    size_t pending_at;
    GString *held;              /* input that came while the session became busy */
    struct list_node fds;       /* struct named_fd: what peers have passed and nobody has taken */
    bool relaying;              /* its command runs a line of the other kind of monitor, which has no descriptors */
};

void session_init(struct monitor_session *s, const struct session_type *type, struct monitor *m,
                  struct monitor_out *out);
void session_fini(struct monitor_session *s);
void session_write(struct monitor_session *s, const char *bytes, size_t n);
/* Appends to what it returns, NULL while nobody is there, then session_write_end(): spares a copy of a long reply. */
GString *session_write_begin(struct monitor_session *s);
void session_write_end(struct monitor_session *s);
size_t session_backlog(const struct monitor_session *s);        /* bytes that the peer has not taken */
/* Goes on with held input and tells the peer when the session is ready again. */
void session_resume(struct monitor_session *s);

/* qmp-fd.c: descriptors that the session was passed under names.  For struct qapi_env; and at the end. */
int session_fd_take(void *session, const char *name);
void session_fds_close(struct monitor_session *s);

/* The info of that name that main/ wired, or NULL. */
const struct monitor_info *monitor_info_find(const struct monitor *m, const char *name);

/* qmp.c, for the handlers: what a QMP session allows.  False: it was negotiated before. */
bool qmp_session_negotiate(struct monitor_session *s, bool oob);
