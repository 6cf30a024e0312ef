/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whole files: firmware, kernels, tables, texts that a user names
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Opens path for writing, made if it is not there; flags: O_TRUNC or O_APPEND.  A descriptor, or negative errno: a FIFO
 * that nobody reads is -ENXIO, not waited for, since nothing ends the wait. */
int file_create(const char *path, int flags);

/* Reads all of a regular file of 1 to limit bytes, so that nobody can change or cut it after a check.
 * option and path are for the error.  *data is the caller's to free(), NULL after a failure.  Blocks. */
int file_read(const char *option, const char *path, size_t limit, uint8_t **data, size_t *size, struct error **err);
/* The same for whatever can be read to an end: a pipe, /dev/null.  At most limit bytes, maybe none; a pipe is waited
 * for. */
int file_read_stream(const char *option, const char *path, size_t limit, uint8_t **data, size_t *size,
                     struct error **err);
/* Neither a device, a pipe nor a folder. */
bool file_is_regular(int fd);
