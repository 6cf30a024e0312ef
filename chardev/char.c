/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/char.h"

/*
 * Ports: the rings between a front end and its chardev (see char.h, lib/ring.h)
 *
 * One post per port carries everything that other threads cause: bytes to write out, room to read on.
 * Bytes leave the ring through a small stage, since a back end may take only a part of them.
 *
 * Invariant: bytes leave in the order in which they came; a port that was left by its front end lives until its
 * last byte is out.  A round moves at most ROUND_BYTES, so a fast writer does not keep the loop.
 */

#include "chardev/backend.h"
#include "lib/error.h"
#include "lib/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAGE_BYTES = 1024, ROUND_BYTES = 16 * RING_BYTES };

struct char_port {
    struct list_node node;
    struct chardev *chr;                /* the home loop's: it may change */
    struct loop *loop;
    struct char_front *front;           /* NULL: left, still writing out */
    struct post post;
    bool told_open;
    _Atomic uint64_t line;              /* struct char_line, packed; 0: never set */
    uint64_t told_line;                 /* what the back end knows */
    unsigned stage_at, stage_len;
    uint8_t stage[STAGE_BYTES];
    struct ring out, in;
};

/* Output */

static bool port_is_drained(struct char_port *p)
{
    return p->stage_at == p->stage_len && p->out.put == p->out.taken;
}

static void port_free(struct char_port *p)
{
    loop_post_cancel(p->loop, &p->post);
    list_remove(&p->node);
    free(p);
}

static void refill_stage(struct char_port *p)
{
    p->stage_at = 0;
    p->stage_len = ring_take(&p->out, p->stage, sizeof(p->stage));
    if (p->chr->log_fd >= 0 && p->stage_len && write(p->chr->log_fd, p->stage, p->stage_len) < 0) {
        /* A log on a full disk is not worth the console. */
        close(p->chr->log_fd);
        p->chr->log_fd = -1;
    }
}

static void port_drain(struct char_port *p)
{
    size_t moved = 0;

    while (moved < ROUND_BYTES) {
        size_t n;

        if (p->stage_at == p->stage_len)
            refill_stage(p);
        if (!p->stage_len)
            break;
        n = p->chr->type->write(p->chr, p->stage + p->stage_at, p->stage_len - p->stage_at);
        p->stage_at += n;
        moved += n;
        if (p->stage_at < p->stage_len)
            break;
        p->stage_at = p->stage_len = 0;
    }
    if (moved >= ROUND_BYTES)
        loop_post(p->loop, &p->post);
}

static void port_write_out(struct char_port *p)
{
    port_drain(p);
    if (!p->front && port_is_drained(p)) {
        port_free(p);
    } else if (p->out.put - p->out.taken < RING_BYTES && ring_owed(&p->out) && p->front && p->front->writable) {
        p->front->writable(p->front);
    }
}

/* A word, so that whoever sets it and the home loop need no lock. */
static uint64_t line_pack(const struct char_line *l)
{
    return (uint64_t)l->speed << 32 | 1u << 31 | l->data_bits << 16 | l->stop_bits << 12 | (uint8_t)l->parity << 4 |
           l->in_break << 2 | l->dtr << 1 | l->rts;
}

static struct char_line line_unpack(uint64_t w)
{
    return (struct char_line){ .speed = w >> 32, .data_bits = w >> 16 & 0xf, .stop_bits = w >> 12 & 0xf,
                               .parity = w >> 4 & 0xff, .in_break = w >> 2 & 1, .dtr = w >> 1 & 1, .rts = w & 1 };
}

void chardev_set_line(struct char_front *f, const struct char_line *line)
{
    uint64_t word = line_pack(line);

    if (f->port && atomic_exchange(&f->port->line, word) != word)
        loop_post(f->port->loop, &f->port->post);
}

static void port_tell_line(struct char_port *p)
{
    uint64_t word = p->line;
    struct char_line line = line_unpack(word);

    if (word == p->told_line)
        return;
    p->told_line = word;
    if (p->chr->type->set_line)
        p->chr->type->set_line(p->chr, &line);
}

static void port_work(struct post *post)
{
    struct char_port *p = list_entry(post, struct char_port, post);
    struct chardev *chr = p->chr;

    if (p->front && chr->open && !p->told_open)
        chardev_port_event(p, CHAR_OPENED);
    port_tell_line(p);
    port_write_out(p);
    if (chr->type->resume)
        chr->type->resume(chr);
}

size_t chardev_write(struct char_front *f, const void *buf, size_t n)
{
    struct char_port *p = f->port;
    const uint8_t *bytes = buf;
    size_t i = 0;

    if (!p)
        return n;
    while (i < n && ring_put(&p->out, bytes[i]) != RING_FULL)
        i++;
    if (n)
        loop_post(p->loop, &p->post);
    return i;
}

void chardev_out_ready(struct chardev *chr)
{
    list_for_each_safe(n, &chr->ports)
        port_write_out(list_entry(n, struct char_port, node));
}

static bool is_drained(struct chardev *chr)
{
    if (chr->type->pending && chr->type->pending(chr))
        return false;
    list_for_each(n, &chr->ports)
        if (!port_is_drained(list_entry(n, struct char_port, node)))
            return false;
    return true;
}

bool chardev_flush(struct chardev *chr, int timeout_ms)
{
    uint64_t end_ns = loop_clock_ns(LOOP_MONOTONIC) + (uint64_t)timeout_ms * 1000000;

    for (;;) {
        uint64_t now_ns = loop_clock_ns(LOOP_MONOTONIC);

        list_for_each(n, &chr->ports)
            port_drain(list_entry(n, struct char_port, node));
        if (is_drained(chr) || now_ns >= end_ns)
            break;
        if (chr->type->wait_writable && !chr->type->wait_writable(chr, (end_ns - now_ns) / 1000000 + 1))
            break;
    }
    return is_drained(chr);
}

