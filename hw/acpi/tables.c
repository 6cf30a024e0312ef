/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/tables.h"

/*
 * ACPI tables: their order, the small ones, and what puts them right
 *
 * Layouts: ACPI 3.0 chapter 5; IA-PC HPET 1.0a section 3.2.4; PCI Firmware 3.0 section 4.1.2; WAET 1.0.
 * Order, contents and the way that fixups follow each other are what the reference's firmware gets.
 * Invariant: a table's checksum comes after everything that changes the table.
 */

#include "hw/acpi/dsdt.h"
#include "hw/acpi/table.h"
#include "hw/i386/numa.h"

#include <assert.h>
#include <string.h>

enum { TABLES_MAX = 64, RSDP_BYTES = 20 };

/* What the root table lists. */
struct root { uint32_t at[TABLES_MAX]; unsigned n; };

static void list(struct root *r, const struct acpi_tables *t)
{
    assert(r->n < TABLES_MAX);
    r->at[r->n++] = t->blob[ACPI_TABLES]->len;
}

static uint32_t facs_write(struct acpi_tables *t)
{
    GByteArray *b = t->blob[ACPI_TABLES];
    uint32_t start = b->len;

    table_put_text(b, "FACS", 4);
    table_put(b, 64, 4);
    table_put_text(b, "", 56);
    return start;
}

static uint32_t dsdt_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    uint32_t start = table_begin(m, t, "DSDT", 1);
    GByteArray *body = dsdt_body(m);

    g_byte_array_append(t->blob[ACPI_TABLES], body->data, body->len);
    g_byte_array_free(body, TRUE);
    table_end(t, start);
    return start;
}

/* The generation id's page is the guest's: its address goes into the SSDT, and to the device. */
static void vmgenid_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    enum { GUID_OFFSET = 40, HEADER = 36 };
    struct acpi_machine named = *m;
    struct acpi_fixup tell = { .kind = ACPI_TELL, .in = ACPI_VMGENID, .target = ACPI_VMGENID, .start = GUID_OFFSET,
                               .size = 8 };
    struct acpi_fixup address = { .kind = ACPI_POINTER, .in = ACPI_TABLES, .target = ACPI_VMGENID, .size = 4 };
    uint32_t start, at;
    GByteArray *body = vmgenid_body(&at);

    named.oem_table_id = "VMGENID";
    start = table_begin(&named, t, "SSDT", 1);
    address.at = start + HEADER + at;
    g_array_append_val(t->fixups, tell);
    g_array_append_val(t->fixups, address);
    g_byte_array_append(t->blob[ACPI_TABLES], body->data, body->len);
    g_byte_array_free(body, TRUE);
    table_end(t, start);
}

static void hpet_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    uint32_t start = table_begin(m, t, "HPET", 1);
    GByteArray *b = t->blob[ACPI_TABLES];

    table_put(b, 0x8086a201, 4);
    table_put(b, 0, 4);
    table_put(b, 0xfed00000, 8);
    table_put(b, 0, 4);
    table_end(t, start);
}

static void mcfg_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    uint32_t start = table_begin(m, t, "MCFG", 1);
    GByteArray *b = t->blob[ACPI_TABLES];

    table_put(b, 0, 8);
    table_put(b, m->ecam_base, 8);
    table_put(b, 0, 3);
    table_put(b, 255, 1);
    table_put(b, 0, 4);
    table_end(t, start);
}

static void waet_write(const struct acpi_machine *m, struct acpi_tables *t)
{
    uint32_t start = table_begin(m, t, "WAET", 1);

    table_put(t->blob[ACPI_TABLES], 2, 4);              /* the PM timer needs to be read once only */
    table_end(t, start);
}

/* Nothing in it points anywhere, so that its checksum can be made at once. */
static void user_write(const struct acpi_user_table *u, struct acpi_tables *t)
{
    enum { CHECKSUM = 9 };
    GByteArray *b = t->blob[ACPI_TABLES];
    uint32_t start = b->len;
    uint8_t sum = 0;

    g_byte_array_append(b, u->bytes, u->len);
    for (uint32_t i = 0; i < u->len; i++)
        sum += u->bytes[i];
    b->data[start + CHECKSUM] -= sum;
}

/* Windows looks for the maker of a SLIC in the RSDT and the FADT: who brings one gets its ids there. */
static struct acpi_machine licensed(const struct acpi_machine *m)
{
    enum { OEM_ID = 10, OEM_TABLE_ID = 16 };
    struct acpi_machine named = *m;

    for (unsigned i = 0; i < m->n_user; i++)
        if (!memcmp(m->user[i].bytes, "SLIC", 4)) {
            named.oem_id = (const char *)m->user[i].bytes + OEM_ID;
            named.oem_table_id = (const char *)m->user[i].bytes + OEM_TABLE_ID;
        }
    return named;
}

