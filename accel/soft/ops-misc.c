/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/shapes.h"
#include "accel/soft/near.h"
#include "accel/soft/ops.h"

#include <errno.h>
#include <sched.h>

/*
 * Flag control and miscellaneous: CMC CLC STC CLD STD PUSHF POPF LAHF SAHF LEA XLAT SALC NOP UD CPUID RDTSC(P),
 * PAUSE and the fences
 *
 * Intel SDM volume 1, 5.1.10 and 5.1.13.  CLI and STI are system instructions here (sysinsn).
 */

const struct insn *op_cmc(struct env *e, const struct insn *i)
{
    cc_set_raw(e, cc_flags(e) ^ FLAG_CF);
    return i + 1;
}

const struct insn *op_clc(struct env *e, const struct insn *i)
{
    cc_set_raw(e, cc_flags(e) & ~(uint64_t)FLAG_CF);
    return i + 1;
}

const struct insn *op_stc(struct env *e, const struct insn *i)
{
    cc_set_raw(e, cc_flags(e) | FLAG_CF);
    return i + 1;
}

const struct insn *op_cld(struct env *e, const struct insn *i)
{
    e->eflags &= ~(uint64_t)FLAG_DF;
    return i + 1;
}

const struct insn *op_std(struct env *e, const struct insn *i)
{
    e->eflags |= FLAG_DF;
    return i + 1;
}

static bool iopl_below_3(const struct env *e)
{
    return (e->eflags & FLAG_IOPL) != FLAG_IOPL;
}

/* Virtual-8086 mode with IOPL below 3: only CR4.VME and 16 bits save PUSHF and POPF from #GP. */
static bool flags_are_virtual(struct env *e, const struct insn *i)
{
    if (!(e->eflags & FLAG_VM) || !iopl_below_3(e))
        return false;
    if (!(e->x.cr4 & CR4_VME) || i->osz != 2)
        soft_raise(e, i, VEC_GP, 0);
    return true;
}

const struct insn *op_pushf(struct env *e, const struct insn *i)
{
    uint64_t f = env_rflags(e) & ~(uint64_t)(FLAG_RF | FLAG_VM);

    if (flags_are_virtual(e, i))
        f = (f & ~(uint64_t)FLAG_IF) | FLAG_IOPL | (f & FLAG_VIF ? FLAG_IF : 0);
    stack_push(e, i, i->osz, truncate_to(f, i->osz));
    return i + 1;
}

/* The system flags that POPF may change at this privilege; the rest of them stay. */
static uint64_t popf_changes(const struct env *e)
{
    uint64_t may = FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID;

    if (!e->cpl)
        may |= FLAG_IOPL;
    if (e->cpl <= (e->eflags & FLAG_IOPL) >> 12)
        may |= FLAG_IF;
    return may;
}

static void popf_set(struct env *e, uint64_t v, uint64_t may)
{
    e->eflags = (e->eflags & ~may) | (v & may) | FLAG_1;
    cc_set_raw(e, v & FLAGS_ARITH);
}

const struct insn *op_popf(struct env *e, const struct insn *i)
{
    bool virtual = flags_are_virtual(e, i);
    uint64_t v = stack_top(e, i, i->osz), old = e->eflags;

    if (virtual) {
        if ((v & FLAG_TF) || ((v & FLAG_IF) && (old & FLAG_VIP)))
            soft_raise(e, i, VEC_GP, 0);
        stack_set(e, e->r[RSP] + i->osz);
        popf_set(e, v, FLAG_TF | FLAG_DF | FLAG_NT);
        e->eflags = (e->eflags & ~(uint64_t)FLAG_VIF) | (v & FLAG_IF ? FLAG_VIF : 0);
    } else {
        stack_set(e, e->r[RSP] + i->osz);
        popf_set(e, v, popf_changes(e) & (i->osz == 2 ? 0xffff : ~0ull));
        e->eflags &= ~(uint64_t)FLAG_RF;
    }
    if ((e->eflags ^ old) & (FLAG_TF | FLAG_AC | FLAG_IOPL | FLAG_IF | FLAG_RF)) {
        mode_update(e);
        return insn_end(e, i);
    }
    return i + 1;
}

static const struct insn *lahf(struct env *e, const struct insn *i)
{
    reg_set(e, 8 * RAX + 1, 1, (cc_flags(e) & 0xff) | FLAG_1);
    return i + 1;
}

static const struct insn *sahf(struct env *e, const struct insn *i)
{
    uint64_t low = FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF | FLAG_CF;

    cc_set_raw(e, (cc_flags(e) & FLAG_OF) | (reg_get(e, 8 * RAX + 1, 1) & low));
    return i + 1;
}

