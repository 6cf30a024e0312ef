/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/memory.h"

/*
 * Memory backends (see memory.h; properties as the reference's schema has them)
 *
 * The properties become a struct ram_config; what the host is asked for is core/ram.c's.  Left out: thread contexts for
 * prealloc, and persistent memory; both are refused by name.
 *
 * Invariant: an object in the tree has its block, and nobody else frees it.
 */

#include "core/ram.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "qapi/qapi-types.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

struct memory {
    struct user_object user;
    struct ram_block *block;
    struct {
        uint64_t size, align, hugetlbsize;
        struct qapi_uint16_list host_nodes;
        char *path, *context;
        uint32_t threads;
        uint8_t policy;
        bool dump, merge, prealloc, share, reserve, canonical;
        bool discard, pmem, readonly;           /* of a file */
        bool hugetlb, seal;                     /* of a memfd */
    } cfg;
};
#define T_ struct memory

_Static_assert((int)QAPI_HOST_MEM_POLICY_INTERLEAVE == (int)RAM_POLICY_INTERLEAVE, "policies");
static const char *const policies[] = { "default", "preferred", "bind", "interleave", NULL };

static struct memory *memory_of(const struct user_object *o)
{
    return (struct memory *)o;
}

static int refuse(const struct user_object *o, const char *prop, const char *value, const char *legal,
                  struct error **err)
{
    return error_set(err, -EINVAL, ERROR_STATE, T("%s.%s", o->type->type.name, prop), value, legal);
}

/* policy and host-nodes belong together. */
static int nodes_fill(struct memory *m, struct ram_config *cfg, struct error **err)
{
    const struct qapi_uint16_list *nodes = &m->cfg.host_nodes;

    cfg->policy = (enum ram_policy)m->cfg.policy;
    if (!nodes->num && cfg->policy != RAM_POLICY_DEFAULT)
        return refuse(&m->user, "host-nodes", "none", T("some, for policy %s", policies[cfg->policy]), err);
    if (nodes->num && cfg->policy == RAM_POLICY_DEFAULT)
        return refuse(&m->user, "policy", "default", "preferred, bind or interleave, for host-nodes", err);
    for (size_t i = 0; i < nodes->num; i++) {
        unsigned node = nodes->items[i];

        if (node >= RAM_NODES)
            return error_set(err, -ERANGE, ERROR_RANGE, T("%s.host-nodes", m->user.type->type.name), T("%u", node),
                             T("0 to %d", RAM_NODES - 1));
        cfg->nodes[node / 64] |= 1ull << node % 64;
    }
    return 0;
}

static int file_check(const struct memory *m, struct error **err)
{
    if (!m->cfg.path || !*m->cfg.path)
        return refuse(&m->user, "mem-path", "nothing", "a file or a folder", err);
    if (m->cfg.pmem)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "memory-backend-file.pmem", "on", "legal: off");
    if (m->cfg.align && (m->cfg.align % 4096 || !bits_is_pow2(m->cfg.align)))
        return error_set(err, -EINVAL, ERROR_RANGE, "memory-backend-file.align", T("%" PRIu64, m->cfg.align),
                         "0, or a power of two from 4096 on");
    return 0;
}

static int memfd_check(const struct memory *m, struct error **err)
{
    uint64_t huge = m->cfg.hugetlbsize;

    if (huge && !m->cfg.hugetlb)
        return refuse(&m->user, "hugetlbsize", T("%" PRIu64, huge), "with hugetlb=on", err);
    if (huge && (!bits_is_pow2(huge) || huge < 4096))
        return error_set(err, -EINVAL, ERROR_RANGE, "memory-backend-memfd.hugetlbsize", T("%" PRIu64, huge),
                         "a power of two, as 2M or 1G");
    return 0;
}

static int check(const struct memory *m, struct error **err)
{
    if (!m->cfg.size || m->cfg.size > UINT64_MAX - 4096)
        return error_set(err, -ERANGE, ERROR_RANGE, T("%s.size", m->user.type->type.name),
                         T("%" PRIu64, m->cfg.size), "1 byte to 1 TiB");
    if (m->cfg.context && *m->cfg.context)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, T("%s.prealloc-context", m->user.type->type.name),
                         m->cfg.context, "legal: none, as there are no objects of type thread-context");
    if (m->cfg.prealloc && !m->cfg.reserve)
        return refuse(&m->user, "reserve", "off", "on, with prealloc=on", err);
    return 0;
}

static int memory_complete(struct memory *m, enum ram_source source, struct error **err)
{
    struct text name = text("%s%s", m->cfg.canonical ? "/objects/" : "", user_object_id(&m->user));
    struct ram_config cfg = {
        .name = name.s, .size = (m->cfg.size + 4095) & ~4095ull, .source = source, .path = m->cfg.path,
        .share = m->cfg.share, .prealloc = m->cfg.prealloc, .merge = m->cfg.merge, .no_dump = !m->cfg.dump,
        .reserve = m->cfg.reserve, .read_only = m->cfg.readonly, .seal = m->cfg.seal, .hugetlb = m->cfg.hugetlb,
        .huge_bytes = m->cfg.hugetlbsize, .align = m->cfg.align, .threads = m->cfg.threads };
    int r = check(m, err);

    if (!r)
        r = nodes_fill(m, &cfg, err);
    return r ? r : ram_block_new(&cfg, &m->block, err);
}

