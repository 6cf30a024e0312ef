/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about character devices.  Handlers run on the home loop, and none waits: a server with wait=true that
 * is added while the machine runs does not hold anything up, and a client is answered for when it has connected.
 *
 * Errors that clients know have the reference's words; of what a back end refuses, the beginning.
 */

#include "chardev/char.h"
#include "core/machine.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RINGBUF_READ_MAX = 1 << 28 };

static struct chardevs *set_of(struct qapi_ctx *ctx)
{
    return ((struct machine *)ctx->target)->chardevs;
}

/* From the schema's shape to a configuration */

struct reader {
    struct chardev_config *cfg;
    const char *object;
    struct error **err;
};

/* A string into a buffer of that size; NULL is absent, and leaves it empty. */
static int read_text(struct reader *rd, char *to, size_t size, const char *name, const char *value)
{
    size_t n = value ? strlen(value) : 0;

    if (n >= size)
        return error_set(rd->err, -ENAMETOOLONG, ERROR_RANGE, rd->object, T("%s of %zu bytes", name, n),
                         T("at most %zu bytes", size - 1));
    memcpy(to, value ? value : "", n + 1);
    return 0;
}

static enum address_choice choice(bool given, bool on)
{
    return !given ? CHOICE_AUTO : on ? CHOICE_ON : CHOICE_OFF;
}

static int read_inet(struct reader *rd, struct address *a, const struct qapi_inet_socket_address *in)
{
    int r = read_text(rd, a->host, sizeof(a->host), "host", in->host);

    a->kind = ADDRESS_INET;
    a->to_port = in->has_to ? in->to : 0;
    a->ipv4 = choice(in->has_ipv4, in->ipv4);
    a->ipv6 = choice(in->has_ipv6, in->ipv6);
    a->numeric = in->numeric;
    a->keep_alive = in->keep_alive;
    a->mptcp = in->mptcp;
    return r ? r : read_text(rd, a->port, sizeof(a->port), "port", in->port);
}

static int read_address(struct reader *rd, struct address *a, const struct qapi_socket_address_legacy *in)
{
    switch (in->type) {
    case QAPI_SOCKET_ADDRESS_TYPE_INET:
        return read_inet(rd, a, &in->u.inet.data);
    case QAPI_SOCKET_ADDRESS_TYPE_UNIX:
        a->kind = ADDRESS_UNIX;
        a->abstract = in->u.unix_.data.abstract;
        a->tight = in->u.unix_.data.tight;
        return read_text(rd, a->path, sizeof(a->path), "path", in->u.unix_.data.path);
    default:
        a->kind = ADDRESS_FD;
        a->fd = -1;
        a->received = true;
        return read_text(rd, a->path, sizeof(a->path), "fd", in->u.fd.data.str);
    }
}

/* An id that is empty is none that could be meant. */
static int read_id(struct reader *rd, char *to, size_t size, const char *name, const char *value)
{
    if (value && !*value)
        return error_set(rd->err, -EINVAL, ERROR_SYNTAX, rd->object, T("%s=", name), "the id of an object");
    return read_text(rd, to, size, name, value);
}

static int read_tls(struct reader *rd, const struct qapi_chardev_socket *in)
{
    int r = read_id(rd, rd->cfg->tls_creds, sizeof(rd->cfg->tls_creds), "tls-creds", in->tls_creds);

    return r ? r : read_id(rd, rd->cfg->tls_authz, sizeof(rd->cfg->tls_authz), "tls-authz", in->tls_authz);
}

