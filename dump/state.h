/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of dump/ share: the machine's dump, and starting one. */

#include "dump/job.h"
#include "qapi/qapi-types.h"

struct core_dump;
struct machine;
struct qapi_sink;
struct vcpu;

struct dump {
    struct machine *machine;
    struct jobs jobs;
    struct core_dump *active;           /* NULL: none is under way */
    enum qapi_dump_status status;
    _Atomic uint64_t completed;         /* bytes of memory, of the last dump or the one under way */
    uint64_t total;
};

/* dump-guest-memory after the arguments' form has been checked.  As a handler returns. */
struct core_options {
    bool paging, detach, cut, kdump;
    uint64_t begin, length;             /* of cut */
    const char *path;                   /* NULL: into fd, which is taken over */
    int fd;
};
int core_dump_start(struct dump *d, const struct core_options *o, struct qapi_ctx *ctx, struct error **err);
/* memsave, and pmemsave, whose cpu is NULL. */
struct save_options {
    uint64_t addr;
    int64_t bytes;
    const char *path;
    struct vcpu *cpu;
};
int save_start(struct dump *d, const struct save_options *o, struct qapi_ctx *ctx, struct error **err);
/* What query-dump says. */
void dump_result(const struct dump *d, struct qapi_dump_query_result *result);
