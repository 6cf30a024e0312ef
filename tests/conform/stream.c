/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/conform.h"

/*
 * Migration: save, load into a device in another state, save again is identical; a stream that is cut
 * short, damaged or embellished is refused without a trace, or leaves a sound device (THREATS, 8)
 *
 * The framing of sections is written here a second time, after the format's description.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FULL = 0x04, SUBSECTION = 0x05, FOOTER = 0x7e, SECTION_ID = 3 };
enum { ROUNDS = 3, SAMPLES = 600, EVERY_BELOW = 1200, SECTIONS = 8 };

/* What one device sends.  ends: where sections end, there a stream may be cut. */
struct sent {
    struct wire w;
    unsigned n;
    size_t ends[SECTIONS];
};

static struct text section_id(const struct device *dev, const struct section *s)
{
    return dev->bus_path && !s->no_path ? text("%s/%s", dev->bus_path, s->name) : text("%s", s->name);
}

static uint32_t instance(const struct device *dev, const struct section *s)
{
    struct text id = section_id(dev, s);
    uint32_t n = 0;

    if (s->fixed_instance)
        return dev->instance;
    list_for_each(node, &dev->machine->devices) {
        const struct device *d = list_entry(node, struct device, in_machine);

        if (d == dev)
            break;
        for (const struct section *t = d->type->type.state; t && t->name; t = t->also)
            n += !strcmp(section_id(d, t).s, id.s);
    }
    return n;
}

/* extra: the name of a subsection that follows the fields of each section; NULL: none. */
static void save(struct device *dev, struct sent *sent, const char *extra)
{
    const struct reg *tables[DEVICE_REGIONS + 1];
    struct state_owner o = device_state_owner(dev, tables);

    *sent = (struct sent){ .w.limit = WIRE_LIMIT };
    if (dev->type->capture)
        device_enter(dev, dev->type->capture);
    for (const struct section *s = dev->type->type.state; s && s->name && sent->n < SECTIONS; s = s->also) {
        if (s->needed && !s->needed(dev))
            continue;
        wire_put(&sent->w, FULL, 1);
        wire_put(&sent->w, SECTION_ID, 4);
        wire_put_name(&sent->w, section_id(dev, s).s);
        wire_put(&sent->w, instance(dev, s), 4);
        wire_put(&sent->w, s->version, 4);
        state_save(&o, s, device_st(dev), &sent->w);
        if (extra) {
            wire_put(&sent->w, SUBSECTION, 1);
            wire_put_name(&sent->w, T(extra, s->name));
            wire_put(&sent->w, 1, 4);
        }
        wire_put(&sent->w, FOOTER, 1);
        wire_put(&sent->w, SECTION_ID, 4);
        sent->ends[sent->n++] = sent->w.at;
    }
    assert(!sent->w.bad);
}

static int load(struct machine *m, const uint8_t *buf, size_t len, struct error **err)
{
    uint8_t *copy = malloc(len + !len);         /* of its exact size: the sanitizer sees one byte too many */
    struct wire w = { .buf = copy, .len = len };
    int r = 0;

    if (len)
        memcpy(copy, buf, len);
    while (!r && w.at < w.len)
        r = wire_get(&w, 1) == FULL ? machine_load_section(m, &w, err) : -EINVAL;
    machine_load_end(m, r < 0);
    free(copy);
    return r;
}

static bool is_end(const struct sent *sent, size_t at)
{
    for (unsigned i = 0; i < sent->n; i++)
        if (sent->ends[i] == at)
            return true;
    return !at;
}

static void identical(struct conform *c, struct rig *to, const struct sent *sent)
{
    const char *name = c->type->type.name;
    struct error *err = NULL;
    struct sent again;
    size_t i = 0;

    if (load(to->m, sent->w.buf, sent->w.at, &err) < 0) {
        conform_finding(c, "%s: refuses its own stream: %s", name, err ? error_line(err).s : "");
        error_free(err);
        return;
    }
    conform_legal(c, to->dev, "after load");
    save(to->dev, &again, NULL);
    while (i < sent->w.at && i < again.w.at && sent->w.buf[i] == again.w.buf[i])
        i++;
    if (i != sent->w.at || i != again.w.at)
        conform_finding(c, "%s: save, load, save is not identical: byte %zu of %zu", name, i, sent->w.at);
    wire_fini(&again.w);
}

