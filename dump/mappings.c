/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/mappings.h"

/*
 * Mappings of a dump (see mappings.h)
 *
 * Invariant: at most MAPPINGS_MAX pieces are kept while page tables are walked, and MAPPINGS_TABLES tables are read for
 * all CPUs together; tables that several CPUs have at the same place, as kernels do, are read once.
 */

#include "cpu/state.h"
#include "cpu/walk.h"
#include "dump/ranges.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>

struct mappings {
    GArray *list;               /* struct mapping */
    GHashTable *walked;         /* struct entered: tables below a root */
    unsigned tables;            /* how many may still be read */
    const _Atomic bool *cancelled;
};

struct entered { uint64_t lin, table; unsigned paging; };

static guint entered_hash(gconstpointer key)
{
    const struct entered *e = key;
    uint64_t h = (e->lin ^ e->table >> 12) * 0x9e3779b97f4a7c15ull;

    return h >> 32;
}

static gboolean entered_equal(gconstpointer a, gconstpointer b)
{
    const struct entered *x = a, *y = b;

    return x->lin == y->lin && x->table == y->table && x->paging == y->paging;
}

struct mappings *mappings_new(const _Atomic bool *cancelled)
{
    struct mappings *m = g_new0(struct mappings, 1);

    m->list = g_array_new(false, false, sizeof(struct mapping));
    m->walked = g_hash_table_new_full(entered_hash, entered_equal, g_free, NULL);
    m->tables = MAPPINGS_TABLES;
    m->cancelled = cancelled;
    return m;
}

void mappings_free(struct mappings *m)
{
    if (!m)
        return;
    g_array_free(m->list, true);
    g_hash_table_destroy(m->walked);
    g_free(m);
}

unsigned mappings_num(const struct mappings *m)
{
    return m->list->len;
}

static struct mapping *at(const struct mappings *m, unsigned n)
{
    return &g_array_index(m->list, struct mapping, n);
}

const struct mapping *mappings_at(const struct mappings *m, unsigned n)
{
    assert(n < m->list->len);
    return at(m, n);
}

void mappings_add_physical(struct mappings *m, const struct ranges *ranges)
{
    for (unsigned i = 0; i < ranges_num(ranges); i++) {
        const struct range *r = ranges_at(ranges, i);
        struct mapping piece = { .gpa = r->gpa, .lin = r->gpa, .bytes = r->map.len };

        g_array_append_val(m->list, piece);
    }
}

/* Of the same distance between linear and physical: those behind each other. */
static gint by_distance(gconstpointer a, gconstpointer b)
{
    const struct mapping *x = a, *y = b;
    uint64_t dx = x->lin - x->gpa, dy = y->lin - y->gpa;

    return dx != dy ? (dx < dy ? -1 : 1) : x->gpa < y->gpa ? -1 : x->gpa > y->gpa;
}

static gint by_physical(gconstpointer a, gconstpointer b)
{
    const struct mapping *x = a, *y = b;

    return x->gpa != y->gpa ? (x->gpa < y->gpa ? -1 : 1) : x->lin < y->lin ? -1 : x->lin > y->lin;
}

static void join(struct mappings *m)
{
    unsigned kept = 0;

    g_array_sort(m->list, by_distance);
    for (unsigned i = 0; i < m->list->len; i++) {
        struct mapping *next = at(m, i), *last = kept ? at(m, kept - 1) : NULL;

        if (last && last->lin - last->gpa == next->lin - next->gpa && next->gpa - last->gpa <= last->bytes) {
            if (next->gpa + next->bytes > last->gpa + last->bytes)
                last->bytes = next->gpa + next->bytes - last->gpa;
        } else {
            *at(m, kept++) = *next;
        }
    }
    g_array_set_size(m->list, kept);
}

void mappings_finish(struct mappings *m)
{
    join(m);
    g_array_sort(m->list, by_physical);
}

/* paging: its form, told by the bits that choose it. */
struct walking { struct mappings *m; const struct ranges *shown; unsigned paging; };

static int add(struct mappings *m, const struct mapping *piece)
{
    struct mapping *last = m->list->len ? at(m, m->list->len - 1) : NULL;

    if (last && last->gpa + last->bytes == piece->gpa && last->lin + last->bytes == piece->lin) {
        last->bytes += piece->bytes;
        return 0;
    }
    if (m->list->len == MAPPINGS_MAX) {
        join(m);
        if (m->list->len > MAPPINGS_MAX / 2)
            return -E2BIG;
    }
    g_array_append_val(m->list, *piece);
    return 0;
}

/* What of a page is memory. */
static int map(void *opaque, uint64_t lin, uint64_t gpa, uint64_t bytes)
{
    const struct walking *w = opaque;
    int r = *w->m->cancelled ? -ECANCELED : 0;

    for (uint64_t done = 0, n; done < bytes && !r; done += n) {
        const uint8_t *host = ranges_find(w->shown, gpa + done, &n);

        n = n < bytes - done ? n : bytes - done;
        if (host)
            r = add(w->m, &(struct mapping){ .gpa = gpa + done, .lin = lin + done, .bytes = n });
    }
    return r;
}

static bool enter(void *opaque, uint64_t lin, uint64_t table)
{
    const struct walking *w = opaque;
    struct entered *e = g_new(struct entered, 1);

    *e = (struct entered){ lin, table, w->paging };
    return g_hash_table_add(w->m->walked, e);
}

int mappings_add_cpu(struct mappings *m, const struct x86_state *st, const struct ranges *all,
                     const struct ranges *shown)
{
    struct walk_memory memory = { ranges_read, (void *)all };
    struct walking w = { m, shown, (st->efer & EFER_LMA) | (st->cr4 & (CR4_PAE | CR4_PSE)) };
    struct walk_visitor visitor = { map, enter, &w };

    return cpu_walk_all(st, &memory, &visitor, &m->tables);
}
