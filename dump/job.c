/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/job.h"

/*
 * Jobs (see job.h)
 *
 * Invariant: the thread touches its job until it posts `done`, and of the machine only memory that the job holds.
 */

#include "qapi/dispatch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void jobs_init(struct jobs *jobs, struct loop *loop)
{
    jobs->loop = loop;
    list_init(&jobs->list);
}

void job_fail(struct job *job, int code, const char *fmt, ...)
{
    va_list ap;

    if (job->code)
        return;
    job->code = code;
    va_start(ap, fmt);
    vsnprintf(job->text, sizeof(job->text), fmt, ap);
    va_end(ap);
}

static void *thread_run(void *opaque)
{
    struct job *job = opaque;

    job->work(job);
    loop_post(job->jobs->loop, &job->done);
    return NULL;
}

void job_drop(struct job *job)
{
    sink_close(&job->sink);
    job->release(job);
}

static void finish(struct job *job)
{
    struct qapi_ctx *ctx = job->ctx;
    int code, r;

    thread_join(&job->thread);
    list_remove(&job->node);
    r = sink_close(&job->sink);
    if (r < 0)
        job_fail(job, r, "dump: failed to close the file: %s", strerror(-r));
    if (job->finished)
        job->finished(job);
    code = job->code;
    if (ctx && code)
        qapi_fail(ctx, code, QAPI_GENERIC_ERROR, "%s", job->text);
    job->release(job);
    if (ctx)
        qapi_finish(ctx, code, NULL);
}

static void done(struct post *p)
{
    finish((struct job *)((char *)p - offsetof(struct job, done)));
}

int job_start(struct jobs *jobs, struct job *job, const char *name, struct error **err)
{
    int r;

    job->jobs = jobs;
    job->done.fn = done;
    r = thread_start(&job->thread, name, thread_run, job, err);
    if (!r)
        list_append(&jobs->list, &job->node);
    return r;
}

void jobs_fini(struct jobs *jobs)
{
    list_for_each(n, &jobs->list)
        sink_cancel(&list_entry(n, struct job, node)->sink);
    while (!list_empty(&jobs->list)) {
        struct job *job = list_entry(jobs->list.next, struct job, node);

        thread_join(&job->thread);
        loop_post_cancel(jobs->loop, &job->done);
        list_remove(&job->node);
        sink_close(&job->sink);
        if (job->ctx) {
            qapi_fail(job->ctx, -ECANCELED, QAPI_GENERIC_ERROR, "the machine has ended");
            qapi_finish(job->ctx, -ECANCELED, NULL);
        }
        job->release(job);
    }
}
