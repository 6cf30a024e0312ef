/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/config.h"

/*
 * The two notations for chardevs on the command line (see config.h); ../facts/cli/cli-options.tsv
 *
 * Tables say which kinds and keys there are; what the reference has and this version has not stands in
 * them too, and is refused by name.  In both notations ",," is a comma inside a value, and a key alone is "on"
 * ("nowait": "wait=off").
 */

#include "chardev/config-params.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *name; enum char_kind kind; } kinds[] = {
    { "null", CHAR_NULL }, { "stdio", CHAR_STDIO }, { "file", CHAR_FILE }, { "pty", CHAR_PTY },
    { "ringbuf", CHAR_RINGBUF }, { "memory", CHAR_RINGBUF }, { "socket", CHAR_SOCKET }, { "mux", CHAR_MUX },
    { "udp", CHAR_UDP }, { "pipe", CHAR_PIPE }, { "serial", CHAR_SERIAL }, { "parallel", CHAR_PARALLEL },
    /* Older names of the last two, which the command line knows and QMP does not. */
    { "tty", CHAR_SERIAL }, { "parport", CHAR_PARALLEL },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), OLDER = 2 };

static const char *const missing_kinds[] = {
    "vc", "msmouse", "wctablet", "braille", "testdev",
    "spicevmc", "spiceport", "qemu-vdagent", "dbus", "console",
};

#define ALL UINT32_MAX
#define ON(kind) (1u << (kind))
#define MEMBER(m) offsetof(struct chardev_config, m), sizeof(((struct chardev_config *)0)->m)

/* ID: a string that is not empty. */
enum key_type { KEY_STRING, KEY_ID, KEY_BOOL, KEY_CHOICE, KEY_SIZE, KEY_PORT, KEY_FD, KEY_SECONDS, KEY_NOT };

