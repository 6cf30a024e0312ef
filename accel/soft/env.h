/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The software CPU's state of one vCPU
 *
 * Follows design section 2 of the software CPU: registers first, the TLBs at constant offsets.
 * Only the vCPU's own thread touches it, except `kick` and `requests`, which anybody sets.
 * Invariant: outside of an insn_fn, pc and the lazy flags are the guest's rip and arithmetic flags;
 * inside one, pc is stale and insn.pc counts.
 */

#include "accel/soft/insn.h"
#include "accel/soft/bus.h"
#include "accel/soft/debugger.h"
#include "cpu/state.h"

#include <setjmp.h>
#include <stdatomic.h>

#define SOFT_PAGE 4096u
#define SOFT_PAGE_MASK (~(uint64_t)(SOFT_PAGE - 1))

/* A TLB entry: tag is the guest virtual page address, add = host address - guest address.
 * TLB_INVALID is not canonical and never matches. */
struct tlb_entry { uint64_t tag, add; };
#define TLB_BITS 12
#define TLB_SIZE (1u << TLB_BITS)
#define TLB_INVALID 0x8000000000001000ull

enum { MMU_USER, MMU_SUPER, MMU_SUPER_SMAP, MMU_MODES };
enum { TLB_READ, TLB_WRITE };

/* Lazy arithmetic flags: which operation set them last, by kind and operand size.  See flags.h. */
enum cc_kind {
    CC_RAW,                     /* cc_src holds OSZAPC as in RFLAGS */
    CC_ADD, CC_ADC, CC_SUB, CC_SBB, CC_LOGIC, CC_INC, CC_DEC, CC_SHL, CC_SHR, CC_SAR, CC_MUL, CC_KINDS,
};

/* Reasons to leave guest code, for other threads to set (bits of env->kick). */
enum {
    KICK_EXIT = 1 << 0,         /* the vCPU thread's loop has work */
    KICK_IRQ = 1 << 1,          /* an interrupt, NMI, SMI or INIT may be pending */
    KICK_FLUSH = 1 << 2,        /* the memory map changed: drop the TLBs */
    KICK_PARK = 1 << 3,         /* somebody wants an exclusive section */
    KICK_SMC = 1 << 4,          /* drop write entries of pages that now hold code */
};

/* What the block key packs: two blocks with different values never mix (design, section 5). */
enum {
    KEY_CS32 = 1 << 0,
    KEY_CS64 = 1 << 1,
    KEY_SS32 = 1 << 2,
    KEY_CPL_SHIFT = 3,
    KEY_CPL = 3 << 3,
    KEY_MMU_SHIFT = 5,
    KEY_MMU = 3 << 5,
    KEY_VM86 = 1 << 7,
    KEY_FLAT_DATA = 1 << 8 /* DS and ES */,
    KEY_FLAT_SS = 1 << 9,
    KEY_FLAT_CS = 1 << 10,
    KEY_TS = 1 << 11,
    KEY_EM = 1 << 12,
    KEY_MP = 1 << 13,
    KEY_OSFXSR = 1 << 14,
    KEY_OSXSAVE = 1 << 15,
    KEY_TF = 1 << 16,
    KEY_INHIBIT = 1 << 17,
    KEY_SMM = 1 << 18,
    KEY_IOPL_OK = 1 << 19,
    KEY_PE = 1 << 20,
    KEY_AC = 1 << 21,
    KEY_SINGLE = 1 << 22, /* debug registers are on, or a debugger looks: one instruction at a time */
};

struct soft;                    /* what the vCPUs of one machine share: block cache, exclusive sections */
struct block;

struct jump_entry { uint64_t pc; struct block *block; };
#define JUMP_CACHE 16384u

/* What a context number stands for; local: code of a page that is not global was met in it. */
struct jump_context { uint64_t cs_base; uint32_t key; uint16_t number; bool local; };
#define JUMP_CONTEXTS 8u

