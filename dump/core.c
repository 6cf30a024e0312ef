/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/state.h"

/*
 * dump-guest-memory: the machine stands, its registers and memory are written, it goes on
 *
 * What a dump looks at is fixed when it begins: registers are fetched, memory is held.  The machine stands until it is
 * over, unless it sleeps (suspended), which it goes on doing.  A machine that quits meanwhile does not wait for it.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/state.h"
#include "dump/dump.h"
#include "dump/elf.h"
#include "dump/guest-note.h"
#include "dump/kdump.h"
#include "dump/mappings.h"
#include "dump/notes.h"
#include "dump/ranges.h"
#include "io/fdset.h"
#include "qapi/dispatch.h"
#include "qapi/qapi-events.h"

#include <assert.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_BYTES = 1 << 20, FILE_FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY };
static const char busy[] = "There is a dump in process, please wait.";

struct core_dump {
    struct job job;
    struct dump *dump;
    struct qapi_sink *sink;             /* of events */
    struct ranges *all, *shown;         /* memory, and what of it is asked for */
    struct x86_state *cpus;
    unsigned n_cpus;
    GByteArray *notes;
    uint32_t guest_note;                /* where in notes it begins */
    bool paging, kdump, wide, resume;
    uint16_t machine;
};

static struct core_dump *of_job(struct job *job)
{
    return (struct core_dump *)((char *)job - offsetof(struct core_dump, job));
}

static void fail(struct core_dump *c, int r, const char *what)
{
    job_fail(&c->job, r, "dump: failed to %s: %s", what, strerror(-r));
}

static int mappings_make(struct core_dump *c, struct mappings *m)
{
    bool any = false;
    int r = 0;

    for (unsigned i = 0; c->paging && i < c->n_cpus && !r; i++) {
        if (!(c->cpus[i].cr0 & CR0_PG))
            continue;
        any = true;
        r = mappings_add_cpu(m, &c->cpus[i], c->all, c->shown);
    }
    if (any)
        mappings_finish(m);
    else
        mappings_add_physical(m, c->shown);
    return r;
}

static int head_write(struct core_dump *c)
{
    struct elf_core e = { .wide = c->wide, .machine = c->machine, .notes = c->notes, .ranges = c->shown };
    struct mappings *m = mappings_new(&c->job.sink.cancelled);
    const char *what = "follow the page tables";
    int r = mappings_make(c, m);

    e.mappings = m;
    if (!r)
        r = elf_write_head(&c->job.sink, &e, &what);
    mappings_free(m);
    if (r < 0)
        fail(c, r, what);
    return r;
}

static int range_write(struct core_dump *c, const struct range *range)
{
    int r = 0;

    for (uint64_t at = 0, n; at < range->map.len && !r; at += n) {
        n = range->map.len - at < STEP_BYTES ? range->map.len - at : STEP_BYTES;
        r = sink_write_sparse(&c->job.sink, range->map.host + at, n);
        if (!r)
            c->dump->completed += n;
    }
    return r;
}

static void kdump_work(struct job *job)
{
    struct core_dump *c = of_job(job);
    struct kdump k = { .wide = c->wide, .cpus = c->n_cpus, .notes = c->notes, .guest_note = c->guest_note,
                       .ranges = c->shown };
    const char *what;
    int r = kdump_write(&job->sink, &k, &c->dump->completed, &what);

    if (r < 0)
        fail(c, r, what);
}

static void elf_work(struct job *job)
{
    struct core_dump *c = of_job(job);
    const char *what = "save memory";
    int r = head_write(c);

    if (r < 0)
        return;
    for (unsigned i = 0; i < ranges_num(c->shown) && !r; i++)
        r = range_write(c, ranges_at(c->shown, i));
    if (!r)
        r = elf_write_tail(&job->sink, &what);
    if (r < 0)
        fail(c, r, what);
}

void dump_result(const struct dump *d, struct qapi_dump_query_result *result)
{
    *result = (struct qapi_dump_query_result){ .status = d->status, .completed = d->completed, .total = d->total };
}

static void finished(struct job *job)
{
    struct core_dump *c = of_job(job);
    struct dump *d = c->dump;
    struct machine *m = d->machine;
    struct qapi_dump_query_result result;

    d->active = NULL;
    d->status = job->code ? QAPI_DUMP_STATUS_FAILED : QAPI_DUMP_STATUS_COMPLETED;
    m->busy = NULL;
    dump_result(d, &result);
    qapi_event_dump_completed(c->sink, &result, job->code ? job->text : NULL);
    if (c->resume && m->run_state == RUN_SAVE_VM)
        machine_start(m, NULL);
}

static void release(struct job *job)
{
    struct core_dump *c = of_job(job);

    fdsets_release(c->dump->machine->fdsets, c);
    ranges_free(c->shown);
    ranges_free(c->all);
    if (c->notes)
        g_byte_array_free(c->notes, true);
    free(c->cpus);
    g_free(c);
}

