/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/table.h"

/*
 * FADT: where the PM chip's registers are, how ACPI mode is entered, what is fixed
 *
 * ACPI 3.0, 5.2.9.  Revision 1 (pc-i440fx) ends after the flags.
 */

enum {
    SCI_LINE = 9,
    NO_C_STATE = 0xfff,         /* a latency that says: C2 or C3 is not supported */
    CENTURY = 0x32,
    IAPC_8042 = 2,
    RESET_CONTROL = 0xcf9,
    RESET_VALUE = 0x0f,
    SMI_COMMAND = 0xb2,
};
/* WBINVD, PROC_C1, SLP_BUTTON, RTC_S4, USE_PLATFORM_CLOCK; RESET_REG_SUP; FORCE_APIC_CLUSTER_MODEL. */
enum { FLAGS = 0x80a5, FLAG_RESET = 1 << 10, FLAG_CLUSTER = 1 << 18, CLUSTER_CPUS = 8 };

/* A generic address structure in port space; port 0: an empty one. */
static void put_port(GByteArray *b, uint8_t bits, uint16_t port)
{
    table_put(b, port ? 1 : 0, 1);
    table_put(b, port ? bits : 0, 1);
    table_put(b, 0, 2);
    table_put(b, port, 8);
}

/* The one SMI command that turns ACPI mode on; a machine without SMM is in it from the start. */
static void put_smi(GByteArray *b, const struct acpi_machine *m)
{
    table_put(b, m->smm ? SMI_COMMAND : 0, 4);
    table_put(b, m->smm ? m->chipset->acpi_enable : 0, 1);
    table_put(b, m->smm ? m->chipset->acpi_disable : 0, 1);
    table_put(b, 0, 2);
}

/* Addresses and lengths: PM1 event and control, PM2 (none), timer, GPE0, GPE1 (none). */
static void put_blocks(GByteArray *b, const struct acpi_machine *m)
{
    table_put(b, m->pm_base, 4);
    table_put(b, 0, 4);
    table_put(b, m->pm_base + 4, 4);
    table_put(b, 0, 8);
    table_put(b, m->pm_base + 8, 4);
    table_put(b, acpi_gpe0(m), 4);
    table_put(b, 0, 4);
    table_put(b, 4, 1);
    table_put(b, 2, 1);
    table_put(b, 0, 1);
    table_put(b, 4, 1);
    table_put(b, m->chipset->gpe0_bytes, 1);
    table_put(b, 0, 3);
}

static void put_extended(struct acpi_tables *t, const struct acpi_machine *m, uint32_t dsdt)
{
    GByteArray *b = t->blob[ACPI_TABLES];

    put_port(b, 8, RESET_CONTROL);
    table_put(b, RESET_VALUE, 1);
    table_put(b, 0, 3);
    table_put(b, 0, 8);                 /* X_FIRMWARE_CTRL: the 32-bit one counts */
    table_put_pointer(t, ACPI_TABLES, ACPI_TABLES, dsdt, 8);
    put_port(b, 32, m->pm_base);
    put_port(b, 0, 0);
    put_port(b, 16, m->pm_base + 4);
    put_port(b, 0, 0);
    put_port(b, 0, 0);
    put_port(b, 32, m->pm_base + 8);
    put_port(b, 8 * m->chipset->gpe0_bytes, acpi_gpe0(m));
    put_port(b, 0, 0);
}

void fadt_write(const struct acpi_machine *m, struct acpi_tables *t, uint32_t facs, uint32_t dsdt)
{
    const struct acpi_chipset *c = m->chipset;
    uint32_t start = table_begin(m, t, "FACP", c->fadt_revision);
    GByteArray *b = t->blob[ACPI_TABLES];

    table_put_pointer(t, ACPI_TABLES, ACPI_TABLES, facs, 4);
    table_put_pointer(t, ACPI_TABLES, ACPI_TABLES, dsdt, 4);
    table_put(b, 1, 1);
    table_put(b, 0, 1);
    table_put(b, SCI_LINE, 2);
    put_smi(b, m);
    put_blocks(b, m);
    table_put(b, NO_C_STATE, 2);
    table_put(b, NO_C_STATE, 2);
    table_put(b, 0, 8);
    table_put(b, CENTURY, 1);
    table_put(b, c->keyboard_flag && m->i8042 ? IAPC_8042 : 0, 2);
    table_put(b, 0, 1);
    table_put(b, FLAGS | (c->reset_register ? FLAG_RESET : 0) | (m->n_cpus > CLUSTER_CPUS ? FLAG_CLUSTER : 0), 4);
    if (c->fadt_revision >= 3)
        put_extended(t, m, dsdt);
    table_end(t, start);
}
