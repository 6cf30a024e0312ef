/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A reader of migration streams of its own: it knows the frame and the description, and no device
 *
 * It follows the format's description alone and shares nothing with migration/ or core/savestate.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { READER_SECTIONS = 256 };

struct reader_section {
    char name[256];
    uint32_t id, instance, version;
    size_t body, end;           /* its fields and subsections: from where, to where (the footer) */
};

struct reader {
    char machine[256];
    unsigned n;
    struct reader_section section[READER_SECTIONS];
    char error[300];            /* "": all is well */
};

/* Takes a stream apart by its own description (the JSON): every section must end where the description says. */
bool reader_read(struct reader *r, const uint8_t *bytes, size_t len);
