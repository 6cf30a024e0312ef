/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/madt.h"

/*
 * MADT: local APICs, the IOAPIC, and which ISA lines differ from its pins
 *
 * ACPI 3.0, 5.2.11; ACPI 4.0, 5.2.12.12 and 5.2.12.13 for x2APICs.
 * Possible CPUs that are not there are listed too, not enabled.
 */

#include "hw/acpi/table.h"

bool madt_is_x2apic(uint32_t uid, uint32_t apic_id)
{
    return apic_id >= 255 || uid >= 255;
}

void madt_cpu(GByteArray *b, uint32_t uid, uint32_t apic_id, bool enabled)
{
    if (madt_is_x2apic(uid, apic_id)) {
        table_put(b, 9, 1);
        table_put(b, 16, 1);
        table_put(b, 0, 2);
        table_put(b, apic_id, 4);
        table_put(b, enabled, 4);
        table_put(b, uid, 4);
    } else {
        table_put(b, 0, 1);
        table_put(b, 8, 1);
        table_put(b, uid, 1);
        table_put(b, apic_id, 1);
        table_put(b, enabled, 4);
    }
}

static void override(GByteArray *b, uint8_t source, uint32_t gsi, uint16_t flags)
{
    table_put(b, 2, 1);
    table_put(b, 10, 1);
    table_put(b, 0, 1);
    table_put(b, source, 1);
    table_put(b, gsi, 4);
    table_put(b, flags, 2);
}

/* LINT1 of every CPU is its NMI. */
static void nmi(GByteArray *b, bool x2apic)
{
    if (x2apic) {
        table_put(b, 10, 1);
        table_put(b, 12, 1);
        table_put(b, 0, 2);
        table_put(b, UINT32_MAX, 4);
        table_put(b, 1, 1);
        table_put(b, 0, 3);
    } else {
        table_put(b, 4, 1);
        table_put(b, 6, 1);
        table_put(b, 0xff, 1);
        table_put(b, 0, 2);
        table_put(b, 1, 1);
    }
}

void madt_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    static const uint8_t level_lines[] = { 5, 9, 10, 11 };
    enum { PCAT_COMPAT = 1, ACTIVE_HIGH_LEVEL = 0xd };
    uint32_t start = table_begin(m, t, "APIC", 1);
    GByteArray *b = t->blob[ACPI_TABLES];
    bool x2apic = false;

    table_put(b, 0xfee00000, 4);
    table_put(b, PCAT_COMPAT, 4);
    for (unsigned i = 0; i < m->n_cpus; i++) {
        madt_cpu(b, i, m->cpus[i].apic_id, !m->cpus[i].absent);
        x2apic |= madt_is_x2apic(i, m->cpus[i].apic_id);
    }
    table_put(b, 1, 1);
    table_put(b, 12, 1);
    table_put(b, 0, 2);
    table_put(b, 0xfec00000, 4);
    table_put(b, 0, 4);
    override(b, 0, 2, 0);
    for (unsigned i = 0; i < sizeof(level_lines); i++)
        override(b, level_lines[i], level_lines[i], ACTIVE_HIGH_LEVEL);
    nmi(b, x2apic);
    table_end(t, start);
}
