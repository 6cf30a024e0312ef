/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Descriptors, segment registers and stacks
 *
 * Reference: SDM volume 3, chapters 3.4, 3.5 and 5.
 */

#include "accel/soft/env.h"

/* A descriptor as it lies in memory; `high` is the second half of the 16-byte ones of long mode. */
struct desc {
    uint32_t lo, hi;
    uint64_t lin;               /* where it came from */
};

static inline uint32_t desc_attr(const struct desc *d)
{
    return d->hi & 0x00f0ff00u; /* as x86_seg.attr */
}

static inline uint64_t desc_base(const struct desc *d)
{
    return (d->hi & 0xff000000u) | (d->hi & 0xff) << 16 | d->lo >> 16;
}

static inline uint32_t desc_limit(const struct desc *d)
{
    uint32_t limit = (d->hi & 0xf0000u) | (d->lo & 0xffff);

    return d->hi & SEG_G ? limit << 12 | 0xfff : limit;
}

static inline unsigned desc_dpl(const struct desc *d)
{
    return d->hi >> SEG_DPL_SHIFT & 3;
}

static inline unsigned desc_type(const struct desc *d)
{
    return d->hi >> 8 & 0xf;
}

static inline bool attr_is_code(uint32_t attr)
{
    return (attr & SEG_S) && (attr & SEG_CODE);
}

static inline bool attr_is_conforming(uint32_t attr)
{
    return attr_is_code(attr) && (attr & SEG_CE);
}

static inline bool attr_is_writable_data(uint32_t attr)
{
    return (attr & SEG_S) && !(attr & SEG_CODE) && (attr & SEG_RW);
}

static inline bool sel_is_null(uint16_t sel)
{
    return !(sel & ~3);
}

static inline struct x86_seg seg_of_desc(uint16_t sel, const struct desc *d)
{
    return (struct x86_seg){ .base = desc_base(d), .limit = desc_limit(d), .attr = desc_attr(d), .sel = sel };
}

static inline struct x86_seg seg_real(uint16_t sel, uint32_t limit, uint32_t attr)
{
    return (struct x86_seg){ .base = (uint64_t)sel << 4, .limit = limit, .attr = attr, .sel = sel };
}

enum {
    SEG_ATTR_REAL = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED, SEG_ATTR_VM86 = SEG_ATTR_REAL | SEG_DPL,
    /* system types */
    DESC_TSS16 = 1, DESC_LDT = 2, DESC_TSS16_BUSY = 3, DESC_CALL16 = 4, DESC_TASK = 5, DESC_INT16 = 6, DESC_TRAP16 = 7,
    DESC_TSS = 9, DESC_TSS_BUSY = 11, DESC_CALL = 12, DESC_INT = 14, DESC_TRAP = 15,
};

/* Reads the descriptor of sel (not null); false: beyond its table's limit.  Page faults are raised. */
bool desc_load(struct env *e, const struct insn *i, uint16_t sel, struct desc *d);
/* Sets the accessed bit in memory, if it is not. */
void desc_set_accessed(struct env *e, const struct insn *i, struct desc *d);

/* A load of ES, SS, DS, FS or GS in any mode, with all checks.  The caller does mode_update(). */
void seg_load(struct env *e, const struct insn *i, unsigned sreg, uint16_t sel);
/* After a transfer to an outer level: data segments that it may not use become null. */
void seg_drop_inner(struct env *e, unsigned cpl);
/* Loads CS: attr as given, RPL replaced by cpl. */
static inline void seg_set_cs(struct env *e, uint16_t sel, unsigned cpl, const struct desc *d)
{
    e->x.seg[CS] = seg_of_desc((sel & ~3) | cpl, d);
}

/* #GP(0) unless off is a place in the code segment d: canonical in 64-bit mode, else within the limit. */
void seg_check_target(struct env *e, const struct insn *i, const struct desc *d, uint64_t off);
/*
 * Where a far RET or an IRET in protected or long mode goes back to: all checks of its code segment, which is left in
 * d, and of the stack segment of an outer level cpl.  SDM: RET, IRET, RETURN-TO-SAME- and RETURN-TO-OUTER-PRIVILEGE.
 */
void seg_return_code(struct env *e, const struct insn *i, uint16_t sel, uint64_t ip, struct desc *d);
struct x86_seg seg_return_stack(struct env *e, const struct insn *i, uint16_t ss, unsigned cpl, bool to64);

/* Is [off, off + size) within the limit of s? */
bool seg_in_limit(const struct x86_seg *s, uint64_t off, unsigned size);
/* seg_check() of mem.h, for a segment register by number: for implicit stack accesses and strings. */
void seg_check_access(struct env *e, const struct insn *i, unsigned sreg, uint64_t off, unsigned size, bool write);

/*
 * A stack that is not, or not yet, that of SS:RSP.  Pushes and pops change sp here only; the caller commits it
 * when nothing can fault any more.
 */
struct stack {
    struct x86_seg seg;
    uint64_t sp, mask;          /* mask: 16, 32 or 64 ones */
    unsigned mmu;               /* access rights of the pushes */
    bool flat64;                /* 64-bit mode: neither base nor limit */
    int error;                  /* of the #SS that a limit violation raises */
};

struct stack stack_current(const struct env *e);
void stack_push(struct env *e, const struct insn *i, struct stack *s, unsigned size, uint64_t val);
uint64_t stack_pop(struct env *e, const struct insn *i, struct stack *s, unsigned size);
/* RSP from s, upper bits kept as the stack size says. */
void stack_commit(struct env *e, const struct stack *s);
/* Rights of a stack access at a privilege level. */
static inline unsigned stack_mmu(const struct env *e, unsigned cpl)
{
    return cpl == 3 ? MMU_USER : (e->x.cr4 & CR4_SMAP) && !(e->eflags & FLAG_AC) ? MMU_SUPER_SMAP : MMU_SUPER;
}

/* The inner stack for privilege level dpl from the TSS of a legacy mode: all checks, #TS and #SS with ext. */
struct stack stack_inner_legacy(struct env *e, const struct insn *i, unsigned dpl, int ext);
/* RSPn or ISTn (ist 1 to 7; 0: by dpl) of the 64-bit TSS. */
struct stack stack_inner_long(struct env *e, const struct insn *i, unsigned dpl, unsigned ist, int ext);
