/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/shapes.h"
#include "accel/soft/ops.h"

/*
 * String instructions: MOVS CMPS STOS LODS SCAS, with REP, REPE, REPNE
 *
 * Intel SDM volume 1, 5.1.8 and 7.3.9.  Registers move after every element, or after every run of
 * elements that cannot fault, so a fault or an interrupt in the middle finds them right; the
 * instruction then starts again.  A run ends at the page's end at the latest and polls for kicks.
 */

enum { POLL_ELEMENTS = 256 };   /* element by element: between polls */

static ALWAYS_INLINE int64_t string_step(const struct env *e, const struct insn *i)
{
    return e->eflags & FLAG_DF ? -(int64_t)i->osz : i->osz;
}

static ALWAYS_INLINE void string_advance(struct env *e, const struct insn *i, unsigned r, int64_t by)
{
    reg_set(e, 8 * r, i->asz, (e->r[r] + by) & i->ea_mask);
}

static ALWAYS_INLINE uint64_t string_src(struct env *e, const struct insn *i)
{
    uint64_t off = e->r[RSI] & i->ea_mask;

    if (unlikely(i->flags & I_SEGCHECK))
        seg_check(e, i, off, i->osz, false);
    return (e->seg_base[i->seg] + off) & e->lin_mask;
}

static bool es_is_flat(const struct env *e)
{
    return e->key & (KEY_CS64 | KEY_FLAT_DATA);
}

static ALWAYS_INLINE uint64_t string_dst(struct env *e, const struct insn *i, bool write)
{
    uint64_t off = e->r[RDI] & i->ea_mask;

    if (unlikely(!es_is_flat(e))) {
        struct insn copy = *i;

        copy.seg = ES;
        seg_check(e, &copy, off, i->osz, write);
        return (e->seg_base[ES] + off) & e->lin_mask;
    }
    return off & e->lin_mask;
}

/* Leaves with the instruction to be started again. */
static const struct insn *string_again(struct env *e, const struct insn *i)
{
    e->pc = i->pc;
    return NULL;
}

static ALWAYS_INLINE bool string_repeats(const struct insn *i)
{
    return i->flags & (I_REP | I_REPNE);
}

/* After one element of a repeated instruction: is it time to look up? */
static ALWAYS_INLINE bool string_poll(const struct env *e, unsigned *n)
{
    if (unlikely(e->key & (KEY_TF | KEY_SINGLE)))
        return true;
    return ++*n % POLL_ELEMENTS == 0 && atomic_load_explicit(&e->kick, memory_order_relaxed);
}

/* Runs f(e, i) for each element: it moves the registers but rCX. */
static ALWAYS_INLINE const struct insn *string_loop(struct env *e, const struct insn *i,
                                                   void (*f)(struct env *e, const struct insn *i))
{
    unsigned n = 0;

    if (!string_repeats(i)) {
        f(e, i);
        return i + 1;
    }
    while (e->r[RCX] & i->ea_mask) {
        f(e, i);
        string_advance(e, i, RCX, -1);
        if ((e->r[RCX] & i->ea_mask) && string_poll(e, &n))
            return string_again(e, i);
    }
    return i + 1;
}

/* A host pointer for reading [lin, lin + len) of one page, or NULL. */
static const void *probe_read(struct env *e, const struct insn *i, uint64_t lin, unsigned len)
{
    const struct tlb_entry *t = tlb_slot(e->tlb_rd, lin);

    if (!tlb_hit(t, lin, len)) {
        mem_load_slow(e, i, lin, 1);
        t = tlb_slot(e->tlb_rd, lin);
        if (!tlb_hit(t, lin, len))
            return NULL;
    }
    return (const void *)(lin + t->add);
}

/* How many elements from here on stay in the page of lin, and do not wrap the index register. */
static uint64_t run_length(const struct insn *i, uint64_t lin, uint64_t index, uint64_t n)
{
    uint64_t in_page = (SOFT_PAGE - (lin & (SOFT_PAGE - 1))) / i->osz;
    uint64_t to_wrap = (i->ea_mask - (index & i->ea_mask)) / i->osz;

    n = n < in_page ? n : in_page;
    return n < to_wrap ? n : to_wrap;
}

static bool run_possible(const struct env *e, const struct insn *i)
{
    return !(e->eflags & FLAG_DF) && !(i->flags & I_SEGCHECK) && es_is_flat(e) && !(e->key & (KEY_TF | KEY_SINGLE));
}

static void movs_one(struct env *e, const struct insn *i)
{
    uint64_t v = mem_load(e, i, string_src(e, i), i->osz);
    int64_t step = string_step(e, i);

    mem_store(e, i, string_dst(e, i, true), i->osz, v);
    string_advance(e, i, RSI, step);
    string_advance(e, i, RDI, step);
}

/* Overlapping forward copies repeat a pattern, element by element. */
static void copy_forward(uint8_t *d, const uint8_t *s, unsigned len, unsigned size)
{
    if ((uintptr_t)d - (uintptr_t)s >= len)
        memmove(d, s, len);
    else
        for (unsigned at = 0; at < len; at += size)
            host_store(d + at, size, host_load(s + at, size));
}

/* One run of REP MOVS; 0 if only a single element can be moved. */
static unsigned movs_run(struct env *e, const struct insn *i)
{
    uint64_t src = string_src(e, i), dst = string_dst(e, i, true), n = e->r[RCX] & i->ea_mask;
    const void *s;
    void *d;

    n = run_length(i, src, e->r[RSI], n);
    n = run_length(i, dst, e->r[RDI], n);
    if (n < 2)
        return 0;
    s = probe_read(e, i, src, n * i->osz);
    d = s ? mem_probe(e, i, dst, n * i->osz) : NULL;
    if (!d)
        return 0;
    copy_forward(d, s, n * i->osz, i->osz);
    string_advance(e, i, RSI, n * i->osz);
    string_advance(e, i, RDI, n * i->osz);
    return n;
}

