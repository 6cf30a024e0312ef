/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * Options about the process, not about its machine: -name, -msg, -overcommit, -sandbox, -compat
 *
 * Of -compat's policies there is one so far: what is deprecated or unstable is taken and shown.
 */

#include "lib/error.h"
#include "main/keyval.h"

#include <errno.h>
#include <string.h>

/* guest= is what monitors show; threads always have names, so debug-threads= changes nothing. */
int option_name(struct config *c, const char *value, struct error **err)
{
    bool debug_threads;
    struct keyval kv;
    const char *guest, *process;
    int r = keyval_parse(&kv, "-name", value, "guest", err);

    if (r < 0)
        return r;
    guest = keyval_take(&kv, "guest");
    process = keyval_take(&kv, "process");
    r = keyval_bool(&kv, "debug-threads", &debug_threads, err);
    if (!r)
        r = keyval_end(&kv, "guest, process, debug-threads", err);
    if (!r && guest)
        config_string(&c->name, guest);
    if (!r && process)
        config_string(&c->process_name, process);
    keyval_fini(&kv);
    return r;
}

int option_msg(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    int r = keyval_parse(&kv, "-msg", value, NULL, err);

    if (r < 0)
        return r;
    r = keyval_bool(&kv, "timestamp", &c->msg_timestamp, err);
    if (!r)
        r = keyval_bool(&kv, "guest-name", &c->msg_guest_name, err);
    if (!r)
        r = keyval_end(&kv, "timestamp, guest-name", err);
    keyval_fini(&kv);
    return r;
}

int option_overcommit(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    bool cpu_pm = false;
    int r = keyval_parse(&kv, "-overcommit", value, NULL, err);

    if (r < 0)
        return r;
    r = keyval_bool(&kv, "mem-lock", &c->mem_lock, err);
    if (!r)
        r = keyval_bool(&kv, "cpu-pm", &cpu_pm, err);
    if (!r && cpu_pm)
        r = error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-overcommit cpu-pm", "on", "legal: off");
    if (!r)
        r = keyval_end(&kv, "mem-lock, cpu-pm", err);
    keyval_fini(&kv);
    return r;
}

/* "allow" or "deny"; elevateprivileges knows "children", too. */
static int denied(struct keyval *kv, const char *key, bool *deny, bool *children, struct error **err)
{
    const char *value = keyval_take(kv, key);

    if (!value)
        return 0;
    *deny = !strcmp(value, "deny");
    if (children)
        *children = !strcmp(value, "children");
    if (*deny || (children && *children) || !strcmp(value, "allow"))
        return 0;
    return error_set(err, -EINVAL, ERROR_UNKNOWN, T("-sandbox %s", key), value,
                     children ? "allow, deny, children" : "allow, deny");
}

int option_sandbox(struct config *c, const char *value, struct error **err)
{
    struct sandbox *s = &c->sandbox;
    struct keyval kv;
    int r = keyval_parse(&kv, "-sandbox", value, "enable", err);

    if (r < 0)
        return r;
    *s = (struct sandbox){ .obsolete = true };
    r = keyval_bool(&kv, "enable", &s->on, err);
    if (!r)
        r = denied(&kv, "obsolete", &s->obsolete, NULL, err);
    if (!r)
        r = denied(&kv, "elevateprivileges", &s->elevate, &s->elevate_children, err);
    if (!r)
        r = denied(&kv, "spawn", &s->spawn, NULL, err);
    if (!r)
        r = denied(&kv, "resourcecontrol", &s->resources, NULL, err);
    if (!r)
        r = keyval_end(&kv, "on, off, obsolete, elevateprivileges, spawn, resourcecontrol", err);
    keyval_fini(&kv);
    return r ? r : sandbox_check(s, err);
}

int option_compat(struct config *c, const char *value, struct error **err)
{
    static const struct { const char *key; const char *others[2]; } policies[] = {
        { "deprecated-input", { "reject", "crash" } }, { "deprecated-output", { "hide", "hide" } },
        { "unstable-input", { "reject", "crash" } }, { "unstable-output", { "hide", "hide" } },
    };
    struct keyval kv;
    int r = keyval_parse(&kv, "-compat", value, NULL, err);

    (void)c;
    if (r < 0)
        return r;
    r = keyval_no_flags(&kv, "POLICY=accept", err);
    for (unsigned i = 0; i < sizeof(policies) / sizeof(policies[0]) && !r; i++) {
        const char *key = policies[i].key, *policy = keyval_take(&kv, key);

        if (!policy || !strcmp(policy, "accept"))
            continue;
        r = !strcmp(policy, policies[i].others[0]) || !strcmp(policy, policies[i].others[1])
                ? error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, T("-compat %s", key), policy, "legal: accept")
                : error_set(err, -EINVAL, ERROR_UNKNOWN, T("-compat %s", key), policy, "accept");
    }
    if (!r)
        r = keyval_end(&kv, "deprecated-input, deprecated-output, unstable-input, unstable-output", err);
    keyval_fini(&kv);
    return r;
}
