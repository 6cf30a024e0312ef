/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/script.h"

/*
 * Fixups as commands (see script.h)
 *
 * The order is the reference's: allocations of the root pointer, the generation id and the tables, then pointers
 * and checksums table by table.
 */

#include "hw/acpi/vmgenid.h"

static const char *const files[ACPI_BLOBS] = {
    [ACPI_TABLES] = ACPI_FILE_TABLES,
    [ACPI_RSDP] = ACPI_FILE_RSDP,
    [ACPI_VMGENID] = VMGENID_FILE_GUID,
};

static void allocate(const struct acpi_tables *t, struct acpi_loader *l)
{
    enum { TABLES_ALIGN = 64, RSDP_ALIGN = 16, PAGE = 4096 };
    bool vmgenid = false;

    for (guint i = 0; i < t->fixups->len; i++)
        vmgenid |= g_array_index(t->fixups, struct acpi_fixup, i).target == ACPI_VMGENID;
    acpi_loader_allocate(l, ACPI_FILE_TABLES, TABLES_ALIGN, ACPI_ZONE_HIGH);
    if (vmgenid)
        acpi_loader_allocate(l, VMGENID_FILE_GUID, PAGE, ACPI_ZONE_HIGH);
    acpi_loader_allocate(l, ACPI_FILE_RSDP, RSDP_ALIGN, ACPI_ZONE_F);
}

static void command(const struct acpi_fixup *f, struct acpi_loader *l)
{
    switch (f->kind) {
    case ACPI_POINTER:
        acpi_loader_add_pointer(l, files[f->in], f->at, f->size, files[f->target]);
        break;
    case ACPI_CHECKSUM:
        acpi_loader_add_checksum(l, files[f->in], f->at, f->start, f->len);
        break;
    case ACPI_TELL:
        acpi_loader_write_pointer(l, VMGENID_FILE_ADDR, f->at, f->size, files[f->target], f->start);
        break;
    }
}

static void take(GByteArray **from, GByteArray **to)
{
    g_byte_array_free(*to, TRUE);
    *to = *from;
    *from = NULL;
}

void acpi_tables_script(struct acpi_tables *t, struct acpi_build *b)
{
    allocate(t, &b->loader);
    for (guint i = 0; i < t->fixups->len; i++)
        command(&g_array_index(t->fixups, struct acpi_fixup, i), &b->loader);
    take(&t->blob[ACPI_TABLES], &b->tables);
    take(&t->blob[ACPI_RSDP], &b->rsdp);
}
