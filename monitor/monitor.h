/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Monitors: QMP for programs, HMP for people
 *
 * A monitor is what all sessions share; a session is one of a chardev's, or of whatever brings bytes
 * and takes them through struct monitor_out.  Everything is called on the main loop.  A session is
 * never freed or closed from inside a command's handler.
 */

#include "monitor/hmp.h"
#include "qapi/dispatch.h"
#include "qapi/event.h"

struct fdsets;
struct monitor;
struct monitor_session;
struct chardev;

struct monitor_config {
    struct qapi_env env;                /* what commands act on; its table is the generated one; no fd_take */
    struct fdsets *fdsets;              /* where add-fd puts descriptors; NULL: sets that only the monitor has */
    unsigned major, minor, micro;       /* of query-version, the greeting and the banner */
    const char *package;
    const char *guest_name;             /* -name; NULL: none */
    const struct monitor_info *info;    /* what `info` can show, beside what the monitor knows itself */
    size_t num_info;
    bool (*reg)(void *target, int64_t cpu, const char *name, uint64_t *val);    /* for expressions; NULL: none */
    /* `gdbserver`; device NULL: as it is by itself.  NULL: there is no such command. */
    void (*gdbserver)(void *opaque, const char *device, struct text_out *out);
    void *gdbserver_opaque;
    /* What `device_add TYPE,help` lists, and for NULL `device_add help`.  NULL: nothing. */
    void (*device_help)(const char *type, struct text_out *out);
};

struct monitor *monitor_new(const struct monitor_config *cfg);         /* copies cfg; borrows what it points to */
void monitor_free(struct monitor *m);                                  /* no session is left; NULL is fine */

/* The peer's side of a session. */
struct monitor_out {
    /* Bytes accepted; short of n: call monitor_session_drain() when there is room. */
    size_t (*write)(struct monitor_out *out, const char *bytes, size_t n);
    void (*resume)(struct monitor_out *out);    /* monitor_session_ready() has become true; may be NULL */
    /* A descriptor that came with what was fed, now the caller's; -1: none.  NULL: none ever comes. */
    int (*take_fd)(struct monitor_out *out);
};

struct monitor_session *monitor_qmp_new(struct monitor *m, struct monitor_out *out, bool pretty);
struct monitor_session *monitor_hmp_new(struct monitor *m, struct monitor_out *out);
void monitor_session_free(struct monitor_session *s);                  /* closes; NULL is fine */

void monitor_session_open(struct monitor_session *s);                  /* a peer is there: greeting or banner */
void monitor_session_close(struct monitor_session *s);                 /* it is gone; what ran for it runs on */
bool monitor_session_ready(const struct monitor_session *s);           /* may be fed */
/* It keeps some of what it was fed; it will ask for more. */
bool monitor_session_holding(const struct monitor_session *s);
/* Takes all; at most MONITOR_FEED_BYTES at a time, and only while the session is ready. */
enum { MONITOR_FEED_BYTES = 4096 };
void monitor_session_feed(struct monitor_session *s, const char *bytes, size_t n);
void monitor_session_drain(struct monitor_session *s);                 /* the peer takes bytes again */
/* Gives the peer what it takes, and reads nothing; false: it has not taken all. */
bool monitor_session_flush(struct monitor_session *s);
/* While a multiplexer shows another front end, output is kept back. */
void monitor_session_focus(struct monitor_session *s, bool on);

/* Runs a line of the human monitor for somebody without a session; of what it says later nobody hears. */
void monitor_line_run(struct monitor *m, const char *line, struct text_out *out);

/* Sessions on a chardev: char.c.  NULL with err when the chardev has another front end. */
struct monitor_char;
enum monitor_mode { MONITOR_QMP, MONITOR_QMP_PRETTY, MONITOR_HMP };
struct monitor_char *monitor_char_new(struct monitor *m, struct chardev *chr, enum monitor_mode mode,
                                      struct error **err);
void monitor_char_free(struct monitor_char *c);
