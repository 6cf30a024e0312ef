/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * qtest: a test outside of the process drives devices, interrupts and the clock over a chardev
 *
 * The line protocol works with any accelerator; with "-accel qtest", which executes nothing, the
 * virtual clock moves only when the test steps it.
 */

struct error;
struct machine;

/* chardev_spec: as -qtest has it ("unix:/path,server=on", "chardev:ID"), opened among machine->chardevs.
 * log: a file, "none", or NULL for stderr.  One per machine.  Home loop. */
int qtest_open(struct machine *m, const char *chardev_spec, const char *log, struct error **err);
void qtest_close(struct machine *m);            /* before the machine goes; nothing open: fine */
