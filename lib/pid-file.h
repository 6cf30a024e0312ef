/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A file that holds the process id while the process lives
 *
 * Locked (fcntl, from the first byte to the end), so that others can tell a live one from one left
 * behind.  A pid file of another live process is refused; one that is left behind is taken over.
 */

struct error;

struct pid_file { char *path; int fd; };        /* path: absolute; NULL: there is none */

/* option is for the error.  -EAGAIN with an error: another process holds it; -EINVAL: no regular file. */
int pid_file_new(struct pid_file *f, const char *option, const char *path, struct error **err);
/* Unlinks the file if the path still leads to it, then lets the lock go.  Also of a zeroed struct. */
void pid_file_fini(struct pid_file *f);
