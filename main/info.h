/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the human monitor's commands show and do of the machine: printers for the table in info.c; private to main/
 *
 * All are on the home loop.  cpu: the CPU that was chosen, -1: none, which is the first one.
 */

#include "main/start.h"

struct address_space;
struct machine;
struct x86_state;

/* A CPU's registers and its map at one moment. */
struct info_cpu { struct x86_state *st; struct address_space *as; };
/* False: there is no such CPU, or its accelerator does not show registers.  c->st is the caller's. */
bool info_cpu_fetch(struct machine *m, int64_t cpu, struct info_cpu *c);
/* For cpu_walk(): all of it, or false.  opaque: a struct address_space. */
bool info_space_read(void *opaque, uint64_t gpa, void *buf, unsigned bytes);

/* info-registers.c */
bool info_register(void *target, int64_t cpu, const char *name, uint64_t *val);
/* info-memory.c */
void info_x(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_xp(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_sum(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_port_in(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_port_out(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_gva2gpa(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_gpa2hva(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_gpa2hpa(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
/* info-log.c */
void info_log(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_logfile(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_trace_event(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_trace_events(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
void info_mouse_set(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out);
