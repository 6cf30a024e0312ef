/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From a command's name and JSON arguments to its handler and back
 *
 * A handler lives in the folder whose state it touches, under a name that the generated header
 * declares:
 *
 *     int qmp_stop(struct qapi_ctx *ctx, struct error **err);
 *     int qmp_query_status(struct qapi_ctx *ctx, struct status_info *ret, struct error **err);
 *     int qmp_human_monitor_command(struct qapi_ctx *ctx, const struct human_monitor_command_arg *arg,
 *                                   char **ret, struct error **err);
 *
 * It runs on the main loop, gets arguments that the schema allows, and fills in *ret (zeroed before;
 * strings from malloc; freed by the dispatcher, after a failure too).  It returns 0; or a negative
 * errno with *err set, or with qapi_fail() called where clients know the reference's words; or
 * QAPI_LATER, and then calls qapi_finish() once, later, from the main loop.  Nothing waits.
 */

#include "lib/error.h"
#include "qapi/visit.h"

struct qapi_ctx;
struct qapi_sink;

enum { QAPI_LATER = 1 };
enum qapi_command_flag { QAPI_OOB = 1, QAPI_PRECONFIG = 2, QAPI_RAW = 4, QAPI_OPEN = 8 };

/* A line of the generated table. */
struct qapi_command {
    const char *name;
    const struct qapi_type *arg, *ret;          /* NULL: none; with QAPI_RAW ret is a struct json */
    int (*call)(struct qapi_ctx *ctx, void *arg, void *ret, struct error **err);
    unsigned flags, features;
    uint32_t states;                            /* a bit for each run state in which it is legal; 0: all */
    const char *since;
};

struct qapi_commands {
    const struct qapi_command *commands;
    size_t num;
    const struct qapi_type *state_type;         /* what the bits of states mean; NULL: none has any */
    const char *introspection;                  /* the reply of query-qmp-schema */
};

/* Where commands run.  Constant while any command is in flight. */
struct qapi_env {
    void *target;                               /* the struct machine, or whatever the handlers expect */
    struct qapi_sink *sink;
    const struct qapi_commands *table;
    bool (*in_preconfig)(void *target);         /* NULL: never */
    unsigned (*run_state)(void *target);        /* NULL: `states` is not checked */
    int (*fd_take)(void *session, const char *name);    /* for qapi_fd_take(); NULL: no session has any */
};

typedef void qapi_done_fn(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault);

struct qapi_ctx {
    void *target;
    struct qapi_sink *sink;
    void *session;              /* of the monitor that runs it, NULL elsewhere; good until the handler returns */
    void *opaque;               /* of the caller of qapi_start() */
    struct json rest;           /* of an open command: an object with the members that are not declared */
    /* private to the dispatcher */
    const struct qapi_command *command;
    void *arg, *ret;
    bool failed;
    struct qapi_fault fault;
    qapi_done_fn *done;
    int (*fd_take)(void *session, const char *name);
};

const struct qapi_command *qapi_command_find(const struct qapi_commands *table, const char *name);

/*
 * Runs a command.  args is borrowed; NULL is an empty object.  done() is called exactly once, with
 * either ret (which it may take, leaving null) or fault; ctx is freed when it returns.  Returns the
 * ctx of a command that goes on, which only qapi_orphan() is for, or NULL when done() has been called.
 */
struct qapi_ctx *qapi_start(const struct qapi_env *env, const struct qapi_command *command, const struct json *args,
                            void *session, qapi_done_fn *done, void *opaque);
/* Nobody waits any more: done() will not be called. */
void qapi_orphan(struct qapi_ctx *ctx);

/* A descriptor that the session was passed under that name, now the caller's, close-on-exec.  -ENOENT: there is none.
 * Until the handler returns. */
int qapi_fd_take(struct qapi_ctx *ctx, const char *name);

/* For handlers.  qapi_finish() takes err; code is 0 or a negative errno.  qapi_fail() returns code. */
void qapi_finish(struct qapi_ctx *ctx, int code, struct error *err);
int qapi_fail(struct qapi_ctx *ctx, int code, enum qapi_error_class error_class, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