static const struct insn *movs_single(struct env *e, const struct insn *i)
{
    movs_one(e, i);
    NEXT(e, i);
}

static const struct insn *movs_slow(struct env *e, const struct insn *i)
{
    return string_loop(e, i, movs_one);
}

/* Repeats run() where it can and one() where it cannot. */
static ALWAYS_INLINE const struct insn *string_runs(struct env *e, const struct insn *i,
                                                   unsigned (*run)(struct env *e, const struct insn *i),
                                                   void (*one)(struct env *e, const struct insn *i))
{
    while (e->r[RCX] & i->ea_mask) {
        unsigned n = run(e, i);

        if (!n) {
            one(e, i);
            n = 1;
        }
        string_advance(e, i, RCX, -(int64_t)n);
        if (unlikely(atomic_load_explicit(&e->kick, memory_order_relaxed)) && (e->r[RCX] & i->ea_mask))
            return string_again(e, i);
    }
    return i + 1;
}

static const struct insn *movs_rep(struct env *e, const struct insn *i)
{
    if (!run_possible(e, i))
        return movs_slow(e, i);
    return string_runs(e, i, movs_run, movs_one);
}

int bind_movs(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = string_repeats(i) ? movs_rep : movs_single;
    return 0;
}

static void stos_one(struct env *e, const struct insn *i)
{
    mem_store(e, i, string_dst(e, i, true), i->osz, reg_get(e, 8 * RAX, i->osz));
    string_advance(e, i, RDI, string_step(e, i));
}

static unsigned stos_run(struct env *e, const struct insn *i)
{
    uint64_t dst = string_dst(e, i, true), v = reg_get(e, 8 * RAX, i->osz);
    uint64_t n = run_length(i, dst, e->r[RDI], e->r[RCX] & i->ea_mask);
    uint8_t *d;

    if (n < 2)
        return 0;
    d = mem_probe(e, i, dst, n * i->osz);
    if (!d)
        return 0;
    if (i->osz == 1 || !v)
        memset(d, v, n * i->osz);
    else
        for (uint64_t at = 0; at < n; at++)
            host_store(d + at * i->osz, i->osz, v);
    string_advance(e, i, RDI, n * i->osz);
    return n;
}

static const struct insn *stos_single(struct env *e, const struct insn *i)
{
    stos_one(e, i);
    NEXT(e, i);
}

static const struct insn *stos_rep(struct env *e, const struct insn *i)
{
    if ((e->eflags & FLAG_DF) || !es_is_flat(e) || (e->key & (KEY_TF | KEY_SINGLE)))
        return string_loop(e, i, stos_one);
    return string_runs(e, i, stos_run, stos_one);
}

int bind_stos(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = string_repeats(i) ? stos_rep : stos_single;
    return 0;
}

static void lods_one(struct env *e, const struct insn *i)
{
    reg_set(e, 8 * RAX, i->osz, mem_load(e, i, string_src(e, i), i->osz));
    string_advance(e, i, RSI, string_step(e, i));
}

const struct insn *op_lods(struct env *e, const struct insn *i)
{
    return string_loop(e, i, lods_one);
}

/*
 * SCAS and CMPS: fetch(e, i, v) reads the two values and moves the index registers.  A fault in the middle of a
 * repetition shows the flags from before the instruction (SDM, REP), so they are set at the end only.
 */
static ALWAYS_INLINE const struct insn *compare_loop(struct env *e, const struct insn *i,
                                                    void (*fetch)(struct env *e, const struct insn *i, uint64_t v[2]))
{
    unsigned n = 0;
    uint64_t v[2];

    if (!string_repeats(i)) {
        fetch(e, i, v);
        cc_set(e, CC_SUB, i->osz, v[0], v[1]);
        return i + 1;
    }
    while (e->r[RCX] & i->ea_mask) {
        bool last;

        fetch(e, i, v);
        string_advance(e, i, RCX, -1);
        last = (v[0] == v[1]) == !!(i->flags & I_REPNE) || !(e->r[RCX] & i->ea_mask);
        if (last || string_poll(e, &n)) {
            cc_set(e, CC_SUB, i->osz, v[0], v[1]);
            return last ? i + 1 : string_again(e, i);
        }
    }
    return i + 1;
}

static ALWAYS_INLINE void scas_fetch(struct env *e, const struct insn *i, uint64_t v[2])
{
    v[0] = reg_get(e, 8 * RAX, i->osz);
    v[1] = mem_load(e, i, string_dst(e, i, false), i->osz);
    string_advance(e, i, RDI, string_step(e, i));
}

const struct insn *op_scas(struct env *e, const struct insn *i)
{
    return compare_loop(e, i, scas_fetch);
}

/* Where both would fault, the destination does. */
static ALWAYS_INLINE void cmps_fetch(struct env *e, const struct insn *i, uint64_t v[2])
{
    int64_t step = string_step(e, i);

    v[1] = mem_load(e, i, string_dst(e, i, false), i->osz);
    v[0] = mem_load(e, i, string_src(e, i), i->osz);
    string_advance(e, i, RSI, step);
    string_advance(e, i, RDI, step);
}

const struct insn *op_cmps(struct env *e, const struct insn *i)
{
    return compare_loop(e, i, cmps_fetch);
}
