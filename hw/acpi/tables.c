/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/tables.h"

/*
 * ACPI tables: FADT, FACS, MADT, HPET, MCFG, WAET, RSDT, RSDP
 *
 * Layouts: ACPI 3.0 chapter 5; IA-PC HPET 1.0a section 3.2.4; PCI Firmware 3.0 section 4.1.2.
 * Values are those that the reference's guests read.
 * Invariant: a table's checksum is made last, when nothing of it changes any more.
 */

#include "hw/acpi/dsdt.h"

#include <string.h>

static void put(GByteArray *t, uint64_t val, unsigned bytes)
{
    while (bytes--) {
        uint8_t b = val;

        g_byte_array_append(t, &b, 1);
        val >>= 8;
    }
}

static void put_text(GByteArray *t, const char *s)
{
    g_byte_array_append(t, (const uint8_t *)s, strlen(s));
}

static void set(GByteArray *t, guint at, uint64_t val, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        t->data[at + i] = val >> 8 * i;
}

static uint8_t sum(const uint8_t *p, guint n)
{
    uint8_t s = 0;

    while (n--)
        s += *p++;
    return s;
}

static GByteArray *table_new(const char *signature, uint8_t revision)
{
    GByteArray *t = g_byte_array_new();

    put_text(t, signature);
    put(t, 0, 4);
    put(t, revision, 1);
    put(t, 0, 1);
    put_text(t, "BOCHS BXPC    ");
    put(t, 1, 4);
    put_text(t, "BXPC");
    put(t, 1, 4);
    return t;
}

static void table_end(GByteArray *t)
{
    set(t, 4, t->len, 4);
    set(t, 9, 0, 1);
    set(t, 9, -sum(t->data, t->len), 1);
}

/* A generic address structure in port space; port 0: an empty one. */
static void put_port(GByteArray *t, uint8_t bits, uint64_t port)
{
    put(t, port ? 1 : 0, 1);
    put(t, port ? bits : 0, 1);
    put(t, 0, 2);
    put(t, port, 8);
}

enum { FADT_FLAGS = 0x84a5, IAPC_8042 = 2, SCI_LINE = 9 };

static GByteArray *fadt(const struct acpi_machine *m, uint32_t facs, uint32_t dsdt)
{
    GByteArray *t = table_new("FACP", 3);

    put(t, facs, 4);
    put(t, dsdt, 4);
    put(t, 1, 1);
    put(t, 0, 1);
    put(t, SCI_LINE, 2);
    put(t, 0xb2, 4);                    /* SMI_CMD; 2 enables, 3 disables ACPI mode */
    put(t, 2, 1);
    put(t, 3, 1);
    put(t, 0, 2);
    put(t, m->pm_base, 4);
    put(t, 0, 4);
    put(t, m->pm_base + 4, 4);
    put(t, 0, 8);
    put(t, m->pm_base + 8, 4);
    put(t, m->pm_base + 0x20, 4);
    put(t, 0, 4);
    put(t, 4, 1);                       /* lengths: PM1 event, control, PM2, timer, GPE0 */
    put(t, 2, 1);
    put(t, 0, 1);
    put(t, 4, 1);
    put(t, 16, 1);
    put(t, 0, 3);
    put(t, 0xfff, 2);                   /* C2 and C3 are not supported */
    put(t, 0xfff, 2);
    put(t, 0, 8);
    put(t, 0x32, 1);                    /* RTC century register */
    put(t, IAPC_8042, 2);
    put(t, 0, 1);
    put(t, FADT_FLAGS, 4);
    put_port(t, 8, 0xcf9);
    put(t, 0x0f, 1);
    put(t, 0, 3);
    put(t, 0, 8);
    put(t, dsdt, 8);
    put_port(t, 32, m->pm_base);
    put_port(t, 0, 0);
    put_port(t, 16, m->pm_base + 4);
    put_port(t, 0, 0);
    put_port(t, 0, 0);
    put_port(t, 32, m->pm_base + 8);
    put_port(t, 128, m->pm_base + 0x20);
    put_port(t, 0, 0);
    return t;
}

static void madt_override(GByteArray *t, uint8_t source, uint32_t gsi, uint16_t flags)
{
    put(t, 2, 1);
    put(t, 10, 1);
    put(t, 0, 1);
    put(t, source, 1);
    put(t, gsi, 4);
    put(t, flags, 2);
}

