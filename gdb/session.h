/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A debugger's session: packets in, packets out
 *
 * A session knows a target and somebody who takes its bytes.  Commands are answered one at a time and in order; while
 * the target runs, the answer that is owed is how it comes to stand.  Home loop.
 */

#include "gdb/target.h"

struct gdb_session;

/* The peer's side.  Bytes taken; short of n: gdb_session_drain() when there is room. */
struct gdb_peer { size_t (*write)(struct gdb_peer *p, const char *bytes, size_t n); };

struct gdb_session *gdb_session_new(struct gdb_target *t, struct gdb_peer *peer);      /* both borrowed */
void gdb_session_free(struct gdb_session *s);                   /* closes; NULL is fine */

void gdb_session_open(struct gdb_session *s);                   /* a debugger is there: the target stands from now on */
void gdb_session_close(struct gdb_session *s);                  /* it is gone, and so are its breakpoints */
bool gdb_session_ready(const struct gdb_session *s);            /* may be fed: what was said has been taken */
void gdb_session_feed(struct gdb_session *s, const char *bytes, size_t n);     /* takes all */
void gdb_session_drain(struct gdb_session *s);
bool gdb_session_busy(const struct gdb_session *s);             /* inside a command of its: must not be freed now */

/* The target has come to stand: by a vCPU that met a point or made its step (cpu, stop), or by signal alone. */
void gdb_session_stopped(struct gdb_session *s, enum gdb_signal signal, unsigned cpu, const struct debug_stop *stop);
void gdb_session_cpus(struct gdb_session *s, unsigned n);       /* that many vCPUs now; at least one */
void gdb_session_ended(struct gdb_session *s, uint8_t status);  /* the process is about to end */
