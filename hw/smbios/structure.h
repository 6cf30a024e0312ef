/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A writer of SMBIOS structures: formatted area, then strings; private to hw/smbios
 */

#include <glib.h>
#include <stdint.h>

struct smbios_writer {
    GByteArray *table, *strings;        /* strings: of the structure that is open */
    guint start;                        /* of it */
    unsigned n_strings;
    unsigned count, longest;            /* structures, bytes of the longest one with its strings */
};

void smbios_writer_init(struct smbios_writer *w, GByteArray *table);
void smbios_writer_fini(struct smbios_writer *w);
void smbios_open(struct smbios_writer *w, uint8_t type, uint16_t handle);
void smbios_put(struct smbios_writer *w, uint64_t val, unsigned bytes);
void smbios_put_bytes(struct smbios_writer *w, const uint8_t *bytes, unsigned n);
/* Its number, or 0 for NULL and "". */
void smbios_put_string(struct smbios_writer *w, const char *s);
/* A string whose number stands nowhere. */
void smbios_add_string(struct smbios_writer *w, const char *s);
void smbios_close(struct smbios_writer *w);
/* A whole structure as it is. */
void smbios_append(struct smbios_writer *w, const uint8_t *bytes, size_t n);
