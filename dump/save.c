/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/state.h"

/*
 * pmemsave and memsave: a piece of memory as it is, into a file
 *
 * The guest may run meanwhile, and is not asked: what is written may never have been there at one moment.  memsave
 * follows the page tables with the registers that the CPU had when the command came.  Where there is no memory, zeros
 * are written; a linear address that is not mapped is an error.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/state.h"
#include "cpu/walk.h"
#include "dump/ranges.h"
#include "qapi/dispatch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_BYTES = 1 << 20 };

struct save {
    struct job job;
    struct ranges *memory;
    struct x86_state *st;               /* of memsave; NULL: addresses are physical */
    struct address_space *as;           /* home loop */
    uint64_t addr, bytes;
};

static struct save *of_job(struct job *job)
{
    return (struct save *)((char *)job - offsetof(struct save, job));
}

/* At most n bytes from gpa on; as many as there are in one piece. */
static int piece_write(struct save *s, uint64_t gpa, uint64_t *n)
{
    uint64_t there;
    const uint8_t *host = ranges_find(s->memory, gpa, &there);

    if (there < *n)
        *n = there;
    if (host && *n > STEP_BYTES)        /* a gap may be most of what 64 bits can name, and is one hole */
        *n = STEP_BYTES;
    return host ? sink_write_sparse(&s->job.sink, host, *n) : sink_zeros(&s->job.sink, *n);
}

static void work(struct job *job)
{
    struct save *s = of_job(job);
    struct walk_memory memory = { ranges_read, s->memory };
    int r = 0;

    for (uint64_t done = 0, n; done < s->bytes && !r; done += n) {
        uint64_t gpa = s->addr + done, more;

        n = s->bytes - done;
        if (s->st && !cpu_walk(s->st, &memory, s->addr + done, &gpa, &more)) {
            job_fail(job, -EFAULT, "Invalid addr 0x%016" PRIx64 "/size %" PRIu64 " specified", s->addr, s->bytes);
            return;
        }
        if (s->st && more < n - 1)
            n = more + 1;
        r = piece_write(s, gpa, &n);
    }
    if (!r)
        r = sink_end(&job->sink);
    if (r < 0)
        job_fail(job, r, "Could not save memory: %s", strerror(-r));
}

static void release(struct job *job)
{
    struct save *s = of_job(job);

    ranges_free(s->memory);
    free(s->st);
    g_free(s);
}

/* On the CPU's thread, or while it is parked: its map may be another one in the next moment (SMM). */
static void fetch(struct vcpu *cpu, void *opaque)
{
    struct save *s = opaque;

    cpu->machine->accel->ops->vcpu_get(cpu, s->st);
    s->as = vcpu_as(cpu);
}

static int cpu_fetch(struct save *s, struct vcpu *cpu, struct error **err)
{
    if (!cpu->machine->accel->ops->vcpu_get)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "memsave", "this accelerator",
                         "one that shows the registers of CPUs");
    s->st = aligned_alloc(16, (sizeof(*s->st) + 15) & ~15ul);
    if (!s->st)
        return error_set_host(err, -ENOMEM, "memsave", "registers");
    vcpu_call(cpu, fetch, s);
    return 0;
}

/* Where there is nothing zeros are written, but not for ever: at most as many bytes as from 0 to the end of memory,
 * or 4 GB. */
static int check_size(const struct save *s, struct error **err)
{
    unsigned n = ranges_num(s->memory);
    const struct range *last = n ? ranges_at(s->memory, n - 1) : NULL;
    uint64_t most = 1ull << 32;

    if (last && last->gpa + last->map.len > most)
        most = last->gpa + last->map.len;
    if (s->st || s->bytes <= most)
        return 0;
    return error_set(err, -EINVAL, ERROR_RANGE, "size", T("%" PRIu64, s->bytes), T("at most %" PRIu64, most));
}

int save_start(struct dump *d, const struct save_options *o, struct qapi_ctx *ctx, struct error **err)
{
    struct save *s;
    int fd, r = 0;

    if (o->bytes < 0)
        return error_set(err, -EINVAL, ERROR_RANGE, "size", T("%" PRId64, o->bytes), "0 or more");
    s = g_new0(struct save, 1);
    *s = (struct save){ .as = &d->machine->memory_as, .addr = o->addr, .bytes = o->bytes,
                        .job = { .work = work, .release = release, .ctx = ctx,
                                 .sink = { .fd = -1, .cancel_fd = -1 } } };
    if (o->cpu)
        r = cpu_fetch(s, o->cpu, err);
    if (!r) {
        s->memory = ranges_new(s->as);
        r = check_size(s, err);
    }
    if (!r) {
        fd = open(o->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
        r = sink_open(&s->job.sink, fd < 0 ? -errno : fd);
        if (r < 0)
            qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "Could not open '%s': %s", o->path, strerror(-r));
    }
    if (!r)
        r = job_start(&d->jobs, &s->job, "memsave", err);
    if (r < 0) {
        job_drop(&s->job);
        return r;
    }
    return QAPI_LATER;
}