static int read_socket(struct reader *rd, const struct qapi_chardev_socket *in)
{
    struct chardev_config *cfg = rd->cfg;
    int r;

    if (in->reconnect < 0 || in->reconnect > INT32_MAX)
        return error_set(rd->err, -ERANGE, ERROR_RANGE, rd->object, T("reconnect=%lld", (long long)in->reconnect),
                         T("0 to %d seconds", INT32_MAX));
    if (!in->server && in->wait)
        return error_set(rd->err, -EINVAL, ERROR_STATE, rd->object, "wait=true", "wait with server=true only");
    cfg->kind = CHAR_SOCKET;
    cfg->server = in->server;
    cfg->nodelay = in->nodelay;
    cfg->telnet = in->telnet;
    cfg->tn3270 = in->tn3270;
    cfg->websocket = in->websocket;
    cfg->reconnect_s = in->reconnect;
    r = read_tls(rd, in);
    return r ? r : read_address(rd, &cfg->address, &in->addr);
}

static int read_udp(struct reader *rd, const struct qapi_chardev_udp *in)
{
    int r;

    rd->cfg->kind = CHAR_UDP;
    r = read_address(rd, &rd->cfg->address, &in->remote);
    if (!r && !*rd->cfg->address.host)
        snprintf(rd->cfg->address.host, sizeof(rd->cfg->address.host), "localhost");
    return r || !in->local ? r : read_address(rd, &rd->cfg->local, in->local);
}

static int read_device(struct reader *rd, enum char_kind kind, const struct qapi_chardev_hostdev *in)
{
    rd->cfg->kind = kind;
    return read_text(rd, rd->cfg->path, sizeof(rd->cfg->path), "device", in->device);
}

static int read_file(struct reader *rd, const struct qapi_chardev_file *in)
{
    int r = read_text(rd, rd->cfg->path, sizeof(rd->cfg->path), "out", in->out);

    rd->cfg->kind = CHAR_FILE;
    rd->cfg->append = in->append;
    return r ? r : read_text(rd, rd->cfg->input_path, sizeof(rd->cfg->input_path), "in", in->in);
}

static int read_kind(struct reader *rd, const struct qapi_chardev_backend *in)
{
    switch (in->type) {
    case QAPI_CHARDEV_BACKEND_KIND_FILE:
        return read_file(rd, &in->u.file.data);
    case QAPI_CHARDEV_BACKEND_KIND_SOCKET:
        return read_socket(rd, &in->u.socket.data);
    case QAPI_CHARDEV_BACKEND_KIND_UDP:
        return read_udp(rd, &in->u.udp.data);
    case QAPI_CHARDEV_BACKEND_KIND_PIPE:
        return read_device(rd, CHAR_PIPE, &in->u.pipe.data);
    case QAPI_CHARDEV_BACKEND_KIND_SERIAL:
        return read_device(rd, CHAR_SERIAL, &in->u.serial.data);
    case QAPI_CHARDEV_BACKEND_KIND_PARALLEL:
        return read_device(rd, CHAR_PARALLEL, &in->u.parallel.data);
    case QAPI_CHARDEV_BACKEND_KIND_PTY:
        rd->cfg->kind = CHAR_PTY;
        return 0;
    case QAPI_CHARDEV_BACKEND_KIND_MUX:
        rd->cfg->kind = CHAR_MUX;
        return read_text(rd, rd->cfg->base, sizeof(rd->cfg->base), "chardev", in->u.mux.data.chardev);
    case QAPI_CHARDEV_BACKEND_KIND_STDIO:
        rd->cfg->kind = CHAR_STDIO;
        rd->cfg->signal = in->u.stdio.data.signal;
        return 0;
    case QAPI_CHARDEV_BACKEND_KIND_RINGBUF:
    case QAPI_CHARDEV_BACKEND_KIND_MEMORY:
        rd->cfg->kind = CHAR_RINGBUF;
        rd->cfg->size_bytes = in->u.ringbuf.data.size;
        return 0;
    default:
        rd->cfg->kind = CHAR_NULL;
        return 0;
    }
}

static int read_backend(struct chardev_config *cfg, const char *id, const struct qapi_chardev_backend *in,
                        struct error **err)
{
    /* What is behind every kind begins with the members of ChardevCommon. */
    const struct qapi_chardev_common *common = &in->u.null.data;
    struct text object = text("chardev %.100s", id);
    struct reader rd = { cfg, object.s, err };
    int r;

