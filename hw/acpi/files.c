/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/files.h"

/*
 * ACPI tables on their way to firmware (see files.h)
 *
 * An object without registers, which has a section of its own: whether the tables that firmware got are those of
 * after the last reset.  Tables are filled up with zeros to 128 KiB, the script to 4 KiB, so that a table that grows
 * by some bytes changes nothing of a migration's layout.
 *
 * Invariant: all three files come from the same build.
 */

#include "core/machine.h"
#include "hw/nvram/fw-cfg.h"

#include <assert.h>
#include <errno.h>

enum { TABLES_STEP = 128 << 10, TABLES_MAX = 2 << 20, LOADER_STEP = 4096, RSDP_MAX = 4096 };

struct acpi_files {
    struct device dev;
    struct {
        uint8_t patched;        /* built since the last reset */
    } st;
    struct device *fw_cfg;
    void (*build)(void *opaque, struct acpi_build *b);
    void *opaque;
};

void acpi_build_init(struct acpi_build *b)
{
    b->tables = g_byte_array_new();
    b->rsdp = g_byte_array_new();
    acpi_loader_init(&b->loader);
}

void acpi_build_fini(struct acpi_build *b)
{
    g_byte_array_free(b->tables, TRUE);
    g_byte_array_free(b->rsdp, TRUE);
    acpi_loader_fini(&b->loader);
}

static const char *file_of(const struct acpi_build *b, const GByteArray *blob)
{
    assert(blob == b->tables || blob == b->rsdp);
    return blob == b->rsdp ? ACPI_FILE_RSDP : ACPI_FILE_TABLES;
}

void acpi_build_pointer(struct acpi_build *b, GByteArray *dest, uint32_t at, uint8_t size, uint32_t offset)
{
    assert(at + size <= dest->len);
    for (unsigned i = 0; i < size; i++)
        dest->data[at + i] = i < 4 ? offset >> 8 * i : 0;
    acpi_loader_add_pointer(&b->loader, file_of(b, dest), at, size, ACPI_FILE_TABLES);
}

void acpi_build_checksum(struct acpi_build *b, GByteArray *dest, uint32_t at, uint32_t start, uint32_t len)
{
    assert(start + len <= dest->len);
    dest->data[at] = 0;
    acpi_loader_add_checksum(&b->loader, file_of(b, dest), at, start, len);
}

static void fill_up(GByteArray *bytes, guint step)
{
    guint len = bytes->len;

    g_byte_array_set_size(bytes, (len + step - 1) / step * step);
    memset(bytes->data + len, 0, bytes->len - len);
}

/* The caller has b to end, also after an error. */
static int build(struct acpi_files *f, struct acpi_build *b, struct error **err)
{
    acpi_build_init(b);
    f->build(f->opaque, b);
    if (b->loader.full || b->tables->len > TABLES_MAX || b->rsdp->len > RSDP_MAX)
        return error_set(err, -E2BIG, ERROR_RANGE, "ACPI tables", T("%u bytes", b->tables->len),
                         T("up to %d bytes, in up to %d commands", TABLES_MAX, ACPI_LOADER_MAX / ACPI_COMMAND_BYTES));
    fill_up(b->tables, TABLES_STEP);
    fill_up(b->loader.commands, LOADER_STEP);
    return 0;
}

static void selected(void *opaque)
{
    struct acpi_files *f = opaque;
    struct acpi_build b;

    if (f->st.patched)
        return;
    f->st.patched = 1;
    if (!build(f, &b, NULL)) {
        fw_cfg_modify_file(f->fw_cfg, ACPI_FILE_TABLES, b.tables->data, b.tables->len, NULL);
        fw_cfg_modify_file(f->fw_cfg, ACPI_FILE_RSDP, b.rsdp->data, b.rsdp->len, NULL);
        fw_cfg_modify_file(f->fw_cfg, ACPI_FILE_LOADER, b.loader.commands->data, b.loader.commands->len, NULL);
    }
    acpi_build_fini(&b);
}

static int add(struct acpi_files *f, const char *name, const GByteArray *bytes, uint32_t max, struct error **err)
{
    return fw_cfg_add_file_ram(f->fw_cfg, name, bytes->data, bytes->len, max, selected, f, err);
}

static int files_add(struct acpi_files *f, const struct acpi_build *b, struct error **err)
{
    int r = add(f, ACPI_FILE_TABLES, b->tables, TABLES_MAX, err);

    if (!r)
        r = add(f, ACPI_FILE_LOADER, b->loader.commands, ACPI_LOADER_MAX, err);
    if (!r)
        r = add(f, ACPI_FILE_RSDP, b->rsdp, RSDP_MAX, err);
    return r ? r : fw_cfg_add_file(f->fw_cfg, "etc/tpm/log", "", 0, err);      /* of a TPM; here without one, too */
}

#define A struct acpi_files

static const struct field files_fields[] = {
    FIELD(A, "patched", patched),
    {}
};
static const struct section files_section = { "acpi_build", 1, 1, .fields = files_fields };

static const struct device_type files_type = {
    .type = { .name = "acpi-files", .parent = "device", .doc = "ACPI tables in fw_cfg", .internal = true,
              DEVICE(A), TYPE_STATE(A), .state = &files_section },
    .locking = LOCKING_NONE,
};
DEVICE_TYPE(files_type);

int acpi_files_new(struct machine *m, void (*build_fn)(void *opaque, struct acpi_build *b), void *opaque,
                   struct error **err)
{
    struct acpi_files *f = (struct acpi_files *)device_new(m, &files_type);
    struct acpi_build b;
    int r;

    f->fw_cfg = fw_cfg_find(m);
    f->build = build_fn;
    f->opaque = opaque;
    assert(f->fw_cfg);
    r = device_realize(&f->dev, NULL, "acpi-files", err);
    if (r < 0)
        return r;
    r = build(f, &b, err);
    if (!r)
        r = files_add(f, &b, err);
    acpi_build_fini(&b);
    return r;
}
