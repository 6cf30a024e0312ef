/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Firmware files: BIOS, option ROMs, key maps
 *
 * Named by a path, or by a bare name that is looked for in the folders of -L and then in those where Debian's packages
 * keep firmware.  Home loop.
 */

#include <stddef.h>
#include <stdint.h>

struct error;
struct machine;

/* The file's path, owned by the caller.  -ENOENT with an error that names option, name and the folders tried. */
int datafile_find(const struct machine *m, const char *option, const char *name, char **path, struct error **err);
/* Finds it and reads it whole, 1 to limit bytes.  *data is the caller's to free(), NULL after a failure. */
int datafile_read(const struct machine *m, const char *option, const char *name, size_t limit, uint8_t **data,
                  size_t *size, struct error **err);
/* Calls fn with each folder in order of search; first: those of -L. */
void datafile_dirs(const char *const *first, unsigned n, void (*fn)(void *opaque, const char *dir), void *opaque);
