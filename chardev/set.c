/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/char.h"

/*
 * All chardevs of a process: opening, closing, finding (see char.h)
 *
 * Invariant: labels are unique, and at most one chardev has the process's stdin and stdout.
 */

#include "chardev/backend.h"
#include "io/fdset.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLOSE_TIMEOUT_MS = 1000 };

static const struct char_backend *const types[CHAR_KINDS] = {
    [CHAR_NULL] = &char_null,       [CHAR_STDIO] = &char_stdio,   [CHAR_FILE] = &char_file, [CHAR_PTY] = &char_pty,
    [CHAR_RINGBUF] = &char_ringbuf, [CHAR_SOCKET] = &char_socket, [CHAR_MUX] = &char_mux,
    [CHAR_UDP] = &char_udp,         [CHAR_PIPE] = &char_pipe,     [CHAR_SERIAL] = &char_serial,
    [CHAR_PARALLEL] = &char_parallel,
};

void chardevs_init(struct chardevs *set, struct loop *loop)
{
    list_init(&set->list);
    list_init(&set->dials);
    set->loop = loop;
    set->quit = NULL;
    set->fdsets = NULL;
    set->escape = 'a' & 0x1f;
    set->objects = NULL;
}

struct chardev *chardev_next(struct chardevs *set, struct chardev *prev)
{
    struct list_node *n = prev ? prev->node.next : set->list.next;

    return n == &set->list ? NULL : list_entry(n, struct chardev, node);
}

struct chardev *chardev_find(struct chardevs *set, const char *label)
{
    list_for_each(n, &set->list)
        if (!strcmp(list_entry(n, struct chardev, node)->label, label))
            return list_entry(n, struct chardev, node);
    return NULL;
}

static int check_free(struct chardevs *set, const char *label, enum char_kind kind, struct error **err)
{
    if (!*label)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "chardev", "(empty id)", "an id");
    if (chardev_find(set, label))
        return error_set(err, -EEXIST, ERROR_STATE, "chardev", T("id %s", label), "an id that is not in use");
    if (kind == CHAR_STDIO && set->no_stdio)
        return error_set(err, -EINVAL, ERROR_STATE, T("chardev %s", label), "stdio", "without -daemonize");
    list_for_each(n, &set->list)
        if (kind == CHAR_STDIO && list_entry(n, struct chardev, node)->type->kind == CHAR_STDIO)
            return error_set(err, -EBUSY, ERROR_STATE, T("chardev %s", label), "stdio",
                             T("one stdio, and chardev %s is it", list_entry(n, struct chardev, node)->label));
    return 0;
}

static int open_log(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    if (!*cfg->logfile)
        return 0;
    chr->log_fd = fdsets_create(chr->set->fdsets, chr, cfg->logfile, cfg->logappend ? O_APPEND : O_TRUNC);
    if (chr->log_fd < 0)
        return error_set_host(err, chr->log_fd, T("chardev %s", chr->label), T("logfile=%s", cfg->logfile));
    return 0;
}

static void dispose(struct chardev *chr)
{
    chr->type->close(chr);
    list_remove(&chr->node);
    if (chr->log_fd >= 0)
        close(chr->log_fd);
    fdsets_release(chr->set->fdsets, chr);
    free(chr);
}

static struct chardev *open_one(struct chardevs *set, const struct chardev_config *cfg, const char *label,
                                const struct char_backend *type, struct error **err)
{
    struct chardev *chr;

    if (check_free(set, label, type->kind, err))
        return NULL;
    chr = calloc(1, type->size);
    assert(chr && type->size >= sizeof(*chr));
    chr->type = type;
    chr->set = set;
    chr->loop = set->loop;
    chr->log_fd = -1;
    list_init(&chr->ports);
    snprintf(chr->label, sizeof(chr->label), "%s", label);
    if ((type->kind == cfg->kind && open_log(chr, cfg, err)) || type->open(chr, cfg, err)) {
        dispose(chr);
        return NULL;
    }
    list_append(&set->list, &chr->node);
    return chr;
}

