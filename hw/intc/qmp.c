/* SPDX-License-Identifier: Apache-2.0 */

/* QMP commands about interrupt controllers.  Handlers run on the home loop. */

#include "hw/intc/info.h"
#include "qapi/qapi-commands.h"

#include <glib.h>
#include <string.h>

static void add_line(void *opaque, const char *line)
{
    g_string_append_printf(opaque, "%s\n", line);
}

int qmp_x_query_irq(struct qapi_ctx *ctx, struct qapi_human_readable_text *ret, struct error **err)
{
    GString *text = g_string_new("");

    (void)err;
    intc_counts_print(ctx->target, add_line, text);
    ret->human_readable_text = strdup(text->str);
    g_string_free(text, true);
    return 0;
}
