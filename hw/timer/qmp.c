/* SPDX-License-Identifier: Apache-2.0 */

/* QMP commands about clocks.  Handlers run on the home loop. */

#include "hw/timer/mc146818rtc.h"
#include "qapi/qapi-commands.h"

int qmp_rtc_reset_reinjection(struct qapi_ctx *ctx, struct error **err)
{
    (void)err;
    rtc_owed_forget(ctx->target);
    return 0;
}
