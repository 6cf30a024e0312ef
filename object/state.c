/* SPDX-License-Identifier: Apache-2.0 */
#include "object/state.h"

/*
 * State tables: reset, save and load (see state.h)
 *
 *     section body    fields in order, then subsections
 *     part            a section body in the place of a field
 *     subsection      05, name, version (4), its body
 *
 * What follows a part may be any bytes: they are a subsection only if they name one of that part.
 *
 * Numbers are big-endian.  Reference: docs/specs of the stream dialect (QEMU 7.2, section version rules).
 * Invariant: loading touches nothing but the staged copy.
 */

#include "lib/error.h"

#include <errno.h>
#include <inttypes.h>

enum { MARK_SUBSECTION = 0x05 };

const struct section no_state = { .fields = (const struct field[]){ {} } };

static uint64_t number(const void *st, uint32_t off, unsigned size)
{
    uint64_t val = 0;

    memcpy(&val, (const char *)st + off, size);
    return val;
}

unsigned state_elements(const struct state_owner *o, const struct field *f, const void *st)
{
    uint64_t n = f->used ? f->used(o->dev) : f->used_size ? number(st, f->used_off, f->used_size) : f->count;

    return n < f->count ? n : f->count;
}

bool state_sent(const struct state_owner *o, const struct field *f, uint32_t section_version)
{
    return !f->hidden && o->version >= f->since && (!f->until || o->version < f->until) && section_version >= f->from;
}

const struct reg *state_reg(const struct state_owner *o, uint32_t off)
{
    for (const struct reg *const *table = o->regs; table && *table; table++)
        for (const struct reg *r = *table; r->name; r++)
            if (r->size && off >= r->off && off < r->off + r->size)
                return r;
    return NULL;
}

static void reset_fields(const struct state_owner *o, const struct field *fields, void *st, bool top, bool power_on)
{
    for (const struct field *f = fields; f->name; f++) {
        const struct reg *r = top && f->kind == FIELD_NUMBER && f->size ? state_reg(o, f->off) : NULL;
        uint64_t reset = r ? r->reset : f->reset;

        if (f->keep && !power_on)
            continue;
        for (unsigned i = 0; i < f->count; i++) {
            char *p = (char *)st + f->off + i * f->size;

            if (f->section)
                state_reset(o, f->section, st, power_on);
            else if (f->kind == FIELD_STRUCT)
                reset_fields(o, f->nested, p, false, power_on);
            else if (f->kind == FIELD_BUFFER)
                memset(p, reset, f->size);
            else if (f->kind == FIELD_NUMBER)
                memcpy(p, &reset, f->size);
        }
    }
}

void state_reset(const struct state_owner *o, const struct section *s, void *st, bool power_on)
{
    for (; s; s = s->also) {
        reset_fields(o, s->fields, st, true, power_on);
        for (const struct section *sub = s->subs; sub && sub->name; sub++)
            state_reset(o, sub, st, power_on);
    }
}

static void save_fields(const struct state_owner *o, const struct field *fields, uint32_t version,
                        const void *st, struct wire *w)
{
    for (const struct field *f = fields; f->name; f++) {
        unsigned n = state_sent(o, f, version) ? state_elements(o, f, st) : 0;

        for (unsigned i = 0; i < n; i++) {
            const char *p = (const char *)st + f->off + i * f->size;

            if (f->section)
                state_save(o, f->section, st, w);
            else if (f->kind == FIELD_STRUCT)
                save_fields(o, f->nested, version, p, w);
            else if (f->kind == FIELD_BUFFER)
                wire_put_bytes(w, p, f->size);
            else if (f->kind == FIELD_UNUSED)
                for (uint32_t b = 0; b < f->size; b++)
                    wire_put(w, 0, 1);
            else
                wire_put(w, f->get ? f->get(o->dev) : number(p, 0, f->size), f->wire ? f->wire : f->size);
        }
    }
}

void state_save(const struct state_owner *o, const struct section *s, const void *st, struct wire *w)
{
    save_fields(o, s->fields, s->version, st, w);
    for (const struct section *sub = s->subs; sub && sub->name; sub++) {
        if (sub->needed && !sub->needed(o->dev))
            continue;
        wire_put(w, MARK_SUBSECTION, 1);
        wire_put_name(w, sub->name);
        wire_put(w, sub->version, 4);
        state_save(o, sub, st, w);
    }
}

static int bad_stream(struct error **err, const char *object, const char *value, const char *legal)
{
    return error_set(err, -EINVAL, ERROR_STREAM, object, value, legal);
}

