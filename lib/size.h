/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Sizes in bytes, as a person writes them: "512", "0x200", "64k", "1.5G". */

#include <stdint.h>

/* Suffixes b k M G T P E; def_unit multiplies a bare number.  -EINVAL: not a size; -ERANGE: does not fit. */
int size_parse(const char *s, uint64_t def_unit, uint64_t *val);