static const struct key {
    const char *name;
    uint32_t kinds;
    enum key_type type;
    size_t offset, size;
} keys[] = {
    { "mux", ALL & ~ON(CHAR_MUX), KEY_BOOL, MEMBER(mux) },
    { "chardev", ON(CHAR_MUX), KEY_STRING, MEMBER(base) },
    { "logfile", ALL, KEY_STRING, MEMBER(logfile) },
    { "logappend", ALL, KEY_BOOL, MEMBER(logappend) },
    { "signal", ON(CHAR_STDIO), KEY_BOOL, MEMBER(signal) },
    { "path", ON(CHAR_FILE) | ON(CHAR_PIPE) | ON(CHAR_SERIAL) | ON(CHAR_PARALLEL), KEY_STRING, MEMBER(path) },
    { "append", ON(CHAR_FILE), KEY_BOOL, MEMBER(append) },
    { "size", ON(CHAR_RINGBUF), KEY_SIZE, MEMBER(size_bytes) },
    { "path", ON(CHAR_SOCKET), KEY_STRING, MEMBER(address.path) },
    { "abstract", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(address.abstract) },
    { "tight", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(address.tight) },
    { "host", ON(CHAR_SOCKET) | ON(CHAR_UDP), KEY_STRING, MEMBER(address.host) },
    { "port", ON(CHAR_SOCKET) | ON(CHAR_UDP), KEY_STRING, MEMBER(address.port) },
    { "to", ON(CHAR_SOCKET), KEY_PORT, MEMBER(address.to_port) },
    { "ipv4", ON(CHAR_SOCKET) | ON(CHAR_UDP), KEY_CHOICE, MEMBER(address.ipv4) },
    { "ipv6", ON(CHAR_SOCKET) | ON(CHAR_UDP), KEY_CHOICE, MEMBER(address.ipv6) },
    { "localaddr", ON(CHAR_UDP), KEY_STRING, MEMBER(local.host) },
    { "localport", ON(CHAR_UDP), KEY_STRING, MEMBER(local.port) },
    { "fd", ON(CHAR_SOCKET), KEY_FD, MEMBER(address.fd) },
    { "server", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(server) },
    { "wait", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(wait) },
    { "nodelay", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(nodelay) },
    { "delay", ON(CHAR_SOCKET), KEY_NOT, MEMBER(nodelay) },
    { "telnet", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(telnet) },
    { "tn3270", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(tn3270) },
    { "websocket", ON(CHAR_SOCKET), KEY_BOOL, MEMBER(websocket) },
    { "reconnect", ON(CHAR_SOCKET), KEY_SECONDS, MEMBER(reconnect_s) },
    { "tls-creds", ON(CHAR_SOCKET), KEY_ID, MEMBER(tls_creds) },
    { "tls-authz", ON(CHAR_SOCKET), KEY_ID, MEMBER(tls_authz) },
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

void chardev_config_init(struct chardev_config *cfg, enum char_kind kind, const char *label)
{
    *cfg = (struct chardev_config){ .kind = kind, .signal = true, .address = { .tight = true },
                                    .local = { .kind = ADDRESS_INET } };
    snprintf(cfg->label, sizeof(cfg->label), "%s", label);
}

/* Values */

static int set_string(char *member, const struct key *k, const char *object, const char *value, struct error **err)
{
    size_t n = strlen(value);

    if (n >= k->size)
        return error_set(err, -ENAMETOOLONG, ERROR_RANGE, object, T("%s of %zu bytes", k->name, n),
                         T("at most %zu bytes", k->size - 1));
    memcpy(member, value, n + 1);
    return 0;
}

static int set_value(struct chardev_config *cfg, const struct key *k, const char *object, const struct char_param *p,
                     struct error **err)
{
    void *member = (char *)cfg + k->offset;
    uint64_t number = 0;
    bool on = false;
    int r = 0;

    switch (k->type) {
    case KEY_STRING:
        return set_string(member, k, object, p->value, err);
    case KEY_ID:
        return *p->value ? set_string(member, k, object, p->value, err)
                         : error_set(err, -EINVAL, ERROR_SYNTAX, object, T("%s=", k->name), "the id of an -object");
    case KEY_BOOL:
        return char_param_bool(member, object, p, err);
    case KEY_CHOICE:
        r = char_param_bool(&on, object, p, err);
        *(enum address_choice *)member = on ? CHOICE_ON : CHOICE_OFF;
        return r;
    case KEY_NOT:
        r = char_param_bool(&on, object, p, err);
        *(bool *)member = !on;
        return r;
    case KEY_SECONDS:
        r = char_param_number(&number, INT32_MAX, object, p, "seconds, 0: never", err);
        *(uint32_t *)member = number;
        return r;
    case KEY_SIZE:
        return char_param_size(member, object, p, err);
    case KEY_PORT:
        r = char_param_number(&number, UINT16_MAX, object, p, "0 to 65535", err);
        *(uint16_t *)member = number;
        return r;
    case KEY_FD:
        r = char_param_number(&number, INT32_MAX, object, p, "the number of an open descriptor", err);
        *(int *)member = number;
        return r;
    }
    return -EINVAL;
}

static const struct key *find_key(const char *name, enum char_kind kind)
{
    for (unsigned i = 0; i < KEYS; i++)
        if ((keys[i].kinds & ON(kind)) && !strcmp(keys[i].name, name))
            return &keys[i];
    return NULL;
}

int char_config_set(struct chardev_config *cfg, const char *key, const char *value, const char *object,
                    struct error **err)
{
    struct char_param p = { (char *)key, (char *)value, false };

    return set_value(cfg, find_key(key, cfg->kind), object, &p, err);
}

static int unknown_key(const char *object, const char *name, enum char_kind kind, struct error **err)
{
    char legal[300];
    size_t n = 0;

    *legal = 0;
    for (unsigned i = 0; i < KEYS; i++)
        if ((keys[i].kinds & ON(kind)) && n < sizeof(legal))
            n += snprintf(legal + n, sizeof(legal) - n, "%s%s", n ? ", " : "", keys[i].name);
    return error_set(err, -EINVAL, ERROR_UNKNOWN, object, name, legal);
}

static int apply_one(struct chardev_config *cfg, const char *object, struct char_param *p, struct error **err)
{
    const struct key *k = find_key(p->key, cfg->kind);
    struct char_param off = { p->key + 2, (char *)"off", false };

    if (p->value)
        return k ? set_value(cfg, k, object, p, err) : unknown_key(object, p->key, cfg->kind, err);
    p->value = (char *)"on";
    if (k && k->type != KEY_STRING && k->type != KEY_ID)
        return set_value(cfg, k, object, p, err);
    k = strncmp(p->key, "no", 2) ? NULL : find_key(off.key, cfg->kind);
    if (k && k->type == KEY_BOOL)
        return set_value(cfg, k, object, &off, err);
    return unknown_key(object, p->key, cfg->kind, err);
}

/* Wholes */

static int check_address(const struct chardev_config *cfg, const char *object, struct error **err)
{
    const struct address *a = &cfg->address;

    if (a->kind == ADDRESS_UNIX && !*a->path && !a->abstract)
        return error_set(err, -EINVAL, ERROR_MISSING, object, "an address",
                         "one of path=, fd= or host= with port=");
    if (a->kind == ADDRESS_INET && !*a->port)
        return error_set(err, -EINVAL, ERROR_MISSING, object, T("port of host=%s", a->host), "port=NUMBER");
    if (a->ipv4 == CHOICE_OFF && a->ipv6 == CHOICE_OFF)
        return error_set(err, -EINVAL, ERROR_SYNTAX, object, "ipv4=off,ipv6=off", "one of them on");
    return 0;
}

static int check_tls(const struct chardev_config *cfg, const char *object, struct error **err)
{
    bool remote = cfg->address.kind == ADDRESS_INET || (cfg->address.kind == ADDRESS_FD && cfg->server);

    if (*cfg->tls_authz && !(*cfg->tls_creds && cfg->server))
        return error_set(err, -EINVAL, ERROR_STATE, object, T("tls-authz=%s", cfg->tls_authz),
                         "tls-authz with tls-creds= and server=on only");
    if (*cfg->tls_creds && !remote)
        return error_set(err, -EINVAL, ERROR_STATE, object, T("tls-creds=%s", cfg->tls_creds),
                         "tls-creds with host= and port=, or of a server with fd=, only");
    return 0;
}

static int check_socket(const struct chardev_config *cfg, const char *object, struct error **err)
{
    int r = check_address(cfg, object, err);

    if (!r)
        r = check_tls(cfg, object, err);

    if (!r && !cfg->server && cfg->wait)
        r = error_set(err, -EINVAL, ERROR_STATE, object, "wait=on", "wait with server=on only");
    if (!r && cfg->server && cfg->reconnect_s)
        r = error_set(err, -EINVAL, ERROR_STATE, object, T("reconnect=%u", cfg->reconnect_s),
                      "reconnect with server=off only");
    if (!r && cfg->address.kind == ADDRESS_FD && cfg->reconnect_s)
        r = error_set(err, -EINVAL, ERROR_STATE, object, T("reconnect=%u", cfg->reconnect_s),
                      "reconnect with path= or host= only");
    if (!r && !cfg->server && cfg->websocket)
        r = error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, object, "websocket=on of a client",
                      "legal: websocket with server=on");
    return r;
}

