/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about machine types, CPUs and RAM as a board has them.  Handlers run on the home loop.
 */

#include "core/machine.h"
#include "hw/i386/board.h"
#include "hw/i386/numa.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const struct board_config *config_of(const struct qapi_ctx *ctx)
{
    return ((const struct machine *)ctx->target)->board_config;
}

static void machine_add(const struct board_type *b, void *opaque)
{
    struct qapi_machine_info_list *list = opaque;

    list->items = realloc(list->items, (list->num + 1) * sizeof(*list->items));
    assert(list->items);
    list->items[list->num++] = (struct qapi_machine_info){
        .name = strdup(b->name), .alias = b->alias ? strdup(b->alias) : NULL,
        .has_is_default = b->is_default, .is_default = b->is_default,
        .cpu_max = b->max_cpus, .hotpluggable_cpus = b->cpu_type,
        .default_cpu_type = b->cpu_type ? strdup(b->cpu_type) : NULL, .default_ram_id = strdup(b->ram_id),
    };
}

int qmp_query_machines(struct qapi_ctx *ctx, struct qapi_machine_info_list *ret, struct error **err)
{
    (void)ctx;
    (void)err;
    board_each(machine_add, ret);
    return 0;
}

static unsigned node_of(const struct numa *n, const struct machine *m, unsigned index)
{
    return n && index < m->n_slots ? n->cpu_node[index] : 0;
}

/* Dies are told only where a socket has several. */
static void place_of(const struct qapi_ctx *ctx, unsigned index, struct qapi_cpu_instance_properties *p)
{
    const struct machine *m = ctx->target;
    const struct board_config *cfg = config_of(ctx);
    const struct vcpu_slot *s = &m->slots[index];

    *p = (struct qapi_cpu_instance_properties){
        .has_socket_id = true, .socket_id = s->socket, .has_core_id = true, .core_id = s->core,
        .has_thread_id = true, .thread_id = s->thread, .has_die_id = cfg->smp.dies > 1, .die_id = s->die,
        .has_node_id = cfg->numa, .node_id = node_of(cfg->numa, m, index),
    };
}

int qmp_query_cpus_fast(struct qapi_ctx *ctx, struct qapi_cpu_info_fast_list *ret, struct error **err)
{
    struct machine *m = ctx->target;

    (void)err;
    ret->items = calloc(m->n_slots + 1, sizeof(*ret->items));
    assert(ret->items);
    for (unsigned i = 0; i < m->n_slots; i++) {
        const struct vcpu *cpu = atomic_load(&m->slots[i].cpu);
        struct qapi_cpu_info_fast *info = &ret->items[ret->num];

        if (!cpu)
            continue;
        ret->num++;
        info->cpu_index = cpu->index;
        info->qom_path = object_path(&cpu->dev->obj);
        info->thread_id = cpu->thread.tid;
        info->target = QAPI_SYS_EMU_TARGET_X86_64;
        info->props = malloc(sizeof(*info->props));
        assert(info->props);
        place_of(ctx, i, info->props);
    }
    return 0;
}

int qmp_query_hotpluggable_cpus(struct qapi_ctx *ctx, struct qapi_hotpluggable_cpu_list *ret, struct error **err)
{
    struct machine *m = ctx->target;

    (void)err;
    if (!m->n_slots)
        return qapi_fail(ctx, -ENOTSUP, QAPI_GENERIC_ERROR, "The feature 'query-hotpluggable-cpus' is not enabled");
    ret->items = calloc(m->n_slots, sizeof(*ret->items));
    assert(ret->items);
    for (unsigned i = m->n_slots; i-- > 0;) {
        const struct vcpu *cpu = atomic_load(&m->slots[i].cpu);
        struct qapi_hotpluggable_cpu *h = &ret->items[ret->num++];

        h->type = strdup(T("%s-x86_64-cpu", ((const struct cpu_config *)m->cpu_model)->model.name));
        h->vcpus_count = 1;
        h->qom_path = cpu ? object_path(&cpu->dev->obj) : NULL;
        place_of(ctx, i, &h->props);
    }
    return 0;
}

int qmp_query_memory_size_summary(struct qapi_ctx *ctx, struct qapi_memory_info *ret, struct error **err)
{
    const struct board_config *cfg = config_of(ctx);
    const struct machine *m = ctx->target;

    (void)err;
    ret->base_memory = m->n_slots || cfg->ram_asked ? cfg->ram_bytes : 0;
    ret->has_plugged_memory = true;
    return 0;
}

static void node_print(const struct machine *m, const struct numa *n, unsigned node, GString *text)
{
    g_string_append_printf(text, "node %u cpus:", node);
    for (unsigned i = 0; i < m->n_slots; i++)
        if (atomic_load(&m->slots[i].cpu) && n->cpu_node[i] == node)
            g_string_append_printf(text, " %u", i);
    g_string_append_printf(text, "\nnode %u size: %" PRIu64 " MB\nnode %u plugged: 0 MB\n", node,
                           n->node[node].bytes >> 20, node);
}

int qmp_x_query_numa(struct qapi_ctx *ctx, struct qapi_human_readable_text *ret, struct error **err)
{
    const struct numa *n = config_of(ctx)->numa;
    GString *text = g_string_new("");

    (void)err;
    g_string_append_printf(text, "%u nodes\n", n ? n->n_nodes : 0);
    for (unsigned i = 0; n && i < n->n_nodes; i++)
        node_print(ctx->target, n, i, text);
    ret->human_readable_text = strdup(text->str);
    g_string_free(text, true);
    return 0;
}
