/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP's query-stats: what the accelerator has counted (accel.h)
 *
 * So far only KVM is a provider; another accelerator has nothing to tell, and the lists are empty.  Handlers run on the
 * home loop.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "lib/error.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)QAPI_STATS_TYPE__NUM == (int)ACCEL_STAT_KINDS &&
                   (int)QAPI_STATS_UNIT__NUM + 1 == ACCEL_STAT_UNITS &&
                   (int)QAPI_STATS_UNIT_BOOLEAN + 1 == ACCEL_STAT_BOOLEAN,
               "kinds and units");

/* Room for one more of a list of items of that size; zeroed. */
static void *item_add(void *list, size_t size)
{
    struct qapi_list *l = list;

    l->items = realloc(l->items, (l->num + 1) * size);
    assert(l->items);
    return memset((char *)l->items + l->num++ * size, 0, size);
}

static bool is_named(const struct str_list *names, const char *name)
{
    for (size_t i = 0; i < names->num; i++)
        if (!strcmp(names->items[i], name))
            return true;
    return false;
}

struct collection {
    const struct qapi_stats_request *request;   /* NULL: everything */
    struct qapi_stats_list *stats;
};

static void value_add(const struct accel_stat *s, void *opaque)
{
    const struct collection *c = opaque;
    struct qapi_stats *item;

    if (c->request && c->request->has_names && !is_named(&c->request->names, s->name))
        return;
    item = item_add(c->stats, sizeof(*item));
    item->name = strdup(s->name);
    if (s->num > 1) {
        item->value.which = QAPI_STATS_VALUE_LIST;
        item->value.u.list.items = malloc(s->num * sizeof(*s->values));
        assert(item->value.u.list.items);
        memcpy(item->value.u.list.items, s->values, s->num * sizeof(*s->values));
        item->value.u.list.num = s->num;
    } else if (s->unit == ACCEL_STAT_BOOLEAN) {
        item->value.which = QAPI_STATS_VALUE_BOOLEAN;
        item->value.u.boolean = s->values[0];
    } else {
        item->value.which = QAPI_STATS_VALUE_SCALAR;
        item->value.u.scalar = s->values[0];
    }
}

/* Of the machine, or of a vCPU.  Of whom nothing of what was asked for is counted there is no entry. */
static int result_add(struct machine *m, const struct vcpu *cpu, const struct qapi_stats_request *request,
                      struct qapi_stats_result_list *list, struct error **err)
{
    struct qapi_stats_result result = { .provider = QAPI_STATS_PROVIDER_KVM };
    struct collection c = { .request = request, .stats = &result.stats };
    int r = m->accel->ops->stats(m->accel, cpu, value_add, &c);

    if (r < 0 || !result.stats.num) {
        qapi_fini(&qapi_type_stats_result, &result);
        return r < 0 ? error_set_host(err, r, "query-stats", cpu ? T("CPU %u", cpu->index) : "the machine") : 0;
    }
    result.qom_path = cpu ? object_path(&cpu->dev->obj) : NULL;
    *(struct qapi_stats_result *)item_add(list, sizeof(result)) = result;
    return 0;
}

static bool is_wanted(const struct qapi_stats_vcpu_filter *filter, const struct vcpu *cpu)
{
    char *path = object_path(&cpu->dev->obj);
    bool wanted = !filter->has_vcpus || is_named(&filter->vcpus, path);

    free(path);
    return wanted;
}

static int results_add(struct machine *m, const struct qapi_stats_filter *filter,
                       const struct qapi_stats_request *request, struct qapi_stats_result_list *list,
                       struct error **err)
{
    int r = 0;

    if (filter->target == QAPI_STATS_TARGET_VM)
        return result_add(m, NULL, request, list, err);
    for (unsigned i = 0; i < m->n_slots && !r; i++) {
        const struct vcpu *cpu = atomic_load(&m->slots[i].cpu);

        if (cpu && is_wanted(&filter->u.vcpu, cpu))
            r = result_add(m, cpu, request, list, err);
    }
    return r;
}

int qmp_query_stats(struct qapi_ctx *ctx, const struct qapi_stats_filter *arg, struct qapi_stats_result_list *ret,
                    struct error **err)
{
    struct machine *m = ctx->target;
    int r = 0;

    if (!m->accel->ops->stats)
        return 0;
    if (!arg->has_providers)
        return results_add(m, arg, NULL, ret, err);
    for (size_t i = 0; i < arg->providers.num && !r; i++)
        r = results_add(m, arg, &arg->providers.items[i], ret, err);
    return r;
}

static void shape_add(const struct accel_stat *s, void *opaque)
{
    struct qapi_stats_schema_value *item = item_add(opaque, sizeof(*item));

    item->name = strdup(s->name);
    item->type = (enum qapi_stats_type)s->kind;
    item->has_unit = s->unit;
    item->unit = s->unit ? (enum qapi_stats_unit)(s->unit - 1) : QAPI_STATS_UNIT_BYTES;
    item->has_base = s->exponent;
    item->base = s->base;
    item->exponent = s->exponent;
    item->has_bucket_size = s->bucket_size;
    item->bucket_size = s->bucket_size;
}

static int schema_add(struct machine *m, const struct vcpu *cpu, enum qapi_stats_target target,
                      struct qapi_stats_schema_list *list, struct error **err)
{
    struct qapi_stats_schema schema = { .provider = QAPI_STATS_PROVIDER_KVM, .target = target };
    int r = m->accel->ops->stats(m->accel, cpu, shape_add, &schema.stats);

    if (r < 0 || !schema.stats.num) {
        qapi_fini(&qapi_type_stats_schema, &schema);
        return r < 0 ? error_set_host(err, r, "query-stats-schemas", cpu ? "a CPU" : "the machine") : 0;
    }
    *(struct qapi_stats_schema *)item_add(list, sizeof(schema)) = schema;
    return 0;
}

int qmp_query_stats_schemas(struct qapi_ctx *ctx, const struct qapi_query_stats_schemas_arg *arg,
                            struct qapi_stats_schema_list *ret, struct error **err)
{
    struct machine *m = ctx->target;
    const struct vcpu *first = NULL;
    int r;

    if (!m->accel->ops->stats)
        return 0;
    for (unsigned i = 0; i < m->n_slots && !first; i++)
        first = atomic_load(&m->slots[i].cpu);
    r = first ? schema_add(m, first, QAPI_STATS_TARGET_VCPU, ret, err) : 0;
    return r ? r : schema_add(m, NULL, QAPI_STATS_TARGET_VM, ret, err);
}