    chardev_config_init(cfg, CHAR_NULL, "");
    r = read_text(&rd, cfg->label, sizeof(cfg->label), "id", id);
    if (!r)
        r = read_text(&rd, cfg->logfile, sizeof(cfg->logfile), "logfile", common->logfile);
    cfg->logappend = common->logappend;
    if (!r)
        r = read_kind(&rd, in);
    return r ? r : chardev_config_check(cfg, rd.object, err);
}

/* Handlers */

static int not_added(struct qapi_ctx *ctx, int code, const char *id, struct error *why)
{
    int r = qapi_fail(ctx, code, QAPI_GENERIC_ERROR, "Failed to add chardev '%s': %s", id, error_line(why).s);

    error_free(why);
    return r;
}

/* Of the socket that the monitor's peer passed, if the address is one: it loses its name.  The caller closes it. */
static int take_fd(struct qapi_ctx *ctx, const char *id, struct address *a)
{
    int type;
    socklen_t len = sizeof(type);

    a->fd = qapi_fd_take(ctx, a->path);
    if (a->fd < 0)
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR,
                         "Failed to add chardev '%s': File descriptor named '%s' has not been found", id, a->path);
    if (!getsockopt(a->fd, SOL_SOCKET, SO_TYPE, &type, &len))
        return 0;
    close(a->fd);
    return qapi_fail(ctx, -ENOTSOCK, QAPI_GENERIC_ERROR,
                     "Failed to add chardev '%s': File descriptor '%s' is not a socket", id, a->path);
}

static bool wants_fd(const struct chardev_config *cfg)
{
    return cfg->kind == CHAR_SOCKET && cfg->address.kind == ADDRESS_FD;
}

static void tell_pty(struct chardev *chr, struct qapi_chardev_return *ret)
{
    const char *name = chardev_filename(chr);

    if (!strncmp(name, "pty:", 4))
        ret->pty = strdup(name + 4);
}

/* A command, also while it waits for a connection. */
struct making {
    struct qapi_ctx *ctx;
    struct qapi_chardev_return *ret;
    bool change;                /* in place of the one that there is */
};

/* Negative after a failure, which has been told. */
static int make_now(const struct making *m, struct chardev_config *cfg)
{
    struct chardevs *set = set_of(m->ctx);
    struct chardev *chr = m->change ? chardev_find(set, cfg->label) : NULL;
    struct error *why = NULL;
    int r = 0;

    if (m->change && !chr)
        return qapi_fail(m->ctx, -ENOENT, QAPI_GENERIC_ERROR, "Chardev '%s' does not exist", cfg->label);
    if (chr)
        r = chardev_change(chr, cfg, &chr, &why);
    else if (!(chr = chardev_open(set, cfg, &why)))
        r = -EINVAL;
    if (r)
        return not_added(m->ctx, r, cfg->label, why);
    tell_pty(chr, m->ret);
    return 0;
}

static void connected(void *opaque, struct chardev_config *cfg, int code, struct error *why)
{
    struct making *m = opaque;
    int r = code ? not_added(m->ctx, code, cfg->label, why) : make_now(m, cfg);

    if (cfg->connected)
        close(cfg->peer_fd);
    free(cfg);
    qapi_finish(m->ctx, r, NULL);
    free(m);
}

static int make_later(const struct making *now, struct chardev_config *cfg)
{
    struct making *m = malloc(sizeof(*m));
    struct error *why = NULL;
    int r;

    assert(m);
    *m = *now;
    r = chardevs_dial(set_of(m->ctx), cfg, connected, m, &why);
    if (!r)
        return QAPI_LATER;
    free(m);
    return not_added(now->ctx, r, cfg->label, why);
}

/* As a handler returns.  Takes cfg. */
static int make(const struct making *m, struct chardev_config *cfg)
{
    int r = wants_fd(cfg) ? take_fd(m->ctx, cfg->label, &cfg->address) : 0;

    if (!r && chardev_config_dials(cfg)) {
        r = make_later(m, cfg);
        if (r == QAPI_LATER)
            return r;
    } else if (!r) {
        r = make_now(m, cfg);
        if (wants_fd(cfg))
            close(cfg->address.fd);
    }
    free(cfg);
    return r;
}