/* The same rule as for the guest: a register may hold its legal bits only. */
static int field_check(const struct state_owner *o, const char *owner, const struct field *f, uint32_t off,
                       bool top, uint64_t val, struct error **err)
{
    const struct reg *r = top && f->size ? state_reg(o, f->off) : NULL;
    unsigned bytes = f->size ? f->size : f->wire;
    uint64_t own = !f->equal ? 0 : f->get ? f->get(o->dev) : number(o->st, off, f->size);
    uint64_t max = f->max ? f->max : f->is_bool ? 1 : UINT64_MAX >> (64 - 8 * bytes);
    struct text legal;

    if (f->equal && val != own)
        legal = text("exactly %#" PRIx64, own);
    else if (r && val & ~reg_legal(r))
        legal = text("bits %#" PRIx64, reg_legal(r));
    else if (val > max)
        legal = text("0 to %#" PRIx64, max);
    else
        return 0;
    return error_set(err, -ERANGE, ERROR_RANGE, T("%s.%s", owner, f->name), T("%#" PRIx64, val), legal.s);
}

/* st: of the whole device; base: what the fields' offsets count from. */
struct load {
    const struct state_owner *o;
    const char *owner;
    uint32_t version;
    char *st;
    struct wire *w;
};

static int load_number(const struct load *l, const struct field *f, char *p, bool top, struct error **err)
{
    uint64_t val = wire_get(l->w, f->wire ? f->wire : f->size);
    int r = l->w->bad ? bad_stream(err, T("%s.%s", l->owner, f->name), "the end", "more bytes")
                      : field_check(l->o, l->owner, f, p - l->st, top, val, err);

    if (r < 0)
        return r;
    if (f->put)
        f->put(l->o->dev, l->st, val);
    memcpy(p, &val, f->size);
    return 0;
}

static int load_fields(const struct load *l, const struct field *fields, char *base, struct error **err)
{
    bool top = base == l->st;

    for (const struct field *f = fields; f->name; f++) {
        unsigned n = state_sent(l->o, f, l->version) ? state_elements(l->o, f, base) : 0;

        for (unsigned i = 0; i < n; i++) {
            char *p = base + f->off + i * f->size;
            int r = 0;

            if (f->section)
                r = state_load(l->o, f->section, f->section->version, l->st, l->w, err);
            else if (f->kind == FIELD_STRUCT)
                r = load_fields(l, f->nested, p, err);
            else if (f->kind == FIELD_BUFFER)
                wire_get_bytes(l->w, p, f->size);
            else if (f->kind == FIELD_UNUSED)
                for (uint32_t b = 0; b < f->size; b++)
                    wire_get(l->w, 1);
            else
                r = load_number(l, f, p, top, err);
            if (!r && l->w->bad)
                r = bad_stream(err, T("%s.%s", l->owner, f->name), "the end", "more bytes");
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* Is that what begins here?  Of what ends early, as much as there is must fit. */
static bool begins_subsection(const struct section *s, const struct wire *w)
{
    size_t n = strlen(s->name), more = w->len - w->at;

    if (w->bad || !more || w->buf[w->at] != MARK_SUBSECTION || (more > 1 && w->buf[w->at + 1] <= n))
        return false;
    more -= more < 2 ? more : 2;
    return !memcmp(w->buf + w->at + 2, s->name, more < n ? more : n);
}

static int load_subsections(const struct state_owner *o, const struct section *s, void *staged, struct wire *w,
                            struct error **err)
{
    uint64_t seen = 0;

    while (begins_subsection(s, w)) {
        const struct section *sub = s->subs;
        char name[256];
        uint32_t version;
        int r;

        w->at++;
        wire_get_name(w, name);
        version = wire_get(w, 4);
        while (sub && sub->name && strcmp(sub->name, name))
            sub++;
        if (w->bad || !sub || !sub->name)
            return bad_stream(err, s->name, T("subsection %s", name), "the subsections of the type");
        if (seen >> (sub - s->subs) & 1)
            return bad_stream(err, sub->name, "a second one", "each subsection once");
        seen |= 1ull << (sub - s->subs);
        if (version > sub->version || version < sub->min_version)
            return bad_stream(err, sub->name, T("version %u", version), T("%u to %u", sub->min_version, sub->version));
        r = state_load(o, sub, version, staged, w, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int state_load(const struct state_owner *o, const struct section *s, uint32_t version, void *staged,
               struct wire *w, struct error **err)
{
    struct load l = { .o = o, .owner = s->name, .version = version, .st = staged, .w = w };
    int r = load_fields(&l, s->fields, staged, err);

    if (!r)
        r = load_subsections(o, s, staged, w, err);
    if (!r && s->check)
        r = s->check(o->dev, staged, err);
    return r;
}
