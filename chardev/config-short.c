/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/config-params.h"

/*
 * The short notation of -serial, -monitor and their like (see config.h); ../facts/cli/cli-options.tsv
 */

#include <errno.h>
#include <string.h>

static const char legacy_legal[] = "none, null, stdio, pty, mon:..., file:PATH, pipe:PATH, /dev/..., "
                                   "unix:PATH[,server=on][,wait=off], tcp:, telnet:, "
                                   "websocket:HOST:PORT[,server=on][,wait=off], udp:HOST:PORT[@HOST:PORT], chardev:ID";

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
        r = error_set(err, -EINVAL, ERROR_SYNTAX, option, T("%s:%s", inet ? "HOST:PORT" : "unix", rest), legacy_legal);
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

/* "udp:[HOST]:PORT[@[LOCALHOST]:LOCALPORT]" */
static int parse_udp(struct chardev_config *cfg, const char *option, const char *rest, struct error **err)
{
    char *local;
    struct char_params p;
    int r = char_params_split(&p, rest, option, err);

    if (!r && (!p.num || p.list[0].value))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, option, T("udp:%s", rest), legacy_legal);
    if (!r) {
        cfg->kind = CHAR_UDP;
        p.list[0].used = true;
        local = strchr(p.list[0].key, '@');
        if (local)
            *local++ = 0;
        r = address_parse_inet(&cfg->address, option, p.list[0].key, err);
        if (!r && local)
            r = address_parse_inet(&cfg->local, option, local, err);
    }
    if (!r)
        r = char_config_apply(cfg, &p, option, err);
    char_params_free(&p);
    return r;
}

/* "file:PATH" and others that are a path and nothing else. */
static int parse_path(struct chardev_config *cfg, enum char_kind kind, const char *option, const char *path,
                      struct error **err)
{
    cfg->kind = kind;
    return *path ? char_config_set(cfg, "path", path, option, err)
                 : error_set(err, -EINVAL, ERROR_MISSING, option, "path", legacy_legal);
}

static int parse_plain(struct chardev_config *cfg, const char *option, const char *spec, struct error **err)
{
    static const struct { const char *name; enum char_kind kind; } plain[] = {
        { "null", CHAR_NULL }, { "stdio", CHAR_STDIO }, { "pty", CHAR_PTY }, { "none", CHAR_NONE },
    };
    static const char *const missing[] = { "vc", "con:", "COM", "msmouse",
                                           "wctablet", "braille", "testdev", "parallel", "fd:", "fdname:" };

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
    static const struct { const char *prefix; bool telnet, tn3270, websocket; } sockets[] = {
        { "tcp:", false, false, false }, { "telnet:", true, false, false }, { "tn3270:", false, true, false },
        { "websocket:", false, false, true },
    };
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
    for (unsigned i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
        if ((rest = after(spec, sockets[i].prefix))) {
            cfg->telnet = sockets[i].telnet;
            cfg->tn3270 = sockets[i].tn3270;
            cfg->websocket = sockets[i].websocket;
            return parse_socket(cfg, option, rest, true, err);
        }
    if ((rest = after(spec, "udp:")))
        return parse_udp(cfg, option, rest, err);
    if ((rest = after(spec, "file:")))
        return parse_path(cfg, CHAR_FILE, option, rest, err);
    if ((rest = after(spec, "pipe:")))
        return parse_path(cfg, CHAR_PIPE, option, rest, err);
    if (after(spec, "/dev/parport"))
        return parse_path(cfg, CHAR_PARALLEL, option, spec, err);
    if (after(spec, "/dev/"))
        return parse_path(cfg, CHAR_SERIAL, option, spec, err);
    return parse_plain(cfg, option, spec, err);
}