int qmp_chardev_add(struct qapi_ctx *ctx, const struct qapi_chardev_add_arg *arg, struct qapi_chardev_return *ret,
                    struct error **err)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));
    struct error *why = NULL;
    int r;

    (void)err;
    assert(cfg);
    r = read_backend(cfg, arg->id, &arg->backend, &why);
    if (!r && chardev_find(set_of(ctx), arg->id)) {
        free(cfg);
        return qapi_fail(ctx, -EEXIST, QAPI_GENERIC_ERROR, "Chardev with id '%s' already exists", arg->id);
    }
    if (!r)
        return make(&(struct making){ ctx, ret, false }, cfg);
    free(cfg);
    return not_added(ctx, r, arg->id, why);
}

int qmp_chardev_change(struct qapi_ctx *ctx, const struct qapi_chardev_change_arg *arg,
                       struct qapi_chardev_return *ret, struct error **err)
{
    struct chardev *chr = chardev_find(set_of(ctx), arg->id);
    struct chardev_config *cfg;
    struct error *why = NULL;
    int r;

    (void)err;
    if (!chr)
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "Chardev '%s' does not exist", arg->id);
    if (chardev_is_mux(chr))
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "Mux device hotswap not supported yet");
    if (!chardev_is_swappable(chr))
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "Chardev user does not support chardev hotswap");
    cfg = malloc(sizeof(*cfg));
    assert(cfg);
    r = read_backend(cfg, arg->id, &arg->backend, &why);
    if (!r)
        return make(&(struct making){ ctx, ret, true }, cfg);
    free(cfg);
    return not_added(ctx, r, arg->id, why);
}

static struct chardev *find(struct qapi_ctx *ctx, const char *id)
{
    struct chardev *chr = chardev_find(set_of(ctx), id);

    if (!chr)
        qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "Chardev '%s' not found", id);
    return chr;
}

int qmp_chardev_remove(struct qapi_ctx *ctx, const struct qapi_chardev_remove_arg *arg, struct error **err)
{
    struct chardev *chr = find(ctx, arg->id);

    (void)err;
    if (!chr)
        return -ENOENT;
    if (chardev_remove(chr, NULL))
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "Chardev '%s' is busy", arg->id);
    return 0;
}

int qmp_chardev_send_break(struct qapi_ctx *ctx, const struct qapi_chardev_send_break_arg *arg, struct error **err)
{
    struct chardev *chr = find(ctx, arg->id);

    (void)err;
    if (!chr)
        return -ENOENT;
    chardev_break(chr);
    return 0;
}

int qmp_query_chardev(struct qapi_ctx *ctx, struct qapi_chardev_info_list *ret, struct error **err)
{
    struct chardevs *set = set_of(ctx);
    struct chardev *chr = NULL;
    size_t num = 0;

    (void)err;
    while ((chr = chardev_next(set, chr)))
        num++;
    ret->items = calloc(num ? num : 1, sizeof(*ret->items));
    assert(ret->items);
    while ((chr = chardev_next(set, chr))) {
        struct qapi_chardev_info *info = &ret->items[ret->num++];

        info->label = strdup(chardev_label(chr));
        info->filename = strdup(chardev_filename(chr));
        info->frontend_open = chardev_is_attached(chr);
    }
    return 0;
}

int qmp_query_chardev_backends(struct qapi_ctx *ctx, struct qapi_chardev_backend_info_list *ret, struct error **err)
{
    size_t num = 0;

    (void)ctx;
    (void)err;
    while (chardev_kind_name(num))
        num++;
    ret->items = calloc(num, sizeof(*ret->items));
    assert(ret->items);
    for (; ret->num < num; ret->num++)
        ret->items[ret->num].name = strdup(chardev_kind_name(ret->num));
    return 0;
}

