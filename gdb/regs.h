/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The registers of an x86-64 vCPU as GDB numbers them
 *
 * One table says name, size and type of each; from it come the target description and what `g`, `p` and `P` carry.
 * Numbers, order and sizes are the reference's.
 */

#include "gdb/target.h"

#include <glib.h>

enum { GDB_REGS = 66, GDB_REG_BYTES = 16 };

/* The bytes of register n in the target's order, and how many they are; 0: there is no such register. */
unsigned gdb_reg_get(struct gdb_target *t, unsigned cpu, const struct x86_state *st, unsigned n,
                     uint8_t bytes[GDB_REG_BYTES]);
unsigned gdb_reg_bytes(unsigned n);             /* how many they are; 0: there is no such register */
/* Changes st, or what the target keeps elsewhere.  bytes: gdb_reg_bytes() of them. */
void gdb_reg_set(struct gdb_target *t, unsigned cpu, struct x86_state *st, unsigned n, const uint8_t *bytes);

/* What the description says of register n, below GDB_REGS; group: NULL or a group's name. */
struct gdb_reg_info { const char *name, *type, *group; };
struct gdb_reg_info gdb_reg_info(unsigned n);

/* The target description, and the document that it includes. */
extern const char gdb_target_xml[];
#define GDB_CORE_XML "i386-64bit.xml"
void gdb_core_xml(GString *out);
