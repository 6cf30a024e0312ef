/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files whose contents an option asks for. */

#include <stddef.h>
#include <stdint.h>

struct error;

/* The whole of a file, at most max bytes, into memory that the caller frees.  A pipe is read to its end.
 * -EFBIG: longer; errno of the file.  Errors name option and path. */
int file_contents(const char *option, const char *path, size_t max, uint8_t **bytes, size_t *len, struct error **err);
