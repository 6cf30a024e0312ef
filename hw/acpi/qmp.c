/* SPDX-License-Identifier: Apache-2.0 */

/* QMP commands about ACPI devices.  Handlers run on the home loop. */

#include "hw/acpi/cpu-plug.h"
#include "hw/acpi/vmgenid.h"
#include "qapi/qapi-commands.h"

#include <errno.h>
#include <string.h>

int qmp_query_vm_generation_id(struct qapi_ctx *ctx, struct qapi_guid_info *ret, struct error **err)
{
    const char *guid = vmgenid_text(ctx->target);

    (void)err;
    if (!guid)
        return qapi_fail(ctx, -ENODEV, QAPI_GENERIC_ERROR, "VM Generation ID device not found");
    ret->guid = strdup(guid);
    return 0;
}

int qmp_query_acpi_ospm_status(struct qapi_ctx *ctx, struct qapi_acpiost_info_list *ret, struct error **err)
{
    struct machine *m = ctx->target;

    (void)err;
    if (!m->pm)
        return qapi_fail(ctx, -ENODEV, QAPI_GENERIC_ERROR, "command is not supported, missing ACPI device");
    cpu_ost_list(m, ret);
    return 0;
}