struct env {
    uint64_t r[REG_NONE + 1];   /* gprs, then a zero */
    uint64_t pc;
    uint64_t cc_dst, cc_src, cc_aux;
    uint32_t cc_kind;           /* enum cc_kind | size in bytes << 8 */
    _Atomic uint32_t kick;
    uint64_t eflags;            /* RFLAGS without OSZAPC; bit 1 set */
    uint64_t seg_base[8];       /* bases as memory operands use them: 0 where the mode ignores them */
    uint64_t lin_mask;          /* 32 ones outside 64-bit mode */
    uint64_t ip_mask;           /* 16, 32 or 64 ones, by the code segment */
    uint64_t sp_mask;           /* the same for implicit stack accesses */
    struct tlb_entry *tlb_rd, *tlb_wr;  /* of the current mmu mode */
    uint32_t key;               /* of the current mode; mode_update() makes it */
    uint8_t cpl, mmu_mode;
    uint8_t code64;             /* in 64-bit mode */
    _Atomic uint8_t paused;     /* waits inside of an instruction (exclusive.h) */
    uint64_t insns;             /* retired, counted per block */
    uint64_t exc_cr2;
    uint32_t db_pending;        /* DR6 bits of the data breakpoints that the instruction hit (debug.c) */
    uint8_t exc_busy;           /* an event is being delivered: which vector, and is it EXT for error codes (exc.c) */
    uint8_t exc_vector, exc_kind;
    uint64_t exc_ret;           /* return address of the event that is being delivered */
    struct soft *soft;
    const struct soft_bus *bus;
    void *bus_opaque;
    unsigned index;             /* of the vCPU, 0 to 287 */
    uint32_t pauses;            /* PAUSE instructions (ops-misc.c) */
    uint16_t jc_context, jc_next;   /* context number of the current key and CS base; the next free one (block.c) */
    uint8_t jc_current, jc_oldest;  /* indices of jc_contexts */
    struct jump_context jc_contexts[JUMP_CONTEXTS];
    const struct insn *link;    /* a direct branch that wants to be linked to what runs next */
    bool irq_hint;              /* the last KICK_IRQ is not dealt with: ask again when IF is set */
    jmp_buf unwind;             /* where soft_raise() and soft_leave() go */
    _Atomic uint32_t epoch;     /* even: outside of guest code */
    bool shutdown;
    struct debugger debugger;
    uint32_t cpuid_1c, cpuid_1d, cpuid_7b, cpuid_81c, cpuid_81d,
        cpuid_max; /* guest feature words, for #UD and MSR rules */
    uint8_t phys_bits;

    struct x86_state x;         /* everything but gpr, rip and rflags, which live above */

    struct jump_entry jc[JUMP_CACHE];
    struct tlb_entry tlb[MMU_MODES][2][TLB_SIZE];
    struct tlb_side *tlb_side;  /* mmu.c: logs of used entries, the exec TLB, the victim table */
};

static inline uint8_t *env_xmm(struct env *e, unsigned n)
{
    return e->x.fx + 160 + 16 * n;
}

/*
 * Leaving guest code (exc.c).  All three unwind to soft_run(); nothing of the caller runs after them.
 * error: -1 for vectors without an error code.  soft_raise sets cr2 for #PF from e->exc_cr2.
 */
_Noreturn void soft_raise(struct env *e, const struct insn *i, unsigned vector, int error);
_Noreturn void soft_leave(struct env *e, uint64_t pc);          /* to the dispatcher, at this rip, no event */

/* After any change of CR0, CR4, EFER, segments, CPL, RFLAGS.{VM,AC,IOPL,TF}: key, bases, masks, TLB pointers. */
void mode_update(struct env *e);                                /* mode.c */

/* Whole RFLAGS in and out of the lazy form (flags.c). */
uint64_t env_rflags(const struct env *e);
void env_set_rflags(struct env *e, uint64_t rflags);            /* all bits; does not call mode_update() */