static struct chardev *find_ringbuf(struct qapi_ctx *ctx, const char *id)
{
    struct chardev *chr = chardev_find(set_of(ctx), id);

    if (!chr) {
        qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "Device '%s' not found", id);
    } else if (chardev_ringbuf_write(chr, "", 0) < 0) {
        qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "%s is not a ringbuf device", id);
        chr = NULL;
    }
    return chr;
}

int qmp_ringbuf_write(struct qapi_ctx *ctx, const struct qapi_ringbuf_write_arg *arg, struct error **err)
{
    struct chardev *chr = find_ringbuf(ctx, arg->device);
    size_t n = strlen(arg->data);
    guchar *bytes;

    (void)err;
    if (!chr)
        return -EINVAL;
    if (arg->format == QAPI_DATA_FORMAT_UTF8) {
        chardev_ringbuf_write(chr, arg->data, n);
        return 0;
    }
    /* What the decoder would skip is a mistake of the client's. */
    if (n % 4 || strspn(arg->data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != n)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Base64 data contains invalid characters");
    bytes = g_base64_decode(arg->data, &n);
    chardev_ringbuf_write(chr, bytes, n);
    g_free(bytes);
    return 0;
}

int qmp_ringbuf_read(struct qapi_ctx *ctx, const struct qapi_ringbuf_read_arg *arg, char **ret, struct error **err)
{
    struct chardev *chr = find_ringbuf(ctx, arg->device);
    size_t max = arg->size > RINGBUF_READ_MAX ? RINGBUF_READ_MAX : arg->size;
    char *bytes;
    long n;

    if (!chr)
        return -EINVAL;
    if (arg->size <= 0)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "size must be greater than zero");
    if (max > (size_t)chardev_ringbuf_held(chr))
        max = chardev_ringbuf_held(chr);
    bytes = malloc(max + 1);
    if (!bytes)
        return error_set_host(err, -ENOMEM, T("chardev %s", arg->device), "size");
    n = chardev_ringbuf_read(chr, bytes, max);
    bytes[n] = 0;
    *ret = arg->format == QAPI_DATA_FORMAT_UTF8 ? g_utf8_make_valid(bytes, strlen(bytes))
                                                : g_base64_encode((guchar *)bytes, n);
    free(bytes);
    return 0;
}

/* Yank: the only instances are chardevs. */

static struct chardev *find_yankable(struct qapi_ctx *ctx, const struct qapi_yank_instance *y)
{
    struct chardev *chr = chardev_find(set_of(ctx), y->u.chardev.id);

    return chr && chardev_is_yankable(chr) ? chr : NULL;
}

int qmp_yank(struct qapi_ctx *ctx, const struct qapi_yank_arg *arg, struct error **err)
{
    (void)err;
    for (size_t i = 0; i < arg->instances.num; i++)
        if (!find_yankable(ctx, &arg->instances.items[i]))
            return qapi_fail(ctx, -ENODEV, QAPI_DEVICE_NOT_FOUND, "Instance not found");
    for (size_t i = 0; i < arg->instances.num; i++)
        chardev_yank(find_yankable(ctx, &arg->instances.items[i]));
    return 0;
}

int qmp_query_yank(struct qapi_ctx *ctx, struct qapi_yank_instance_list *ret, struct error **err)
{
    struct chardev *chr = NULL;
    size_t num = 0;

    (void)err;
    while ((chr = chardev_next(set_of(ctx), chr)))
        num += chardev_is_yankable(chr);
    ret->items = calloc(num ? num : 1, sizeof(*ret->items));
    assert(ret->items);
    while ((chr = chardev_next(set_of(ctx), chr))) {
        if (!chardev_is_yankable(chr))
            continue;
        ret->items[ret->num].type = QAPI_YANK_INSTANCE_TYPE_CHARDEV;
        ret->items[ret->num++].u.chardev.id = strdup(chardev_label(chr));
    }
    return 0;
}
