/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/config-params.h"

/*
 * The short notation of -serial, -monitor and their like (see config.h); ../facts/cli/cli-options.tsv
 */

#include <errno.h>
#include <string.h>

static const char legacy_legal[] = "none, null, stdio, pty, mon:..., file:PATH, unix:PATH[,server=on][,wait=off], "
                                   "tcp:, telnet:, websocket:HOST:PORT[,server=on][,wait=off], chardev:ID";

/* What follows prefix, or NULL. */
static const char *after(const char *spec, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(spec, prefix, n) ? NULL : spec + n;
}

static int parse_socket(struct chardev_config *cfg, const char *option, const char *rest, bool inet, struct error **err)
{
    struct char_params p;
    int r = char_params_split(&p, rest, option, err);

    if (!r && p.num && p.list[0].value)
        p.list[0].value[-1] = '=';      /* part of a path */
    if (!r && (!p.num || !*p.list[0].key))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, option, T("%s:%s", inet ? "tcp" : "unix", rest), legacy_legal);
    if (!r) {
        cfg->kind = CHAR_SOCKET;
        p.list[0].used = true;
        if (inet)
            r = address_parse_inet(&cfg->address, option, p.list[0].key, err);
        else
            r = char_config_set(cfg, "path", p.list[0].key, option, err);
    }
    if (!r)
        r = char_config_apply(cfg, &p, option, err);
    char_params_free(&p);
    return r;
}

static int parse_plain(struct chardev_config *cfg, const char *option, const char *spec, struct error **err)
{
    static const struct { const char *name; enum char_kind kind; } plain[] = {
        { "null", CHAR_NULL }, { "stdio", CHAR_STDIO }, { "pty", CHAR_PTY }, { "none", CHAR_NONE },
    };
    static const char *const missing[] = { "vc", "pipe:", "udp:", "con:", "/dev/", "COM",
                                           "msmouse", "wctablet", "braille", "testdev", "parallel", "fd:", "fdname:" };

    for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (!strcmp(spec, plain[i].name)) {
            cfg->kind = plain[i].kind;
            return 0;
        }
    for (unsigned i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        if (after(spec, missing[i]))
            return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, option, spec, T("legal: %s", legacy_legal));
    return error_set(err, -EINVAL, ERROR_UNKNOWN, option, spec, legacy_legal);
}

int chardev_parse_legacy(struct chardev_config *cfg, const char *option, const char *spec, const char *label,
                         struct error **err)
{
    const char *inner = after(spec, "mon:"), *rest;

    chardev_config_init(cfg, CHAR_NULL, label);
    if (inner) {
        spec = inner;
        cfg->mux = cfg->monitor = true;
        cfg->signal = false;
    }
    if ((rest = after(spec, "chardev:")) && !inner) {
        if (!char_config_is_id(rest) || strlen(rest) >= sizeof(cfg->label))
            return error_set(err, -EINVAL, ERROR_SYNTAX, option, spec, "chardev:ID");
        chardev_config_init(cfg, CHAR_REFER, rest);
        return 0;
    }
    if ((rest = after(spec, "unix:")))
        return parse_socket(cfg, option, rest, false, err);
    if ((rest = after(spec, "tcp:")))
        return parse_socket(cfg, option, rest, true, err);
    if ((rest = after(spec, "telnet:"))) {
        cfg->telnet = true;
        return parse_socket(cfg, option, rest, true, err);
    }
    if ((rest = after(spec, "tn3270:"))) {
        cfg->tn3270 = true;
        return parse_socket(cfg, option, rest, true, err);
    }
    if ((rest = after(spec, "websocket:"))) {
        cfg->websocket = true;
        return parse_socket(cfg, option, rest, true, err);
    }
    if ((rest = after(spec, "file:"))) {
        cfg->kind = CHAR_FILE;
        return *rest ? char_config_set(cfg, "path", rest, option, err)
                     : error_set(err, -EINVAL, ERROR_SYNTAX, option, spec, "file:PATH");
    }
    return parse_plain(cfg, option, spec, err);
}
