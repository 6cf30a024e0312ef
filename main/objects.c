/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * What -object makes, and which of it is the machine's RAM
 *
 * Objects are made before the machine: first those that need nothing, then, when chardevs are open, those that
 * name one.
 * RAM is a memory backend in any case: the one that -machine names, one for each node that -numa names, or one of the
 * board's own name.
 *
 * Invariant: the backends of the machine's RAM are held from before its making until after its end.
 */

#include "backends/memory.h"
#include "core/ram.h"
#include "hw/i386/numa.h"
#include "lib/error.h"
#include "qapi/option.h"
#include "qapi/qapi-types.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>

/* JSON has to be what the schema says; what a person writes is told of in a person's words. */
static int option_read(const char *spec, struct json *to, struct error **err)
{
    struct qapi_object_options check;
    struct qapi_fault fault;
    int r = qapi_option_parse(spec, "qom-type", to, &fault);

    if (!r && qapi_option_is_json(spec)) {
        r = qapi_read(&qapi_type_object_options, to, &check, &fault);
        if (!r)
            qapi_fini(&qapi_type_object_options, &check);
    } else if (!r) {
        qapi_option_convert(&qapi_type_object_options, to);
    }
    if (!r)
        return 0;
    json_fini(to);
    /* Not the option itself, which may hold a secret. */
    return error_set(err, -EINVAL, ERROR_SYNTAX, "-object", fault.desc, "TYPE,id=ID[,PROP=VALUE...], or that in JSON");
}

static bool is_late(const struct json *options)
{
    const char *type = json_get_string(options, "qom-type");
    const struct user_type *t = type ? user_type_find(type) : NULL;

    return t && t->wants_chardevs;
}

int process_objects(struct process *p, struct error **err)
{
    const struct config_list *list = &p->cfg->objects;
    int r = 0;

    for (unsigned i = 0; i < list->n && !r; i++) {
        struct json options;

        r = option_read(list->item[i], &options, err);
        if (!r && is_late(&options) == p->has_chardevs)
            r = user_object_new(&p->objects, &options, err);
        json_fini(&options);
    }
    return r;
}

/* Takes the backend for the machine: its block is the next one of RAM. */
static int ram_take(struct process *p, const char *option, const char *id, struct error **err)
{
    struct user_object *o = memory_backend_find(&p->objects, id);

    if (!o)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, option, id, "the id of an -object of a type memory-backend-...");
    if (o->holders)
        return error_set(err, -EBUSY, ERROR_STATE, option, id, "a backend that nobody else uses");
    if (!memory_backend_writable(o))
        return error_set(err, -EINVAL, ERROR_STATE, option, id, "a backend that can be written: readonly=off");
    p->ram[p->n_ram] = user_object_hold(o);
    p->ram_blocks[p->n_ram++] = memory_backend_block(o);
    return 0;
}

static int ram_of_nodes(struct process *p, struct board_config *b, struct error **err)
{
    struct numa *n = b->numa;
    int r = 0;

    for (unsigned i = 0; i < n->n_nodes && !r; i++) {
        if (!n->node[i].memdev)
            continue;
        r = ram_take(p, "-numa node memdev", n->node[i].memdev, err);
        if (!r)
            n->node[i].bytes = p->ram_blocks[p->n_ram - 1]->size;
    }
    return r ? r : numa_memory_check(n, b->ram_bytes, err);
}

/* Without -m the machine has as much RAM as the backend. */
static int ram_of_backend(struct process *p, struct board_config *b, const char *id, struct error **err)
{
    int r = ram_take(p, "-machine memory-backend", id, err);
    uint64_t bytes = r ? 0 : memory_backend_bytes(p->ram[0]);

    if (r)
        return r;
    if (!b->ram_asked) {
        if (bytes < 8 << 20 || bytes % 8192)
            return error_set(err, -ERANGE, ERROR_RANGE, "-machine memory-backend",
                             T("%s of %" PRIu64 " bytes", id, bytes), "8M or more, in whole 8K");
        b->ram_bytes = bytes;
        b->ram_asked = true;
    }
    return bytes == b->ram_bytes ? 0 : error_set(err, -EINVAL, ERROR_STATE, "-machine memory-backend",
                                                 T("%s of %" PRIu64 " bytes", id, bytes),
                                                 T("%" PRIu64 " bytes, as -m says", b->ram_bytes));
}

/* More than the host has is fine for it: a guest pays as it touches pages. */
static int ram_of_its_own(struct process *p, const struct board_config *b, struct error **err)
{
    const char *id = p->cfg->board_type->ram_id, *file = p->cfg->mem_path;
    struct json options = json_object();
    int r;

    json_set(&options, "qom-type", json_string(file ? "memory-backend-file" : "memory-backend-ram"));
    if (file)
        json_set(&options, "mem-path", json_string(file));
    json_set(&options, "id", json_string(id));
    json_set(&options, "size", json_uint(b->ram_bytes));
    json_set(&options, "merge", json_bool(b->mem_merge));
    json_set(&options, "dump", json_bool(b->dump_guest_core));
    json_set(&options, "prealloc", json_bool(p->cfg->mem_prealloc));
    json_set(&options, "reserve", json_bool(p->cfg->mem_prealloc));
    r = user_object_new(&p->objects, &options, err);
    json_fini(&options);
    return r ? r : ram_take(p, file ? "-mem-path" : "-m", id, err);
}

int process_ram(struct process *p, struct board_config *b, struct error **err)
{
    bool has_cpus = strcmp(p->cfg->board_type->name, "none");
    int r = 0;

    if (p->cfg->memory_backend)
        r = ram_of_backend(p, b, p->cfg->memory_backend, err);
    else if (b->numa && numa_has_memdevs(b->numa) && has_cpus)
        r = ram_of_nodes(p, b, err);
    else if (b->ram_asked || has_cpus)
        r = ram_of_its_own(p, b, err);
    b->ram = p->ram_blocks;
    b->n_ram = p->n_ram;
    return r;
}