static int check_udp(const struct chardev_config *cfg, const char *object, struct error **err)
{
    int r = check_address(cfg, object, err);

    if (!r && (cfg->address.kind != ADDRESS_INET || cfg->local.kind != ADDRESS_INET))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, object, "udp to or from what is no host", "host= with port=");
    return r;
}

int chardev_config_check(const struct chardev_config *cfg, const char *object, struct error **err)
{
    switch (cfg->kind) {
    case CHAR_SOCKET:
        return check_socket(cfg, object, err);
    case CHAR_UDP:
        return check_udp(cfg, object, err);
    case CHAR_FILE:
    case CHAR_PIPE:
    case CHAR_SERIAL:
    case CHAR_PARALLEL:
        return *cfg->path ? 0 : error_set(err, -EINVAL, ERROR_MISSING, object, "path", "path=PATH");
    case CHAR_MUX:
        return *cfg->base ? 0 : error_set(err, -EINVAL, ERROR_MISSING, object, "chardev", "chardev=ID");
    default:
        return 0;
    }
}

/* Which of the three kinds of address it is follows from the keys that were given. */
static int settle_socket(struct chardev_config *cfg, const struct char_params *p, const char *object,
                         struct error **err)
{
    struct address *a = &cfg->address;
    bool inet = *a->host || *a->port, by_fd = char_params_have(p, "fd"), by_path = *a->path || a->abstract;

    if (!by_path && !inet && !by_fd)
        return error_set(err, -EINVAL, ERROR_MISSING, object, "an address",
                         "one of path=, fd= or host= with port=");
    if (by_path + inet + by_fd != 1)
        return error_set(err, -EINVAL, ERROR_SYNTAX, object,
                         T("path \"%s\", host \"%s\", port \"%s\"", a->path, a->host, a->port),
                         "one of path=, fd= or host= with port=");
    a->kind = inet ? ADDRESS_INET : by_fd ? ADDRESS_FD : ADDRESS_UNIX;
    if (cfg->server && !char_params_have(p, "wait") && !char_params_have(p, "nowait"))
        cfg->wait = true;
    return 0;
}

