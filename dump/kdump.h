/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kdump format with zlib: pages by number, each compressed by itself, as crash and makedumpfile read it
 *
 * In its flattened form, which can be written to a pipe.
 */

#include <stdbool.h>
#include <stdint.h>

struct _GByteArray;
struct ranges;
struct sink;

struct kdump {
    bool wide;                  /* the headers are those of a 64-bit kernel */
    unsigned cpus;
    const struct _GByteArray *notes;
    uint32_t guest_note;        /* where in notes the guest's note is; notes->len: it has left none */
    const struct ranges *ranges;
};

bool kdump_available(void);     /* was there zlib when this was built? */
/* The whole file; *completed grows to the ranges' bytes.  Negative errno; *what is what could not be written. */
int kdump_write(struct sink *s, const struct kdump *k, _Atomic uint64_t *completed, const char **what);