static int ram_complete(struct user_object *o, struct error **err)
{
    /* Anonymous memory that is shared has to have a descriptor, or nobody could share it. */
    return memory_complete(memory_of(o), memory_of(o)->cfg.share ? RAM_MEMFD : RAM_ANONYMOUS, err);
}

static int file_complete(struct user_object *o, struct error **err)
{
    int r = file_check(memory_of(o), err);

    return r ? r : memory_complete(memory_of(o), RAM_FILE, err);
}

static int memfd_complete(struct user_object *o, struct error **err)
{
    int r = memfd_check(memory_of(o), err);

    return r ? r : memory_complete(memory_of(o), RAM_MEMFD, err);
}

static void memory_release(struct user_object *o)
{
    struct memory *m = memory_of(o);

    if (m->cfg.discard)         /* nothing is lost if the file cannot */
        madvise(m->block->host, m->block->size, MADV_REMOVE);
    ram_block_free(m->block);
}

struct user_object *memory_backend_find(const struct user_objects *set, const char *id)
{
    return user_object_find(set, id, "memory-backend");
}

struct ram_block *memory_backend_block(const struct user_object *o)
{
    return memory_of(o)->block;
}

uint64_t memory_backend_bytes(const struct user_object *o)
{
    return memory_of(o)->cfg.size;
}

bool memory_backend_writable(const struct user_object *o)
{
    return !memory_of(o)->cfg.readonly;
}

static const struct prop memory_props[] = {
    PROP(T_, "dump", dump, .def = true, .doc = "Set to 'off' to exclude from core dump"),
    PROP_OF(T_, "host-nodes", host_nodes, &qapi_type_uint16_list, .shown = "int",
            .doc = "Binds memory to the list of NUMA host nodes"),
    PROP(T_, "merge", merge, .def = true, .doc = "Mark memory as mergeable"),
    PROP_NAMED(T_, "policy", policy, policies, .shown = "HostMemPolicy", .doc = "Set the NUMA policy"),
    PROP(T_, "prealloc", prealloc, .doc = "Preallocate memory"),
    PROP(T_, "prealloc-context", context, .shown = "link<thread-context>", .link = true,
         .doc = "Context to use for creating CPU threads for preallocation"),
    PROP(T_, "prealloc-threads", threads, .def = 1, .min = 1, .max = UINT32_MAX, .shown = "int",
         .doc = "Number of CPU threads to use for prealloc"),
    PROP(T_, "reserve", reserve, .def = true, .doc = "Reserve swap space (or huge pages) if applicable"),
    PROP(T_, "share", share, .doc = "Mark the memory as private to QEMU or shared"),
    PROP_SIZED(T_, "size", size, .shown = "int", .doc = "Size of the memory region (ex: 500M)"),
    PROP(T_, "x-use-canonical-path-for-ramblock-id", canonical),
    {}
};
static const struct type memory_base = { .name = "memory-backend", .parent = "object", .doc = "host memory",
    .abstract = true, .props = memory_props };
TYPE(memory_base);

static const struct user_type ram_type = {
    .type = { .name = "memory-backend-ram", .parent = "memory-backend", TYPE_OF(T_), .doc = "memory of this process" },
    .complete = ram_complete,
    .release = memory_release,
};
USER_TYPE(ram_type, ram_type);

static const struct prop file_props[] = {
    PROP_SIZED(T_, "align", align, .shown = "int"),
    PROP(T_, "discard-data", discard),
    PROP(T_, "mem-path", path, .shown = "string"),
    PROP(T_, "pmem", pmem),
    PROP(T_, "readonly", readonly),
    {}
};
static const struct user_type file_type = {
    .type = { .name = "memory-backend-file", .parent = "memory-backend", TYPE_OF(T_), .props = file_props,
              .doc = "memory that a file holds" },
    .complete = file_complete,
    .release = memory_release,
};
USER_TYPE(file_type, file_type);

static const struct prop memfd_props[] = {
    PROP(T_, "hugetlb", hugetlb, .doc = "Use huge pages"),
    PROP_SIZED(T_, "hugetlbsize", hugetlbsize, .shown = "int", .doc = "Huge pages size (ex: 2M, 1G)"),
    PROP(T_, "seal", seal, .def = true, .doc = "Seal growing & shrinking"),
    PROP(T_, "share", share, .def = true, .doc = "Mark the memory as private to QEMU or shared"),
    {}
};
static const struct user_type memfd_type = {
    .type = { .name = "memory-backend-memfd", .parent = "memory-backend", TYPE_OF(T_), .props = memfd_props,
              .doc = "memory that can be handed to others by its descriptor" },
    .complete = memfd_complete,
    .release = memory_release,
};
USER_TYPE(memfd_type, memfd_type);
