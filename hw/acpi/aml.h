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

/* Each opens a package; aml_close() ends the innermost.  Names: "\\_SB", "PCI0", "_SB.PCI0". */
void aml_scope(struct aml *a, const char *name);
void aml_device(struct aml *a, const char *name);
void aml_method(struct aml *a, const char *name, unsigned args, bool serialized);
void aml_package(struct aml *a, uint8_t elements);
void aml_close(struct aml *a);

void aml_name(struct aml *a, const char *name);         /* Name (name, the next term) */
void aml_return(struct aml *a);                         /* Return (the next term) */
void aml_integer(struct aml *a, uint64_t val);
void aml_string(struct aml *a, const char *s);
void aml_eisaid(struct aml *a, const char *id);         /* "PNP0A08" */
void aml_path(struct aml *a, const char *name);         /* a bare name, as a term */

/* A resource template as a term: open, descriptors, close. */
void aml_resources(struct aml *a);
void aml_resources_end(struct aml *a);
void aml_res_io(struct aml *a, uint16_t min, uint16_t max, uint8_t align, uint8_t len);
void aml_res_irq(struct aml *a, uint16_t mask);         /* edge, active high, exclusive */
void aml_res_memory32_fixed(struct aml *a, uint32_t base, uint32_t len, bool writable);
void aml_res_bus_range(struct aml *a, uint16_t min, uint16_t max);
void aml_res_io_range(struct aml *a, uint16_t min, uint16_t max);
void aml_res_memory_range(struct aml *a, uint32_t min, uint32_t max, bool cacheable);
void aml_res_memory_range64(struct aml *a, uint64_t min, uint64_t max);
