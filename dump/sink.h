/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where a dump goes: bytes in order, into a file, a device, a pipe
 *
 * A pipe that nobody reads is waited for, but not for ever: sink_cancel() ends the wait.  Zeros become holes where
 * the file is empty and has holes; elsewhere they are written.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink {
    int fd, cancel_fd;
    int flags_before;           /* of fd, which others may have, too */
    bool holes;
    _Atomic bool cancelled;
    uint64_t hole;              /* zeros that have not been written yet */
    uint64_t pos;               /* bytes so far, with them */
};

/* Takes fd, which does not block from now on; or the negative errno of what could not be opened, and returns it. */
int sink_open(struct sink *s, int fd);
/* The writer's thread.  Negative errno; -ECANCELED after sink_cancel(). */
int sink_write(struct sink *s, const void *data, size_t n);
int sink_zeros(struct sink *s, uint64_t n);
/* As sink_write(), with zeros left out page by page. */
int sink_write_sparse(struct sink *s, const uint8_t *data, size_t n);
int sink_end(struct sink *s);                   /* the last zeros */
void sink_cancel(struct sink *s);               /* any thread */
int sink_close(struct sink *s);                 /* negative errno: the file is not complete.  Closed: 0 */
