/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * device_add: a device that a user makes, for people
 *
 * It is the QMP command, whose arguments are read as -device reads them.  JSON is for -device and QMP only.
 */

#include "lib/error.h"
#include "monitor/session.h"
#include "qapi/option.h"

#include <string.h>

/* "help" and "TYPE,help"; false: the text is neither. */
static bool help(const struct hmp_call *call, const char *said)
{
    const struct monitor_config *cfg = &call->monitor->cfg;
    size_t len = strcspn(said, ",");
    bool all = !strcmp(said, "help") || !strcmp(said, "?");

    if (!all && strcmp(said + len, ",help") && strcmp(said + len, ",?"))
        return false;
    if (cfg->device_help)
        cfg->device_help(all ? NULL : T("%.*s", (int)len, said), call->out);
    return true;
}

bool hmp_device_add(struct hmp_call *call)
{
    const char *said = hmp_args_text(&call->args, "device");
    struct qapi_fault fault;
    struct json args;

    if (said && help(call, said))
        return true;
    args = json_object();
    if (said && qapi_option_is_json(said)) {
        json_set(&args, "driver", json_string(said));   /* no type is called so */
    } else if (said && qapi_option_parse(said, "driver", &args, &fault)) {
        text_out_printf(call->out, "Error: %s\n", fault.desc);
        return true;
    }
    hmp_qmp(call, "device_add", args);
    return false;
}