static void madt_cpu(GByteArray *t, uint32_t uid, uint32_t apic_id)
{
    if (apic_id < 255) {
        put(t, 0, 1);
        put(t, 8, 1);
        put(t, uid, 1);
        put(t, apic_id, 1);
        put(t, 1, 4);
        return;
    }
    put(t, 9, 1);
    put(t, 16, 1);
    put(t, 0, 2);
    put(t, apic_id, 4);
    put(t, 1, 4);
    put(t, uid, 4);
}

static GByteArray *madt(const struct acpi_machine *m)
{
    static const uint8_t level_lines[] = { 5, 9, 10, 11 };
    GByteArray *t = table_new("APIC", 1);

    put(t, 0xfee00000, 4);
    put(t, 1, 4);
    for (unsigned i = 0; i < m->n_cpus; i++)
        madt_cpu(t, i, m->apic_ids[i]);
    put(t, 1, 1);
    put(t, 12, 1);
    put(t, 0, 2);
    put(t, 0xfec00000, 4);
    put(t, 0, 4);
    madt_override(t, 0, 2, 0);
    for (unsigned i = 0; i < sizeof(level_lines); i++)
        madt_override(t, level_lines[i], level_lines[i], 0xd);  /* active high, level */
    put(t, 4, 1);                       /* NMI on LINT1 of every CPU */
    put(t, 6, 1);
    put(t, 0xff, 1);
    put(t, 0, 2);
    put(t, 1, 1);
    return t;
}

static GByteArray *hpet(void)
{
    GByteArray *t = table_new("HPET", 1);

    put(t, 0x8086a201, 4);
    put(t, 0, 4);
    put(t, 0xfed00000, 8);
    put(t, 0, 4);
    return t;
}

static GByteArray *mcfg(const struct acpi_machine *m)
{
    GByteArray *t = table_new("MCFG", 1);

    put(t, 0, 8);
    put(t, m->ecam_base, 8);
    put(t, 0, 3);
    put(t, 255, 1);
    put(t, 0, 4);
    return t;
}

static GByteArray *waet(void)
{
    GByteArray *t = table_new("WAET", 1);

    put(t, 2, 4);                       /* the PM timer needs to be read once only */
    return t;
}

/* Appends a finished table, 16-aligned; returns its address. Takes t. */
static uint64_t append(struct acpi_blob *b, uint64_t base, GByteArray *t)
{
    uint64_t at;

    while (b->bytes->len % 64)
        put(b->bytes, 0, 1);
    at = base + b->bytes->len;
    g_byte_array_append(b->bytes, t->data, t->len);
    g_byte_array_free(t, TRUE);
    return at;
}

static uint64_t append_table(struct acpi_blob *b, uint64_t base, GByteArray *t)
{
    table_end(t);
    return append(b, base, t);
}

static GByteArray *facs(void)
{
    GByteArray *t = g_byte_array_new();

    put_text(t, "FACS");
    put(t, 64, 4);
    put(t, 0, 56);
    return t;
}

static GByteArray *rsdp(uint32_t rsdt)
{
    GByteArray *t = g_byte_array_new();

    put_text(t, "RSD PTR ");
    put(t, 0, 1);
    put_text(t, "BOCHS ");
    put(t, 0, 1);
    put(t, rsdt, 4);
    set(t, 8, -sum(t->data, t->len), 1);
    return t;
}

GByteArray *acpi_build_dsdt(const struct acpi_machine *m)
{
    GByteArray *t = table_new("DSDT", 1), *body = dsdt_body(m);

    g_byte_array_append(t, body->data, body->len);
    g_byte_array_free(body, TRUE);
    table_end(t);
    return t;
}

void acpi_build(const struct acpi_machine *m, uint64_t base, struct acpi_blob *b)
{
    uint64_t tables[5], facs_at, dsdt_at, rsdt_at;
    GByteArray *rsdt;
    unsigned n = 0;

    b->bytes = g_byte_array_new();
    facs_at = append(b, base, facs());
    dsdt_at = append(b, base, acpi_build_dsdt(m));
    tables[n++] = append_table(b, base, fadt(m, facs_at, dsdt_at));
    tables[n++] = append_table(b, base, madt(m));
    if (m->hpet)
        tables[n++] = append_table(b, base, hpet());
    if (m->ecam_base)
        tables[n++] = append_table(b, base, mcfg(m));
    tables[n++] = append_table(b, base, waet());
    rsdt = table_new("RSDT", 1);
    for (unsigned i = 0; i < n; i++)
        put(rsdt, tables[i], 4);
    rsdt_at = append_table(b, base, rsdt);
    b->rsdp = append(b, base, rsdp(rsdt_at)) - base;
}

void acpi_blob_fini(struct acpi_blob *b)
{
    g_byte_array_free(b->bytes, TRUE);
}