struct chardev *chardev_open(struct chardevs *set, const struct chardev_config *cfg, struct error **err)
{
    struct chardev *base, *mux;

    assert(cfg->kind < CHAR_KINDS && types[cfg->kind] && !(cfg->mux && cfg->kind == CHAR_MUX));
    if (!cfg->mux)
        return open_one(set, cfg, cfg->label, types[cfg->kind], err);
    if (check_free(set, cfg->label, cfg->kind, err))
        return NULL;
    base = open_one(set, cfg, T("%s-base", cfg->label), types[cfg->kind], err);
    if (!base)
        return NULL;
    mux = open_one(set, cfg, cfg->label, &char_mux, err);
    if (!mux)
        chardev_close(base);
    return mux;
}

void chardev_close(struct chardev *chr)
{
    assert(!chardev_is_attached(chr));
    chardev_flush(chr, CLOSE_TIMEOUT_MS);
    chardev_drop_ports(chr);
    dispose(chr);
}

int chardev_remove(struct chardev *chr, struct error **err)
{
    if (chardev_is_mux(chr) || chardev_is_attached(chr))
        return error_set(err, -EBUSY, ERROR_STATE, T("chardev %s", chr->label), "in use", "nobody uses it");
    chardev_flush(chr, 0);
    chardev_drop_ports(chr);
    dispose(chr);
    return 0;
}

int chardev_change(struct chardev *chr, const struct chardev_config *cfg, struct chardev **now, struct error **err)
{
    char label[sizeof(chr->label)];

    if (chardev_is_mux(chr) || cfg->mux || !chardev_is_swappable(chr))
        return error_set(err, -EBUSY, ERROR_STATE, T("chardev %s", chr->label),
                         chardev_is_mux(chr) || cfg->mux ? "a mux" : "in use by what cannot move",
                         "a chardev without mux, of a serial port or of nobody");
    /* While the new one is made, nobody finds the old one: the label is free, and a mux is not put over itself. */
    memcpy(label, chr->label, sizeof(label));
    *chr->label = 0;
    *now = open_one(chr->set, cfg, label, types[cfg->kind], err);
    memcpy(chr->label, label, sizeof(label));
    if (!*now)
        return -EINVAL;
    list_remove(&(*now)->node);
    list_append(&chr->node, &(*now)->node);
    chardev_move_ports(chr, *now);
    chardev_flush(chr, 0);
    chardev_drop_ports(chr);
    dispose(chr);
    return 0;
}

/* Whom a mux uses is closed after the mux, or by it: so from the newest, of those that nobody uses. */
void chardevs_fini(struct chardevs *set)
{
    chardevs_dials_end(set);
    while (!list_empty(&set->list)) {
        struct list_node *n = set->list.prev;

        while (chardev_is_attached(list_entry(n, struct chardev, node)))
            n = n->prev;
        assert(n != &set->list);
        chardev_close(list_entry(n, struct chardev, node));
    }
}

const char *chardev_label(const struct chardev *chr)
{
    return chr->label;
}

const char *chardev_filename(struct chardev *chr)
{
    if (!chr->type->filename)
        return chr->type->name;
    chr->type->filename(chr, chr->name, sizeof(chr->name));
    return chr->name;
}

bool chardev_is_open(const struct chardev *chr)
{
    return chr->open;
}

bool chardev_is_mux(const struct chardev *chr)
{
    return chr->type->kind == CHAR_MUX;
}

bool chardev_is_yankable(const struct chardev *chr)
{
    return chr->type->yank;
}

void chardev_yank(struct chardev *chr)
{
    if (chr->type->yank)
        chr->type->yank(chr);
}

bool chardev_is_waiting(const struct chardev *chr)
{
    return chr->waiting;
}

bool chardevs_are_waiting(struct chardevs *set)
{
    list_for_each(n, &set->list)
        if (list_entry(n, struct chardev, node)->waiting)
            return true;
    return false;
}