static int bind_ah(struct env *e, struct insn *i, insn_fn *fn)
{
    if ((e->key & KEY_CS64) && !(e->cpuid_81c & 1))
        return -EINVAL;
    i->fn = fn;
    return 0;
}

int bind_lahf(struct env *e, struct insn *i, const uint8_t *bytes)
{
    return bind_ah(e, i, lahf);
}

int bind_sahf(struct env *e, struct insn *i, const uint8_t *bytes)
{
    return bind_ah(e, i, sahf);
}

static const struct insn *lea64_simple(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, 8, e->r[i->base] + i->disp);
    NEXT(e, i);
}

static const struct insn *lea64(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, 8, ea_offset(e, i));
    NEXT(e, i);
}

static const struct insn *lea32(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, 4, ea_offset(e, i));
    NEXT(e, i);
}

static const struct insn *lea16(struct env *e, const struct insn *i)
{
    reg_set(e, i->r0, 2, ea_offset(e, i));
    NEXT(e, i);
}

int bind_lea(struct env *e, struct insn *i, const uint8_t *bytes)
{
    i->fn = i->osz == 8 ? lea64 : i->osz == 4 ? lea32 : lea16;
    if (i->osz == 8 && i->asz == 8 && i->index == REG_NONE)
        i->fn = lea64_simple;
    return 0;
}

const struct insn *op_xlat(struct env *e, const struct insn *i)
{
    uint64_t off = (e->r[RBX] + (e->r[RAX] & 0xff)) & i->ea_mask;

    if (i->flags & I_SEGCHECK)
        seg_check(e, i, off, 1, false);
    reg_set(e, 8 * RAX, 1, mem_load(e, i, (e->seg_base[i->seg] + off) & e->lin_mask, 1));
    return i + 1;
}

const struct insn *op_salc(struct env *e, const struct insn *i)
{
    reg_set(e, 8 * RAX, 1, cc_carry(e) ? 0xff : 0);
    return i + 1;
}

const struct insn *op_nop(struct env *e, const struct insn *i)
{
    NEXT(e, i);
}

/* Where hosts have fewer processors than the guest, whoever could end the wait may need this one. */
static void __attribute__((noinline)) spin_yield(struct env *e)
{
    soft_pause(e);
    sched_yield();
    soft_resume(e);
}

const struct insn *op_pause(struct env *e, const struct insn *i)
{
    if (unlikely(++e->pauses % 64 == 0))
        spin_yield(e);
    NEXT(e, i);
}

/* Guest memory has the host's ordering already; only stores that the host buffers need a fence. */
const struct insn *op_lfence(struct env *e, const struct insn *i)
{
    NEXT(e, i);
}

const struct insn *op_sfence(struct env *e, const struct insn *i)
{
    __builtin_ia32_sfence();
    NEXT(e, i);
}

const struct insn *op_mfence(struct env *e, const struct insn *i)
{
    atomic_thread_fence(memory_order_seq_cst);
    NEXT(e, i);
}

const struct insn *op_ud(struct env *e, const struct insn *i)
{
    soft_raise(e, i, VEC_UD, -1);
}

const struct insn *op_ud0(struct env *e, const struct insn *i)
{
    soft_raise(e, i, VEC_UD, -1);
}

const struct insn *op_ud1(struct env *e, const struct insn *i)
{
    soft_raise(e, i, VEC_UD, -1);
}

const struct insn *op_ud2(struct env *e, const struct insn *i)
{
    soft_raise(e, i, VEC_UD, -1);
}

/* What the builder binds for privileged forms at CPL 1 to 3, and for instructions of more than 15 bytes. */
const struct insn *op_gp0(struct env *e, const struct insn *i)
{
    soft_raise(e, i, VEC_GP, 0);
}

const struct insn *op_cpuid(struct env *e, const struct insn *i)
{
    uint32_t out[4];

    e->bus->cpuid(e->bus_opaque, e->r[RAX], e->r[RCX], out);
    e->r[RAX] = out[0];
    e->r[RBX] = out[1];
    e->r[RCX] = out[2];
    e->r[RDX] = out[3];
    return i + 1;
}

static void read_tsc(struct env *e, const struct insn *i)
{
    uint64_t tsc;

    if ((e->x.cr4 & CR4_TSD) && e->cpl)
        soft_raise(e, i, VEC_GP, 0);
    tsc = e->bus->tsc(e->bus_opaque) + e->x.tsc_offset;
    e->r[RAX] = (uint32_t)tsc;
    e->r[RDX] = tsc >> 32;
}

const struct insn *op_rdtsc(struct env *e, const struct insn *i)
{
    read_tsc(e, i);
    return i + 1;
}

const struct insn *op_rdtscp(struct env *e, const struct insn *i)
{
    read_tsc(e, i);
    e->r[RCX] = (uint32_t)e->x.tsc_aux;
    return i + 1;
}
