/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about CPU models.  Handlers run on the home loop.
 *
 * A model comes to what the machine's accelerator leaves of it.  Left out: versions of models, which are not here.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/trait.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void finish(const struct qapi_ctx *ctx, struct cpu_config *cfg)
{
    struct accel *accel = ((const struct machine *)ctx->target)->accel;

    cpu_config_end(cfg, !accel->ops->cpu_filter);
    if (accel->ops->cpu_filter)
        accel->ops->cpu_filter(accel, cfg);
}

static int prop_apply(struct qapi_ctx *ctx, const char *model, struct cpu_config *cfg, const char *name,
                      const struct json *value)
{
    int r;

    if (value->kind == JSON_BOOL && !strcmp(name, "hv-passthrough"))
        return 0;               /* Hyper-V's enlightenments are absent, whoever passes them through */
    r = cpu_trait_set(cfg, name, value);
    if (r == -EINVAL && cpu_trait_value(cfg, name).kind == JSON_BOOL)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Invalid parameter type for '%s', expected: boolean", name);
    if (r == -ENOENT)
        return qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "Property '%s-x86_64-cpu.%s' not found", model, name);
    if (r < 0)
        return qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "Property '.%s' doesn't take value '%s'", name,
                         value->kind == JSON_STRING ? value->string : "of this kind");
    return 0;
}

int qmp_query_cpu_model_expansion(struct qapi_ctx *ctx, const struct qapi_query_cpu_model_expansion_arg *arg,
                                  struct qapi_cpu_model_expansion_info *ret, struct error **err)
{
    const struct json *props = &arg->model.props;
    bool full = arg->type == QAPI_CPU_MODEL_EXPANSION_TYPE_FULL;
    struct cpu_config cfg;

    (void)err;
    if (!cpu_config_begin(&cfg, arg->model.name))
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "CPU model '%s' not found", arg->model.name);
    for (uint32_t i = 0; arg->model.has_props && props->kind == JSON_OBJECT && i < props->num; i++) {
        int r = prop_apply(ctx, arg->model.name, &cfg, json_key(props, i), json_at(props, i));

        if (r < 0)
            return r;
    }
    finish(ctx, &cfg);
    ret->model.name = strdup(full ? arg->model.name : "base");
    ret->model.has_props = true;
    ret->model.props = cpu_traits_json(&cfg, full);
    return 0;
}

struct definitions { const struct qapi_ctx *ctx; struct qapi_cpu_definition_info_list *list; };

static void definition_add(const struct cpu_model *m, void *opaque)
{
    const struct definitions *d = opaque;
    struct qapi_cpu_definition_info_list *list = d->list;
    struct qapi_cpu_definition_info *info;
    const struct accel *accel = ((const struct machine *)d->ctx->target)->accel;
    struct cpu_config cfg;
    struct json lacks;

    cpu_config_begin(&cfg, m->name);
    finish(d->ctx, &cfg);
    lacks = cpu_unavailable_json(&cfg);
    if (!strcmp(m->name, "host") && !accel->ops->cpu_filter)
        json_append(&lacks, json_string("kvm"));
    list->items = realloc(list->items, (list->num + 1) * sizeof(*list->items));
    assert(list->items);
    info = &list->items[list->num++];
    *info = (struct qapi_cpu_definition_info){
        .name = strdup(m->name), .typename = strdup(T("%s-x86_64-cpu", m->name)), .has_unavailable_features = true,
        .has_migration_safe = true, .migration_safe = !m->whatever, .static_ = !strcmp(m->name, "base"),
    };
    info->unavailable_features.items = calloc(lacks.num + 1, sizeof(char *));
    assert(info->unavailable_features.items);
    for (uint32_t i = 0; i < lacks.num; i++)
        info->unavailable_features.items[info->unavailable_features.num++] = strdup(json_at(&lacks, i)->string);
    json_fini(&lacks);
}

int qmp_query_cpu_definitions(struct qapi_ctx *ctx, struct qapi_cpu_definition_info_list *ret, struct error **err)
{
    struct definitions d = { ctx, ret };

    (void)err;
    cpu_models_each(definition_add, &d);
    return 0;
}