/* Input */

static struct char_port *focus(struct chardev *chr)
{
    if (chr->type->focus)
        return chr->type->focus(chr);
    list_for_each(n, &chr->ports)
        if (list_entry(n, struct char_port, node)->front)
            return list_entry(n, struct char_port, node);
    return NULL;
}

size_t chardev_in_room(struct chardev *chr)
{
    struct char_port *p = focus(chr);
    uint32_t room;

    /* Nobody hears a byte before he has heard that somebody is there. */
    if (!p || !p->told_open)
        return 0;
    room = RING_BYTES - (p->in.put - p->in.taken);
    if (!room) {
        p->in.owed = true;
        room = RING_BYTES - (p->in.put - p->in.taken);      /* again: the front end may just have made some */
    }
    return room;
}

size_t chardev_in_room_if_read(struct chardev *chr)
{
    struct char_port *p = focus(chr);

    if (p && p->front && (p->in.put != p->in.taken || p->front->holding)) {
        p->in.owed = true;
        if (p->in.put != p->in.taken || p->front->holding)     /* again: the front end may just have read it */
            return 0;
    }
    return chardev_in_room(chr);
}

void chardev_in(struct chardev *chr, const void *buf, size_t n)
{
    struct char_port *p = focus(chr);
    const uint8_t *bytes = buf;

    assert(p);
    for (size_t i = 0; i < n; i++)
        if (ring_put(&p->in, bytes[i]) == RING_FULL)
            assert(!"chardev_in: more than chardev_in_room()");
    if (n && p->front->readable)
        p->front->readable(p->front);
}

size_t chardev_read(struct char_front *f, void *buf, size_t n)
{
    struct char_port *p = f->port;
    size_t got;

    if (!p)
        return 0;
    got = ring_take(&p->in, buf, n);
    if (ring_owed(&p->in))
        loop_post(p->loop, &p->post);
    return got;
}

int chardev_take_fd(struct char_front *f)
{
    struct chardev *chr = f->port ? f->port->chr : NULL;

    return chr && chr->type->take_fd ? chr->type->take_fd(chr) : -1;
}

/* Events */

void chardev_port_event(struct char_port *p, enum char_event event)
{
    if (event == CHAR_OPENED || event == CHAR_CLOSED) {
        if (p->told_open == (event == CHAR_OPENED))
            return;
        p->told_open = event == CHAR_OPENED;
    }
    if (p->front && p->front->event)
        p->front->event(p->front, event);
}

void chardev_break(struct chardev *chr)
{
    struct char_port *p = focus(chr);

    if (p)
        chardev_port_event(p, CHAR_BREAK);
}

void chardev_event(struct chardev *chr, enum char_event event)
{
    if (event == CHAR_OPENED || event == CHAR_CLOSED)
        chr->open = event == CHAR_OPENED;
    list_for_each_safe(n, &chr->ports)
        chardev_port_event(list_entry(n, struct char_port, node), event);
}

/* Front ends come and go */

static unsigned count_fronts(const struct chardev *chr)
{
    unsigned num = 0;

    list_for_each(n, &chr->ports)
        num += list_entry(n, struct char_port, node)->front != NULL;
    return num;
}

bool chardev_is_attached(const struct chardev *chr)
{
    return count_fronts(chr) > 0;
}

bool chardev_is_swappable(const struct chardev *chr)
{
    list_for_each(n, &chr->ports) {
        const struct char_front *f = list_entry(n, struct char_port, node)->front;

        if (f && !f->swappable)
            return false;
    }
    return true;
}

/* The front end hears of an open peer, and the back end reads on, in the next round. */
static void port_join(struct char_port *p, struct chardev *chr)
{
    p->chr = chr;
    p->told_line = 0;
    list_append(&chr->ports, &p->node);
    loop_post(p->loop, &p->post);
    if (chr->type->attached)
        chr->type->attached(chr, p);
}

int chardev_attach(struct chardev *chr, struct char_front *f, struct error **err)
{
    unsigned max = chr->type->max_fronts ? chr->type->max_fronts : 1;
    struct char_port *p;

    assert(!f->port);
    if (count_fronts(chr) >= max)
        return error_set(err, -EBUSY, ERROR_STATE, T("chardev %s", chr->label), T("front end number %u", max + 1),
                         max == 1 ? "one front end (several with mux=on)" : T("at most %u front ends", max));
    p = calloc(1, sizeof(*p));
    assert(p);
    p->loop = chr->loop;
    p->front = f;
    p->post.fn = port_work;
    f->port = p;
    port_join(p, chr);
    return 0;
}

void chardev_detach(struct char_front *f)
{
    struct char_port *p = f->port;

    if (!p)
        return;
    f->port = NULL;
    p->front = NULL;
    if (p->chr->type->detached)
        p->chr->type->detached(p->chr, p);
    port_write_out(p);
}

void chardev_move_ports(struct chardev *from, struct chardev *to)
{
    list_for_each_safe(n, &from->ports) {
        struct char_port *p = list_entry(n, struct char_port, node);

        if (!p->front)
            continue;
        list_remove(&p->node);
        port_join(p, to);
        if (!to->open)
            chardev_port_event(p, CHAR_CLOSED);
    }
}

void chardev_drop_ports(struct chardev *chr)
{
    list_for_each_safe(n, &chr->ports)
        port_free(list_entry(n, struct char_port, node));
}
