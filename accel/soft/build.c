/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/build.h"
#include "accel/soft/decode.h"
#include "accel/soft/form.h"
#include "accel/soft/mmu.h"
#include "accel/soft/near.h"
#include "accel/soft/ops.h"
#include "accel/soft/ops-near.h"
#include "cpu/x86-op.h"

#include <errno.h>

/*
 * The block builder: guest bytes to bound instructions
 *
 * Bytes are copied before they are looked at: another vCPU may be writing them, and what was decoded
 * must be what is bound.  The order against writers is smc.h's: claim the page, then read.
 */

enum { INSN_MAX = 15, KEY_ONE = KEY_TF | KEY_INHIBIT | KEY_SINGLE };

struct builder {
    struct env *e;
    struct block *b;
    const struct soft_page *page;
    uint64_t pc, gpa;
    unsigned at;                /* offset in the page of the next instruction */
    struct soft_page page2;     /* looked up when the first instruction spans two pages */
    bool spans, done;
    uint8_t cc_kind, cc_size;   /* what the flags are known to be; CC_RAW: unknown */
};

static unsigned fetch_bytes(const struct builder *k, uint8_t *buf)
{
    unsigned avail = SOFT_PAGE - k->at < INSN_MAX ? SOFT_PAGE - k->at : INSN_MAX;
    struct env *e = k->e;

    if (k->page->host)
        memcpy(buf, k->page->host + k->at, avail);
    else
        for (unsigned n = 0; n < avail; n++)
            buf[n] = e->bus->read(e->bus_opaque, (k->gpa & SOFT_PAGE_MASK) + k->at + n, 1);
    if (!k->spans)
        return avail;
    if (k->page2.host)
        memcpy(buf + avail, k->page2.host, INSN_MAX - avail);
    else
        memset(buf + avail, 0xff, INSN_MAX - avail);
    return INSN_MAX;
}

/* What the flags are after i, when that is certain. */
static void follow_flags(struct builder *k, const struct insn *i)
{
    k->cc_size = i->osz;
    switch (i->op) {
    case OP_sub: case OP_cmp: case OP_neg: case OP_cmpxchg: k->cc_kind = CC_SUB; return;
    case OP_add: case OP_xadd: k->cc_kind = CC_ADD; return;
    case OP_and: case OP_or: case OP_xor: case OP_test: k->cc_kind = CC_LOGIC; return;
    case OP_inc: k->cc_kind = CC_INC; return;
    case OP_dec: k->cc_kind = CC_DEC; return;
    default: k->cc_kind = CC_RAW; return;
    }
}

static bool keeps_flags(const struct insn *i)
{
    switch (forms[i->form].shape) {
    case SHAPE_mov: case SHAPE_movx: case SHAPE_cmov: case SHAPE_setcc: case SHAPE_jcc:
        return true;
    default:
        return i->op == OP_push || i->op == OP_pop || i->op == OP_lea || i->op == OP_nop || i->op == OP_not ||
               i->op == OP_xchg;
    }
}

static bool is_direct_branch(const struct form *f)
{
    return f->opnd[0] == OPND_Jb || f->opnd[0] == OPND_Jz;
}

/* Prepares the link of a direct branch or tail. */
static void make_linkable(struct builder *k, struct insn *i)
{
    uint64_t base = k->b->cs_base;

    i->disp = i->ea_mask = 0;
    i->base = !(((base + i->imm) ^ (base + i->pc)) & k->e->lin_mask & SOFT_PAGE_MASK);
}

static void bind_branch(struct builder *k, struct insn *i)
{
    insn_fn *fn;

    if (forms[i->form].shape == SHAPE_jcc && k->cc_kind != CC_RAW) {
        fn = jcc_for_flags(k->cc_kind, k->cc_size, i->ext);
        if (fn)
            i->fn = fn;
    }
    make_linkable(k, i);
}

static void stop_at(struct builder *k, struct insn *i, insn_fn *fn)
{
    i->pc = k->pc;
    i->fn = fn;
    k->done = true;
}

static void bind_decoded(struct builder *k, struct insn *i, const uint8_t *bytes)
{
    const struct form *f = &forms[i->form];

    if (form_bind(k->e, i, bytes) < 0) {
        stop_at(k, i, op_ud);
        return;
    }
    if (is_direct_branch(f))
        bind_branch(k, i);
    if (f->attrs & FORM_END || i->fn == op_gp0)
        k->done = true;
    if (!keeps_flags(i))
        follow_flags(k, i);
}

static bool has_breakpoint(const struct builder *k)
{
    const struct env *e = k->e;

    return unlikely(e->soft->points.n) && !(e->key & KEY_ONE) &&
           debugger_breaks(e->soft, (k->b->cs_base + k->pc) & e->lin_mask);
}

