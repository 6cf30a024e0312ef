/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Processors as the MADT lists them; the DSDT's _MAT holds the same entries.  Private to hw/acpi. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* ACPI 4.0, 5.2.12.12: a Local APIC entry has eight bits for id and UID, of which 255 means all. */
bool madt_is_x2apic(uint32_t uid, uint32_t apic_id);
void madt_cpu(GByteArray *b, uint32_t uid, uint32_t apic_id, bool enabled);
