/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * AML: a writer for definition blocks (ACPI 3.0, chapter 19.2)
 *
 * Terms are appended to a byte array.  A package length is known at its end only: aml_open() leaves
 * room, aml_close() moves the contents up and fills it in; opens nest.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct aml {
    GByteArray *bytes;
    struct { guint at; bool buffer; } open[16];
    unsigned depth;
};

void aml_init(struct aml *a);
void aml_fini(struct aml *a);

/* Terms in prefix form, written as text: see aml-terms.c.  printf's conversions fill in names and numbers. */
void aml_terms(struct aml *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum {
    AML_DWORD = 0x0c,
    AML_SCOPE = 0x10,
    AML_BUFFER = 0x11,
    AML_PACKAGE = 0x12,
    AML_METHOD = 0x14,
    AML_DEVICE = 0x5b82,
    AML_PROCESSOR = 0x5b83,
    AML_RETURN = 0xa4
};

void aml_op(struct aml *a, unsigned opcode);            /* one byte, or two, the first one on top */
void aml_open(struct aml *a, unsigned opcode);          /* an opcode with a package, which aml_close() ends */
void aml_begin(struct aml *a, unsigned opcode, const char *name);       /* the same, and the name in it */
void aml_close(struct aml *a);
void aml_name(struct aml *a, const char *name);         /* Name (name, the next term) */
void aml_bytes(struct aml *a, uint64_t val, unsigned bytes);            /* as they are, little-endian */
void aml_field_unit(struct aml *a, const char *name, unsigned bits);    /* "": bits without a name */

void aml_integer(struct aml *a, uint64_t val);
void aml_string(struct aml *a, const char *s);
void aml_eisaid(struct aml *a, const char *id);         /* "PNP0A08" */
void aml_path(struct aml *a, const char *name);         /* "\\_SB", "PCI0", "_SB.PCI0" */

/* A resource template as a term: open, descriptors, close. */
void aml_resources(struct aml *a);
void aml_resources_end(struct aml *a);
void aml_res_io(struct aml *a, uint16_t min, uint8_t align, uint8_t len);
void aml_res_irq(struct aml *a, uint16_t mask);         /* edge, active high, exclusive */
void aml_res_interrupts(struct aml *a, const uint64_t *gsi, unsigned n);        /* level, active high, shared */
void aml_res_memory32_fixed(struct aml *a, uint32_t base, uint32_t len, bool writable);
void aml_res_bus_range(struct aml *a, uint16_t min, uint16_t max);
void aml_res_io_range(struct aml *a, uint16_t min, uint16_t max);
void aml_res_memory_range(struct aml *a, uint32_t min, uint32_t max, bool cacheable);
void aml_res_memory_range64(struct aml *a, uint64_t min, uint64_t max);
