/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where memory is seen: the pieces of guest memory that a dump's program headers describe
 *
 * Either each range at its physical address, or what the page tables of CPUs map to memory, at linear addresses; pieces
 * that continue each other are one, and each is there once, however many CPUs see it.  In the order of physical
 * addresses.
 */

#include <stdbool.h>
#include <stdint.h>

struct ranges;
struct x86_state;
struct mappings;

struct mapping { uint64_t gpa, lin, bytes; };

/* What page tables may come to, whatever they contain: tables that are read, pieces that are kept. */
enum { MAPPINGS_TABLES = 1 << 20, MAPPINGS_MAX = 1 << 20 };

struct mappings *mappings_new(const _Atomic bool *cancelled);    /* walks end early when it becomes true */
void mappings_free(struct mappings *m);         /* NULL is fine */
/* Instead of CPUs. */
void mappings_add_physical(struct mappings *m, const struct ranges *ranges);
/* A CPU whose paging is on.  all: guest memory with the tables; shown: the part of it that counts.  -E2BIG: the tables
 * are beyond the limits.  -ECANCELED. */
int mappings_add_cpu(struct mappings *m, const struct x86_state *st, const struct ranges *all,
                     const struct ranges *shown);
void mappings_finish(struct mappings *m);       /* after the last CPU: orders and joins */

unsigned mappings_num(const struct mappings *m);
const struct mapping *mappings_at(const struct mappings *m, unsigned n);
