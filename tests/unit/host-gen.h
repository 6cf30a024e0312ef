/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Random instructions from the opcode table, with registers and memory that make them interesting
 */

#include "tests/unit/host-native.h"

#include "accel/soft/form.h"

struct rng { uint64_t state; };

static inline uint64_t rng_next(struct rng *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545f4914f6cdd1dull;
}

static inline unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)((rng_next(r) >> 32) * n >> 32);
}

enum { GEN_CODE = 30 * 15 + 16, GEN_MEM = 512 };

struct gen_case {
    enum cpu_mode mode;         /* set by the caller, and in.rip */
    struct cpu_regs in;
    const struct form *form;    /* of the last instruction */
    unsigned len, insns;
    uint64_t undefined;         /* RFLAGS bits not to compare */
    uint64_t target;            /* the memory operand; mem[] goes there when it lies in the data pages */
    unsigned mem_len;
    uint8_t code[GEN_CODE];
    uint8_t mem[GEN_MEM];
};

/* Can the form run in the sandbox: no system instruction, no far transfer, no segment register? */
bool gen_usable(const struct form *f, enum cpu_mode mode);
/* One instruction of form f. */
void gen_single(struct rng *r, const struct form *f, struct gen_case *c);
/* 5 to 30 instructions on registers, of the n forms in list. */
void gen_sequence(struct rng *r, const struct form *const *list, unsigned n, struct gen_case *c);