/* Refused: st is as it was.  Taken: st is legal, and the device goes on. */
static void try(struct conform *c, struct rig *to, const uint8_t *buf, size_t len, bool refuse, const char *what)
{
    size_t size = c->type->type.st_size;
    uint8_t *before = malloc(size + 1);
    struct error *err = NULL;

    memcpy(before, device_st(to->dev), size);
    if (load(to->m, buf, len, &err) < 0) {
        c->n->streams_refused++;
        if (memcmp(before, device_st(to->dev), size))
            conform_finding(c, "%s: a refused stream left a trace: %s", c->type->type.name, what);
    } else {
        c->n->streams_taken++;
        if (refuse)
            conform_finding(c, "%s: takes %s", c->type->type.name, what);
        conform_legal(c, to->dev, "after load");
        conform_hammer(c, to, 4);
    }
    error_free(err);
    free(before);
}

/* The n-th offset to try of len; a long stream gets its ends and a sample. */
static bool next(struct conform *c, size_t len, size_t *n, size_t *at)
{
    bool every = c->all || len < EVERY_BELOW;

    if (*n >= (every ? len : SAMPLES))
        return false;
    *at = every || *n < SAMPLES / 3 ? *n : *n < 2 * SAMPLES / 3 ? len - 1 - (*n - SAMPLES / 3) : conform_any(c) % len;
    ++*n;
    return true;
}

static void damage(struct conform *c, struct rig *to, const struct sent *sent)
{
    uint8_t *buf = sent->w.buf;
    size_t n = 0, at;

    while (next(c, sent->w.at, &n, &at))
        if (!is_end(sent, at))
            try(c, to, buf, at, true, T("a stream cut at %zu", at));
    for (n = 0; next(c, sent->w.at, &n, &at);) {
        const uint8_t was = buf[at], values[] = { was ^ 1u << conform_any(c) % 8, 0xff, conform_any(c) };

        conform_step(c, "a damaged stream");
        for (unsigned i = 0; i < sizeof(values); i++) {
            buf[at] = values[i];
            try(c, to, buf, sent->w.at, false, T("a stream with byte %zu changed", at));
        }
        buf[at] = was;
    }
}

static void embellish(struct conform *c, struct rig *from, struct rig *to)
{
    static const char *const names[] = { "%s/unknown", "unknown", "" };
    struct sent sent;

    for (unsigned i = 0; i < 3; i++) {
        save(from->dev, &sent, names[i]);
        if (sent.w.at)
            try(c, to, sent.w.buf, sent.w.at, true, "an unknown subsection");
        wire_fini(&sent.w);
    }
    save(from->dev, &sent, NULL);
    if (sent.w.at) {
        size_t len = sent.w.at;

        if (wire_room(&sent.w, len))
            memcpy(sent.w.buf + len, sent.w.buf, len);
        try(c, to, sent.w.buf, 2 * len, true, "each section twice");
    }
    wire_fini(&sent.w);
}

void conform_streams(struct conform *c)
{
    struct loop *loop;
    struct rig *from, *to;
    unsigned findings = c->n->findings;

    conform_step(c, "save and load");
    if (loop_new(&loop, NULL) < 0)
        return;
    from = rig_new(loop, c->type, NULL);
    to = rig_new(loop, c->type, NULL);
    for (unsigned round = 0; from && to && round < ROUNDS && c->n->findings == findings; round++) {
        struct sent sent;

        conform_hammer(c, from, round * 300);
        conform_hammer(c, to, 300);
        rig_meet(from, to);
        save(from->dev, &sent, NULL);
        identical(c, to, &sent);
        if (round == ROUNDS - 1) {
            damage(c, to, &sent);
            embellish(c, from, to);
        }
        wire_fini(&sent.w);
    }
    if (from)
        rig_free(from);
    if (to)
        rig_free(to);
    loop_free(loop);
}