static void fetch(struct vcpu *cpu, void *opaque)
{
    cpu->machine->accel->ops->vcpu_get(cpu, opaque);
}

static int cpus_fetch(struct core_dump *c, struct error **err)
{
    struct machine *m = c->dump->machine;

    if (!m->accel || !m->accel->ops->vcpu_get)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "dump-guest-memory", "this accelerator",
                         "one that shows the registers of CPUs");
    c->n_cpus = m->n_vcpus;
    c->cpus = aligned_alloc(16, (c->n_cpus * sizeof(*c->cpus) + 15) & ~15ul);
    if (!c->cpus)
        return error_set_host(err, -ENOMEM, "dump-guest-memory", "registers");
    for (unsigned i = 0; i < c->n_cpus; i++)
        vcpu_call(m->vcpus[i], fetch, &c->cpus[i]);
    return 0;
}

/* A 32-bit guest gets a 64-bit file all the same when its memory does not fit into the other. */
static void form_choose(struct core_dump *c)
{
    const struct range *last = ranges_at(c->all, ranges_num(c->all) - 1);
    bool wide = c->n_cpus && c->cpus[0].efer & EFER_LMA;

    c->machine = wide ? EM_X86_64 : EM_386;
    c->wide = wide || last->gpa + last->map.len > UINT32_MAX;
}

static void notes_make(struct core_dump *c)
{
    c->notes = g_byte_array_new();
    for (unsigned i = 0; i < c->n_cpus; i++)
        note_prstatus(c->notes, &c->cpus[i], i + 1, c->machine == EM_X86_64);
    for (unsigned i = 0; i < c->n_cpus; i++)
        note_qemu(c->notes, &c->cpus[i]);
    c->guest_note = c->notes->len;
    guest_note_append(c->notes, c->dump->machine, c->all);
}

/* The machine stands. */
static int core_dump_fill(struct core_dump *c, struct error **err)
{
    int r = cpus_fetch(c, err);

    if (r < 0)
        return r;
    form_choose(c);
    notes_make(c);
    c->job.work = c->kdump ? kdump_work : elf_work;
    c->job.finished = finished;
    return job_start(&c->dump->jobs, &c->job, "dump", err);
}

static int memory_choose(struct core_dump *c, const struct core_options *o, struct qapi_ctx *ctx)
{
    struct machine *m = c->dump->machine;

    c->all = ranges_new(&m->memory_as);
    c->shown = ranges_new(&m->memory_as);
    if (o->cut)
        ranges_cut(c->shown, o->begin, o->length);
    return ranges_num(c->shown) ? 0 : qapi_fail(ctx, -ERANGE, QAPI_GENERIC_ERROR, "dump: no guest memory to dump");
}

static void stand_again(struct core_dump *c)
{
    c->dump->machine->busy = NULL;
    if (c->resume)
        machine_start(c->dump->machine, NULL);
}

static int core_dump_begin(struct core_dump *c, const struct core_options *o, struct error **err)
{
    struct dump *d = c->dump;
    struct machine *m = d->machine;
    int r = 0;

    c->resume = machine_running(m);
    if (c->resume)
        r = machine_stop(m, RUN_SAVE_VM, err);
    if (r < 0)
        return r;
    m->busy = busy;
    d->completed = 0;
    d->total = ranges_bytes(c->shown);
    r = core_dump_fill(c, err);
    if (r < 0) {
        stand_again(c);
        return r;
    }
    d->active = c;
    d->status = QAPI_DUMP_STATUS_ACTIVE;
    return 0;
}

int core_dump_start(struct dump *d, const struct core_options *o, struct qapi_ctx *ctx, struct error **err)
{
    struct core_dump *c = g_new0(struct core_dump, 1);
    int r;

    *c = (struct core_dump){ .dump = d, .sink = ctx->sink,
                              .paging = o->paging, .kdump = o->kdump, .job.release = release };
    r = sink_open(&c->job.sink, o->path ? fdsets_open(d->machine->fdsets, c, o->path, FILE_FLAGS, 0400) : o->fd);
    if (r < 0)
        qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "Could not open '%s': %s", o->path ? o->path : "fd:", strerror(-r));
    if (!r)
        r = memory_choose(c, o, ctx);
    if (!r) {
        c->job.ctx = o->detach ? NULL : ctx;
        r = core_dump_begin(c, o, err);
    }
    if (r < 0) {
        job_drop(&c->job);
        return r;
    }
    return o->detach ? 0 : QAPI_LATER;
}

void dump_new(struct machine *m)
{
    m->dump = g_new0(struct dump, 1);
    m->dump->machine = m;
    jobs_init(&m->dump->jobs, m->loop);
}

void dump_free(struct machine *m)
{
    if (!m->dump)
        return;
    jobs_fini(&m->dump->jobs);
    g_free(m->dump);
    m->dump = NULL;
    m->busy = NULL;
}