static void numa_write(const struct acpi_machine *m, struct acpi_tables *t, struct root *r)
{
    if (!m->numa || !m->numa->n_nodes)
        return;
    list(r, t);
    srat_write(m, t);
    if (m->numa->has_distances) {
        list(r, t);
        slit_write(m, t);
    }
    if (m->numa->hmat) {
        list(r, t);
        hmat_write(m, t);
    }
}

/* Everything that the root table lists, in the reference's order. */
static void listed_write(const struct acpi_machine *m, struct acpi_tables *t, struct root *r)
{
    uint32_t facs = facs_write(t), dsdt = dsdt_write(m, t);
    struct acpi_machine named = licensed(m);

    list(r, t);
    fadt_write(&named, t, facs, dsdt);
    list(r, t);
    madt_write(m, t);
    if (m->vmgenid) {
        list(r, t);
        vmgenid_write(m, t);
    }
    if (m->hpet) {
        list(r, t);
        hpet_write(m, t);
    }
    numa_write(m, t, r);
    if (m->ecam_base) {
        list(r, t);
        mcfg_write(m, t);
    }
    list(r, t);
    waet_write(m, t);
    for (unsigned i = 0; i < m->n_user; i++) {
        list(r, t);
        user_write(&m->user[i], t);
    }
}

static void rsdp_write(const struct acpi_machine *m, struct acpi_tables *t, uint32_t rsdt)
{
    GByteArray *b = t->blob[ACPI_RSDP];

    table_put_text(b, "RSD PTR ", 8);
    table_put(b, 0, 1);
    table_put_text(b, m->oem_id ? m->oem_id : "BOCHS ", 6);
    table_put(b, 0, 1);
    table_put_pointer(t, ACPI_RSDP, ACPI_TABLES, rsdt, 4);
    table_checksum(t, ACPI_RSDP, 8, 0, RSDP_BYTES);
}

void acpi_tables_build(const struct acpi_machine *m, struct acpi_tables *t)
{
    struct acpi_machine named = licensed(m);
    struct root r = { .n = 0 };
    uint32_t start;

    *t = (struct acpi_tables){ .fixups = g_array_new(FALSE, FALSE, sizeof(struct acpi_fixup)) };
    t->blob[ACPI_TABLES] = g_byte_array_new();
    t->blob[ACPI_RSDP] = g_byte_array_new();
    listed_write(m, t, &r);
    start = table_begin(&named, t, "RSDT", 1);
    for (unsigned i = 0; i < r.n; i++)
        table_put_pointer(t, ACPI_TABLES, ACPI_TABLES, r.at[i], 4);
    table_end(t, start);
    rsdp_write(m, t, start);
}

void acpi_tables_fini(struct acpi_tables *t)
{
    for (unsigned i = 0; i < ACPI_BLOBS; i++)
        if (t->blob[i])
            g_byte_array_free(t->blob[i], TRUE);
    g_array_free(t->fixups, TRUE);
}

static void pointer_apply(GByteArray *b, const struct acpi_fixup *f, uint64_t base)
{
    uint64_t val = 0;

    for (unsigned i = f->size; i--;)
        val = val << 8 | b->data[f->at + i];
    val += base;
    for (unsigned i = 0; i < f->size; i++)
        b->data[f->at + i] = val >> 8 * i;
}

static void checksum_apply(GByteArray *b, const struct acpi_fixup *f)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < f->len; i++)
        sum += b->data[f->start + i];
    b->data[f->at] -= sum;
}

void acpi_tables_place(struct acpi_tables *t, const uint64_t base[ACPI_BLOBS])
{
    for (guint i = 0; i < t->fixups->len; i++) {
        const struct acpi_fixup *f = &g_array_index(t->fixups, struct acpi_fixup, i);

        if (f->kind == ACPI_POINTER)
            pointer_apply(t->blob[f->in], f, base[f->target]);
        else if (f->kind == ACPI_CHECKSUM)
            checksum_apply(t->blob[f->in], f);
    }
}

void acpi_build(const struct acpi_machine *m, uint64_t base, struct acpi_blob *blob)
{
    enum { RSDP_ALIGN = 16 };
    struct acpi_tables t;
    GByteArray *all;

    acpi_tables_build(m, &t);
    all = t.blob[ACPI_TABLES];
    blob->rsdp = (all->len + RSDP_ALIGN - 1) & ~(RSDP_ALIGN - 1u);
    acpi_tables_place(&t, (uint64_t[ACPI_BLOBS]){ base, base + blob->rsdp, 0 });
    table_put_text(all, "", blob->rsdp - all->len);
    g_byte_array_append(all, t.blob[ACPI_RSDP]->data, RSDP_BYTES);
    blob->bytes = all;
    t.blob[ACPI_TABLES] = NULL;
    acpi_tables_fini(&t);
}

void acpi_blob_fini(struct acpi_blob *b)
{
    g_byte_array_free(b->bytes, TRUE);
}
