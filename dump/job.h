/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A job: bytes that a thread writes while the home loop goes on
 *
 * It is made and told of on the home loop; work() is all that its thread runs.  A job that fails keeps the first
 * failure in words.
 */

#include "dump/sink.h"
#include "lib/list.h"
#include "lib/loop.h"
#include "lib/thread.h"

#include <stddef.h>

struct error;
struct qapi_ctx;

struct jobs {
    struct loop *loop;
    struct list_node list;
};

struct job {
    struct jobs *jobs;
    struct list_node node;
    struct thread thread;
    struct post done;
    struct sink sink;
    struct qapi_ctx *ctx;       /* who waits; NULL: nobody */
    int code;                   /* 0, or the negative errno of the first failure */
    char text[400];             /* and its words */
    void (*work)(struct job *job);              /* its thread */
    void (*finished)(struct job *job);          /* home loop, the file is closed; before the reply.  NULL: nothing */
    void (*release)(struct job *job);           /* home loop: frees the job */
};

void jobs_init(struct jobs *jobs, struct loop *loop);
void jobs_fini(struct jobs *jobs);              /* cancels all, and waits for their threads */

/* Starts the thread; the rest of the job is set, its sink is open.  On failure the job is still the caller's. */
int job_start(struct jobs *jobs, struct job *job, const char *name, struct error **err);
/* Notes a failure, if it is the first. */
void job_fail(struct job *job, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* For who frees a job that has not started. */
void job_drop(struct job *job);