/* Adds the next instruction.  False: it does not fit into this page. */
static bool add_insn(struct builder *k)
{
    struct insn *i = &k->b->insn[k->b->n_insns];
    uint8_t bytes[INSN_MAX + 1];
    unsigned avail, room = SOFT_PAGE - k->at;
    int r;

    if (k->page->code)
        atomic_fetch_or(&k->page->code->granules, smc_granules(k->at, room < INSN_MAX ? room : INSN_MAX));
    avail = fetch_bytes(k, bytes);
    r = decode_insn(bytes, avail, k->e->key, k->pc, i);
    if (r == -ENODATA)
        return false;
    if (has_breakpoint(k))
        stop_at(k, i, op_breakpoint);
    else if (r == 0)
        bind_decoded(k, i, bytes);
    else
        stop_at(k, i, r == -E2BIG ? op_gp0 : op_ud);
    if (r < 0)
        i->len = 1;
    k->b->n_insns++;
    k->b->len += i->len;
    k->at += i->len;
    k->pc = (k->pc + i->len) & k->e->ip_mask;
    return true;
}

static void add_tail(struct builder *k)
{
    struct block *b = k->b;
    struct insn *i = &b->insn[b->n_insns];

    memset(i, 0, sizeof(*i));
    i->pc = i->imm = k->pc;
    i->fn = k->e->key & KEY_ONE ? op_block_end : op_block_tail;
    i->spare = 1;
    make_linkable(k, i);
    /* Of the last instruction's page: the tail of one that spans two belongs to the second. */
    if (k->spans || k->at >= SOFT_PAGE)
        i->base = 0;
    for (unsigned n = 0; n < b->n_insns; n++)
        b->insn[n].spare = b->n_insns - n;
}

static bool begin(struct builder *k, uint64_t lin)
{
    struct env *e = k->e;
    struct block_arena *a = &e->soft->arena;

    if (a->size - a->used < BLOCK_MOST_BYTES)
        return false;
    k->b = (struct block *)(a->base + a->used);
    memset(k->b, 0, sizeof(*k->b));
    k->pc = e->pc;
    k->at = lin & (SOFT_PAGE - 1);
    k->b->host = k->page->host ? k->page->host + k->at : NULL;
    k->b->pc = e->pc;
    k->b->cs_base = e->seg_base[CS];
    k->b->key = e->key;
    k->b->code[0] = k->page->code;
    if (k->spans) {
        k->b->host2 = k->page2.host;
        k->b->code[1] = k->page2.code;
    }
    return true;
}

/*
 * Takes soft->lock with the page's granule set and all write entries of the page gone.  Waiting for other
 * vCPUs happens without the lock; what others claimed and lost again meanwhile counts for nothing.
 */
static void claim(struct env *e, struct soft_page_code *code, unsigned off)
{
    pthread_mutex_lock(&e->soft->lock);
    while (code && !code->claimed) {
        uint16_t releases = code->releases;

        atomic_fetch_or(&code->granules, smc_granules(off, 1));
        pthread_mutex_unlock(&e->soft->lock);
        smc_page_has_code(e, code);
        pthread_mutex_lock(&e->soft->lock);
        if (code->releases == releases)
            code->claimed = true;
    }
}

static void claim_both(struct builder *k, uint64_t lin)
{
    struct soft_page_code *second = k->spans ? k->page2.code : NULL;

    for (;;) {
        claim(k->e, k->page->code, lin & (SOFT_PAGE - 1));
        if (!second || second->claimed)
            break;
        pthread_mutex_unlock(&k->e->soft->lock);
        claim(k->e, second, 0);
        if (!k->page->code || k->page->code->claimed)
            break;
        pthread_mutex_unlock(&k->e->soft->lock);
    }
    if (second)
        atomic_fetch_or(&second->granules, smc_granules(0, INSN_MAX));
}

/* Under the lock.  False: the first instruction needs the next page. */
static bool fill(struct builder *k)
{
    unsigned most = k->e->key & KEY_ONE || k->spans || !k->page->host ? 1 : BLOCK_INSNS;

    while (!k->done && k->b->n_insns < most && k->at < SOFT_PAGE)
        if (!add_insn(k))
            break;
    return k->b->n_insns > 0;
}

static void finish(struct builder *k)
{
    struct soft *s = k->e->soft;
    size_t size;

    add_tail(k);
    size = sizeof(struct block) + (k->b->n_insns + 1u) * sizeof(struct insn);
    s->arena.used += (size + 127) & ~(size_t)127;
    /* An instruction that did not need its second page after all, say #UD. */
    if (k->at <= SOFT_PAGE) {
        k->b->code[1] = NULL;
        k->b->host2 = NULL;
    }
    if (k->spans && !k->page2.host)
        k->b->host = NULL;
    if (k->b->host)
        block_publish(s, k->b);
}

struct block *block_build(struct env *e, const struct soft_page *page, uint64_t lin, uint64_t gpa)
{
    struct builder k = { .e = e, .page = page, .gpa = gpa };
    uint64_t gpa2;
    bool room;

    for (;;) {
        k.cc_kind = CC_RAW;
        k.done = false;
        claim_both(&k, lin);
        room = begin(&k, lin);
        if (room && fill(&k)) {
            finish(&k);
            pthread_mutex_unlock(&e->soft->lock);
            return k.b;
        }
        pthread_mutex_unlock(&e->soft->lock);
        if (!room)
            return NULL;
        mmu_fetch(e, ((lin | (SOFT_PAGE - 1)) + 1) & e->lin_mask, &k.page2, &gpa2);
        k.spans = true;
    }
}
