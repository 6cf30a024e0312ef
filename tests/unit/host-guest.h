/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Running the same instructions on the software CPU: a machine of RAM only
 *
 * One vCPU in long mode at CPL 3 with the address space of host-native.h's sandbox.  Every vector
 * leads to a HLT at CPL 0, so faults are delivered by the real path and read off the stack.
 */

#include "tests/unit/host-native.h"

struct guest;

struct guest *guest_new(void);
void guest_free(struct guest *g);
/* The guest's copies of the sandbox's data pages. */
uint8_t *guest_data(struct guest *g);
/* CR0 and CR4 of the following runs.  As guest_new() leaves them: */
void guest_set_control(struct guest *g, uint64_t cr0, uint64_t cr4);
#define GUEST_CR0 0x80010033ull         /* PG WP NE ET MP PE */
#define GUEST_CR4 0x620ull              /* OSXMMEXCPT OSFXSR PAE */
/* As native_run(); out->vector is -2 when the software CPU did not come to a halt in a handler. */
void guest_run(struct guest *g, enum cpu_mode mode, const struct cpu_regs *in, const uint8_t *code, unsigned len,
               struct cpu_result *out);
