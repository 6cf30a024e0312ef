/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/pc.h"

/*
 * ACPI tables of the PC boards: what the board knows, beside what its devices tell, and how the tables reach the
 * guest: by fw_cfg, or in place with a direct boot
 *
 * Invariant: the tables lie in the last PC_ACPI_BYTES of RAM below 4 GiB, which e820 reserves.
 */

#include "core/dma.h"
#include "hw/acpi/script.h"
#include "hw/i386/acpi-parts.h"
#include "lib/bits.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What firmware moves: any thread. */
static void registers_read(struct pc *pc, struct acpi_machine *a)
{
    a->pm_base = pc->acpi.pm_base(pc);
    a->ecam_base = pc->acpi.ecam_base ? pc->acpi.ecam_base(pc) : 0;
}

void pc_acpi_describe(struct machine *m, struct acpi_parts *p)
{
    enum { PCI_MEMORY_LAST = 0xfebfffff };
    struct pc *pc = pc_of(m);
    const struct pc_acpi *fixed = &pc->acpi;
    struct acpi_machine *a = &p->machine;

    acpi_parts_find(m, p);
    a->chipset = fixed->chipset;
    a->pci_memory_first = pc->low_bytes;
    a->pci_memory_last = PCI_MEMORY_LAST;
    a->pci_memory64_first = 4 * PC_GIB + ((pc->high_bytes + PC_GIB - 1) & ~(PC_GIB - 1));
    a->pci_memory64_last = a->pci_memory64_first + fixed->hole64_bytes - 1;
    a->smm = fixed->smm;
    a->numa = fixed->numa;
    a->ram_below_4g = pc->low_bytes;
    a->ram_above_4g = pc->high_bytes;
    a->user = fixed->user;
    a->n_user = fixed->n_user;
    a->oem_id = fixed->oem_id;
    a->oem_table_id = fixed->oem_table_id;
    registers_read(pc, a);
}

/* Inside fw_cfg, on the thread of the access: of the machine it reads the bridge's registers only. */
static void files_build(void *opaque, struct acpi_build *b)
{
    struct machine *m = opaque;
    struct pc *pc = pc_of(m);
    struct acpi_tables t;

    registers_read(pc, &pc->acpi_parts->machine);
    acpi_tables_build(&pc->acpi_parts->machine, &t);
    acpi_tables_script(&t, b);
    acpi_tables_fini(&t);
}

void pc_acpi_find(struct machine *m)
{
    pc_acpi_describe(m, pc_of(m)->acpi_parts);
}

int pc_acpi_files(struct machine *m, struct error **err)
{
    struct pc *pc = pc_of(m);

    pc->acpi_parts = malloc(sizeof(*pc->acpi_parts));
    assert(pc->acpi_parts);
    pc_acpi_find(m);
    return acpi_files_new(m, files_build, m, err);
}

/* As the devices are at this moment. */
static void build(struct machine *m, struct acpi_blob *blob)
{
    struct acpi_parts *parts = malloc(sizeof(*parts));

    assert(parts);
    pc_acpi_describe(m, parts);
    acpi_build(&parts->machine, pc_of(m)->acpi_base, blob);
    free(parts);
}

int pc_acpi_prepare(struct machine *m, const struct board_config *cfg, const struct pc_acpi *fixed, struct error **err)
{
    enum { LATER = 16 << 10 };          /* more than what -device can add: 256 functions and some ports */
    struct pc *pc = pc_of(m);
    struct acpi_blob blob;
    guint bytes;

    pc->acpi = *fixed;
    pc->acpi.smm = cfg->smm;
    pc->acpi.numa = cfg->numa;
    pc->acpi.user = cfg->acpi_tables;
    pc->acpi.n_user = cfg->n_acpi_tables;
    pc->acpi.oem_id = cfg->oem_id;
    pc->acpi.oem_table_id = cfg->oem_table_id;
    pc->has_acpi = cfg->acpi;
    pc->acpi_base = pc->low_bytes - PC_ACPI_BYTES;
    if (!cfg->direct_boot || !cfg->acpi)
        return 0;
    build(m, &blob);
    bytes = blob.bytes->len;
    acpi_blob_fini(&blob);
    if (bytes > PC_ACPI_BYTES - LATER)
        return error_set(err, -EFBIG, ERROR_RANGE, "-numa and -acpitable", T("%u bytes of ACPI tables", bytes),
                         T("at most %d bytes with x-direct-boot", PC_ACPI_BYTES - LATER));
    return 0;
}

uint64_t pc_acpi_place(struct machine *m)
{
    const struct pc *pc = pc_of(m);
    struct acpi_blob blob;
    uint64_t rsdp;

    if (!pc->has_acpi)
        return 0;
    build(m, &blob);
    assert(blob.bytes->len <= PC_ACPI_BYTES);
    dma_write(&m->memory_as, pc->acpi_base, blob.bytes->data, blob.bytes->len);
    rsdp = pc->acpi_base + blob.rsdp;
    acpi_blob_fini(&blob);
    return rsdp;
}

/* The FACS comes first, since it is aligned most. */
uint32_t pc_acpi_waking_vector(struct machine *m)
{
    enum { FIRMWARE_WAKING_VECTOR = 12 };
    uint8_t facs[FIRMWARE_WAKING_VECTOR + 4];

    if (dma_read(&m->memory_as, pc_of(m)->acpi_base, facs, sizeof(facs)) != MEM_OK || memcmp(facs, "FACS", 4))
        return 0;
    return bits_load(facs + FIRMWARE_WAKING_VECTOR, 4);
}
