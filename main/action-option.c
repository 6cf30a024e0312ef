/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -action: what the machine does on an event, and -watchdog-action, its older form for watchdogs
 */

#include "lib/error.h"
#include "main/keyval.h"

#include <errno.h>
#include <string.h>

int watchdog_action_parse(const char *option, const char *value, enum watchdog_action *action, struct error **err)
{
    static const char *const names[WATCHDOG_ACTIONS] = {
        [WATCHDOG_RESET] = "reset",   [WATCHDOG_SHUTDOWN] = "shutdown", [WATCHDOG_POWEROFF] = "poweroff",
        [WATCHDOG_PAUSE] = "pause",   [WATCHDOG_DEBUG] = "debug",       [WATCHDOG_NONE] = "none",
        [WATCHDOG_INJECT_NMI] = "inject-nmi",
    };

    for (unsigned i = 0; i < WATCHDOG_ACTIONS; i++)
        if (!strcmp(value, names[i])) {
            *action = i;
            return 0;
        }
    return error_set(err, -EINVAL, ERROR_UNKNOWN, option, value,
                     "reset, shutdown, poweroff, inject-nmi, pause, debug, none");
}

/* One of two; absent: as it was. */
static int either(struct keyval *kv, const char *key, const char *no, const char *yes, bool *val, struct error **err)
{
    const char *value = keyval_take(kv, key);

    if (!value)
        return 0;
    *val = !strcmp(value, yes);
    if (*val || !strcmp(value, no))
        return 0;
    return error_set(err, -EINVAL, ERROR_UNKNOWN, T("-action %s", key), value, T("%s, %s", no, yes));
}

static int panic_action(struct keyval *kv, enum panic_action *action, struct error **err)
{
    static const char *const names[] = {
        [PANIC_PAUSE] = "pause", [PANIC_SHUTDOWN] = "shutdown", [PANIC_EXIT_FAILURE] = "exit-failure",
        [PANIC_NONE] = "none",
    };
    const char *value = keyval_take(kv, "panic");

    for (unsigned i = 0; value && i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(value, names[i])) {
            *action = i;
            return 0;
        }
    return value ? error_set(err, -EINVAL, ERROR_UNKNOWN, "-action panic", value, "pause, shutdown, exit-failure, none")
                 : 0;
}

int option_action(struct config *c, const char *value, struct error **err)
{
    const char *watchdog;
    struct keyval kv;
    int r = keyval_parse(&kv, "-action", value, NULL, err);

    if (r < 0)
        return r;
    watchdog = keyval_take(&kv, "watchdog");
    r = either(&kv, "reboot", "reset", "shutdown", &c->no_reboot, err);
    if (!r)
        r = either(&kv, "shutdown", "poweroff", "pause", &c->no_shutdown, err);
    if (!r && watchdog)
        r = watchdog_action_parse("-action watchdog", watchdog, &c->watchdog_action, err);
    if (!r)
        r = panic_action(&kv, &c->panic_action, err);
    if (!r)
        r = keyval_end(&kv, "reboot, shutdown, watchdog, panic", err);
    keyval_fini(&kv);
    return r;
}
