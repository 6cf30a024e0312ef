/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The gdb server: GDB's remote serial protocol on a chardev, for those who wire it
 *
 * One server, one debugger at a time.  A debugger that connects stops the machine; one that leaves takes its
 * breakpoints along and leaves the machine as it stands or runs.  Everything on the home loop.
 */

#include <stdbool.h>
#include <stddef.h>

struct chardev;
struct error;
struct gdb_server;
struct machine;

struct gdb_config {
    struct machine *machine;
    /* Runs a line of the human monitor; its text goes to put, which is not called any more after the return.  NULL:
     * `monitor` is not there. */
    void (*monitor)(void *opaque, const char *line, void (*put)(void *to, const char *text, size_t n), void *to);
    void *opaque;
};

/* NULL: the machine has no vCPUs, its accelerator cannot be asked to stop at breakpoints, or the chardev is taken. */
struct gdb_server *gdb_server_new(const struct gdb_config *cfg, struct chardev *chr, struct error **err);
/* Not from inside a command of its own.  Before the machine and the chardev go; NULL is fine. */
void gdb_server_free(struct gdb_server *s);
struct chardev *gdb_server_chardev(const struct gdb_server *s);
bool gdb_server_busy(const struct gdb_server *s);       /* inside a command of its own */
