/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Guest memory to files: the part of a machine that dumps it
 *
 * What the QMP commands pmemsave, memsave and dump-guest-memory start here runs on a thread of its own each, while the
 * home loop goes on; what becomes of it is told there.  While a dump is under way the machine stands.
 */

struct dump;
struct machine;

/* Home loop, both.  The machine finds it in m->dump; freeing ends what is under way, and comes before the machine's own
 * end. */
void dump_new(struct machine *m);
void dump_free(struct machine *m);              /* none there: fine */