/* The remote host is this one if none is named, and the families are for both ends. */
static void settle_udp(struct chardev_config *cfg)
{
    cfg->address.kind = ADDRESS_INET;
    if (!*cfg->address.host)
        snprintf(cfg->address.host, sizeof(cfg->address.host), "localhost");
    cfg->local.ipv4 = cfg->address.ipv4;
    cfg->local.ipv6 = cfg->address.ipv6;
}

int char_config_apply(struct chardev_config *cfg, struct char_params *p, const char *object, struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < p->num && !r; i++)
        if (!p->list[i].used)
            r = apply_one(cfg, object, &p->list[i], err);
    if (!r && cfg->kind == CHAR_SOCKET)
        r = settle_socket(cfg, p, object, err);
    if (cfg->kind == CHAR_UDP)
        settle_udp(cfg);
    return r ? r : chardev_config_check(cfg, object, err);
}

bool char_config_is_id(const char *s)
{
    if (!isalpha((unsigned char)*s))
        return false;
    while (isalnum((unsigned char)*s) || (*s && strchr("-._", *s)))
        s++;
    return !*s;
}

const char *chardev_kind_name(unsigned index)
{
    return index < KINDS - OLDER ? kinds[index].name : NULL;
}

static void list_kinds(char *buf, size_t size)
{
    size_t n = 0;

    *buf = 0;
    for (unsigned i = 0; i < KINDS && n < size; i++)
        n += snprintf(buf + n, size - n, "%s%s", i ? ", " : "", kinds[i].name);
}

static int find_kind(const char *object, const char *name, enum char_kind *kind, struct error **err)
{
    char legal[200];

    list_kinds(legal, sizeof(legal));
    for (unsigned i = 0; i < KINDS; i++)
        if (!strcmp(name, kinds[i].name)) {
            *kind = kinds[i].kind;
            return 0;
        }
    for (unsigned i = 0; i < sizeof(missing_kinds) / sizeof(missing_kinds[0]); i++)
        if (!strcmp(name, missing_kinds[i]))
            return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, object, name, T("legal: %s", legal));
    return error_set(err, -EINVAL, ERROR_UNKNOWN, object, name, legal);
}

static int parse_id(const char *id, struct error **err)
{
    if (id && char_config_is_id(id) && strlen(id) < sizeof(((struct chardev_config *)0)->label))
        return 0;
    return error_set(err, -EINVAL, id ? ERROR_SYNTAX : ERROR_MISSING, "-chardev", id ? T("id=%s", id) : "id",
                     "id= with at most 63 letters, digits, '-', '.', '_', of which the first is a letter");
}

static int parse_option(struct chardev_config *cfg, struct char_params *p, const char *spec, const char *label,
                        struct error **err)
{
    static const char object[] = "-chardev";
    const char *id = char_params_take(p, "id"), *name = char_params_take(p, "backend");
    enum char_kind kind = CHAR_NULL;
    int r;

    if (p->num && !p->list[0].value) {
        name = p->list[0].key;
        p->list[0].used = true;
    }
    if (!name)
        return error_set(err, -EINVAL, ERROR_SYNTAX, object, spec, "KIND,id=ID[,KEY=VALUE...]");
    r = find_kind(object, name, &kind, err);
    if (!r && label && id)
        r = error_set(err, -EINVAL, ERROR_STATE, object, T("id=%s", id), "no id: it stays what it is");
    else if (!r && !label)
        r = parse_id(id, err);
    if (r)
        return r;
    id = label ? label : id;
    chardev_config_init(cfg, kind, id);
    return char_config_apply(cfg, p, T("-chardev %s", id), err);
}

static int parse_text(struct chardev_config *cfg, const char *spec, const char *label, struct error **err)
{
    struct char_params p;
    int r = char_params_split(&p, spec, "-chardev", err);

    if (!r)
        r = parse_option(cfg, &p, spec, label, err);
    char_params_free(&p);
    return r;
}

int chardev_parse_option(struct chardev_config *cfg, const char *spec, struct error **err)
{
    return parse_text(cfg, spec, NULL, err);
}

int chardev_parse_change(struct chardev_config *cfg, const char *spec, const char *label, struct error **err)
{
    return parse_text(cfg, spec, label, err);
}
