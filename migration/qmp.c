/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about migration.  Handlers run on the home loop.
 *
 * There is no migration that capabilities could change: only "events" can be on, which promises to tell what happens.
 */

#include "core/machine.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

_Static_assert(QAPI_MIGRATION_CAPABILITY__NUM <= 32, "a bit for each");

int qmp_query_migrate_capabilities(struct qapi_ctx *ctx, struct qapi_migration_capability_status_list *ret,
                                   struct error **err)
{
    const struct machine *m = ctx->target;

    (void)err;
    ret->items = calloc(QAPI_MIGRATION_CAPABILITY__NUM, sizeof(*ret->items));
    assert(ret->items);
    for (; ret->num < QAPI_MIGRATION_CAPABILITY__NUM; ret->num++)
        ret->items[ret->num] = (struct qapi_migration_capability_status){
            .capability = (enum qapi_migration_capability)ret->num,
            .state = m->migration_capabilities >> ret->num & 1,
        };
    return 0;
}

int qmp_migrate_set_capabilities(struct qapi_ctx *ctx, const struct qapi_migrate_set_capabilities_arg *arg,
                                 struct error **err)
{
    struct machine *m = ctx->target;
    uint32_t now = m->migration_capabilities;

    (void)err;
    for (size_t i = 0; i < arg->capabilities.num; i++) {
        const struct qapi_migration_capability_status *s = &arg->capabilities.items[i];

        if (s->state && s->capability != QAPI_MIGRATION_CAPABILITY_EVENTS)
            return qapi_fail(ctx, -ENOTSUP, QAPI_GENERIC_ERROR, "Capability '%s' is not supported",
                             qapi_enum_name(&qapi_type_migration_capability, s->capability));
        now &= ~(1u << s->capability);
        now |= (uint32_t)s->state << s->capability;
    }
    m->migration_capabilities = now;
    return 0;
}
