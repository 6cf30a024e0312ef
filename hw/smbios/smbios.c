/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/smbios/smbios.h"

/*
 * SMBIOS tables of the PC machines: structures 0, 1, 2, 3, 4, 8, 11, 16, 17, 19, 32, 41, 127, and entry points
 * 2.8 and 3.0
 *
 * Values are those that the reference's guests read; a handle's high byte is its type, but for ports.
 * Reference: SMBIOS 3.0 (DSP0134), sections 5.2 and 7.  Left out: structure 38 (IPMI), caches.
 *
 * Invariant: a structure that the user gave whole is not built.
 */

#include "hw/nvram/fw-cfg.h"
#include "hw/smbios/structure.h"
#include "lib/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_ARRAY = 0x1000, CHASSIS = 0x300, NO_HANDLE = 0xffff, NO_ERROR_HANDLE = 0xfffe };
enum { TABLE21_MAX = 65535, ENTRY21_BYTES = 31, ENTRY30_BYTES = 24 };
#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define DIMM_BYTES (16ull << 30)

struct build {
    const struct smbios_machine *m;
    const struct smbios_config *c;
    struct smbios_writer w;
};

static const char *or(const char *s, const char *otherwise)
{
    return s ? s : otherwise;
}

static void bios(struct build *b)
{
    struct smbios_writer *w = &b->w;

    if (!b->c->bios.given)      /* firmware describes itself */
        return;
    smbios_open(w, 0, 0);
    smbios_put_string(w, b->c->bios.vendor);
    smbios_put_string(w, b->c->bios.version);
    smbios_put(w, 0xe800, 2);           /* its segment */
    smbios_put_string(w, b->c->bios.date);
    smbios_put(w, 0, 1);                /* 64 KiB */
    smbios_put(w, 1 << 3, 8);           /* no characteristics; the extended ones: ... */
    smbios_put(w, 0, 1);
    smbios_put(w, 0x14 | b->c->bios.uefi << 3, 1);      /* a virtual machine, targeted content distribution, UEFI */
    smbios_put(w, b->c->bios.major, 1);
    smbios_put(w, b->c->bios.minor, 1);
    smbios_put(w, 0xffff, 2);           /* no embedded controller */
    smbios_close(w);
}

static void put_uuid(struct build *b)
{
    uint8_t uuid[UUID_BYTES];

    memcpy(uuid, b->c->system.has_uuid ? b->c->system.uuid : b->m->uuid, sizeof(uuid));
    uuid_swap(uuid);
    smbios_put_bytes(&b->w, uuid, sizeof(uuid));
}

static void system_info(struct build *b)
{
    struct smbios_writer *w = &b->w;

    smbios_open(w, 1, 0x100);
    smbios_put_string(w, or(b->c->system.manufacturer, b->m->manufacturer));
    smbios_put_string(w, or(b->c->system.product, b->m->product));
    smbios_put_string(w, or(b->c->system.version, b->m->version));
    smbios_put_string(w, b->c->system.serial);
    put_uuid(b);
    smbios_put(w, 6, 1);                /* woken by the power switch */
    smbios_put_string(w, b->c->system.sku);
    smbios_put_string(w, b->c->system.family);
    smbios_close(w);
}

static void board(struct build *b)
{
    struct smbios_writer *w = &b->w;

    if (!b->c->board.given)
        return;
    smbios_open(w, 2, 0x200);
    smbios_put_string(w, or(b->c->board.manufacturer, b->m->manufacturer));
    smbios_put_string(w, or(b->c->board.product, b->m->product));
    smbios_put_string(w, or(b->c->board.version, b->m->version));
    smbios_put_string(w, b->c->board.serial);
    smbios_put_string(w, b->c->board.asset);
    smbios_put(w, 1, 1);                /* a hosting board */
    smbios_put_string(w, b->c->board.location);
    smbios_put(w, CHASSIS, 2);
    smbios_put(w, 0xa, 1);              /* a motherboard */
    smbios_put(w, 0, 1);
    smbios_close(w);
}

static void chassis(struct build *b)
{
    struct smbios_writer *w = &b->w;

    smbios_open(w, 3, CHASSIS);
    smbios_put_string(w, or(b->c->chassis.manufacturer, b->m->manufacturer));
    smbios_put(w, 1, 1);                /* other */
    smbios_put_string(w, or(b->c->chassis.version, b->m->version));
    smbios_put_string(w, b->c->chassis.serial);
    smbios_put_string(w, b->c->chassis.asset);
    smbios_put(w, 0x030303, 3);         /* safe: when it started, power supply, temperature */
    smbios_put(w, 2, 1);                /* security unknown */
    smbios_put(w, 0, 4 + 1 + 1 + 1 + 1);        /* OEM-defined, height, cords, contained elements */
    smbios_put_string(w, b->c->chassis.sku);
    smbios_close(w);
}

static uint8_t at_most_255(unsigned n)
{
    return n < 255 ? n : 255;
}

static void processor(struct build *b, unsigned n)
{
    unsigned cores = b->m->cores, threads = b->m->cores * b->m->threads;
    char *designation = g_strdup_printf("%s%2x", or(b->c->processor.socket, "CPU"), n);
    struct smbios_writer *w = &b->w;

    smbios_open(w, 4, 0x400 + n);
    smbios_put_string(w, designation);
    smbios_put(w, 3, 1);                /* a central processor */
    smbios_put(w, 1, 1);                /* of another family */
    smbios_put_string(w, or(b->c->processor.manufacturer, b->m->manufacturer));
    smbios_put(w, b->c->processor.id ? b->c->processor.id : b->m->cpu_id, 8);
    smbios_put_string(w, or(b->c->processor.version, b->m->version));
    smbios_put(w, 0, 1 + 2);            /* voltage, external clock */
    smbios_put(w, b->c->processor.max_speed, 2);
    smbios_put(w, b->c->processor.current_speed, 2);
    smbios_put(w, 0x41, 1);             /* populated, enabled */
    smbios_put(w, 1, 1);
    for (unsigned i = 0; i < 3; i++)
        smbios_put(w, NO_HANDLE, 2);    /* caches */
    smbios_put_string(w, b->c->processor.serial);
    smbios_put_string(w, b->c->processor.asset);
    smbios_put_string(w, b->c->processor.part);
    smbios_put(w, at_most_255(cores), 1);
    smbios_put(w, at_most_255(cores), 1);
    smbios_put(w, at_most_255(threads), 1);
    smbios_put(w, 2, 2);                /* characteristics unknown */
    smbios_put(w, 1, 2);
    if (b->m->entry_point_64) {
        smbios_put(w, cores, 2);
        smbios_put(w, cores, 2);
        smbios_put(w, threads, 2);
    }
    smbios_close(w);
    g_free(designation);
}

static void processors(struct build *b)
{
    for (unsigned i = 0; i < b->m->sockets; i++)
        processor(b, i);
}

static void ports(struct build *b)
{
    struct smbios_writer *w = &b->w;

    for (unsigned i = 0; i < b->c->n_ports; i++) {
        const struct smbios_port *p = &b->c->port[i];

        smbios_open(w, 8, i);
        smbios_put_string(w, p->internal);
        smbios_put(w, 0, 1);
        smbios_put_string(w, p->external);
        smbios_put(w, p->connector_type, 1);
        smbios_put(w, p->port_type, 1);
        smbios_close(w);
    }
}

static void oem_strings(struct build *b)
{
    struct smbios_writer *w = &b->w;

    if (!b->c->n_oem_strings)
        return;
    smbios_open(w, 11, 0xe00);
    smbios_put(w, b->c->n_oem_strings, 1);
    for (unsigned i = 0; i < b->c->n_oem_strings; i++)
        smbios_add_string(w, b->c->oem_string[i]);
    smbios_close(w);
}

static unsigned n_dimms(const struct build *b)
{
    return (b->m->ram_bytes + DIMM_BYTES - 1) / DIMM_BYTES;
}

static void memory_array(struct build *b)
{
    uint64_t kib = b->m->ram_bytes / KIB;
    struct smbios_writer *w = &b->w;

    smbios_open(w, 16, MEMORY_ARRAY);
    smbios_put(w, 1, 1);                /* somewhere else */
    smbios_put(w, 3, 1);                /* system memory */
    smbios_put(w, 6, 1);                /* multi-bit ECC */
    smbios_put(w, kib < 0x80000000 ? kib : 0x80000000, 4);
    smbios_put(w, NO_ERROR_HANDLE, 2);
    smbios_put(w, n_dimms(b), 2);
    smbios_put(w, kib < 0x80000000 ? 0 : b->m->ram_bytes, 8);
    smbios_close(w);
}

static void memory_device(struct build *b, unsigned n, uint64_t bytes)
{
    char *locator = g_strdup_printf("%s %u", or(b->c->memory.locator, "DIMM"), n);
    struct smbios_writer *w = &b->w;

    smbios_open(w, 17, 0x1100 + n);
    smbios_put(w, MEMORY_ARRAY, 2);
    smbios_put(w, NO_ERROR_HANDLE, 2);
    smbios_put(w, 0xffff, 2);           /* widths unknown */
    smbios_put(w, 0xffff, 2);
    smbios_put(w, bytes / MIB, 2);      /* at most 16 GiB, which fits */
    smbios_put(w, 9, 1);                /* DIMM */
    smbios_put(w, 0, 1);
    smbios_put_string(w, locator);
    smbios_put_string(w, b->c->memory.bank);
    smbios_put(w, 7, 1);                /* RAM */
    smbios_put(w, 2, 2);
    smbios_put(w, b->c->memory.speed, 2);
    smbios_put_string(w, or(b->c->memory.manufacturer, b->m->manufacturer));
    smbios_put_string(w, b->c->memory.serial);
    smbios_put_string(w, b->c->memory.asset);
    smbios_put_string(w, b->c->memory.part);
    smbios_put(w, 0, 1 + 4);            /* attributes, extended size */
    smbios_put(w, b->c->memory.speed, 2);
    smbios_put(w, 0, 2 + 2 + 2);        /* voltages */
    smbios_close(w);
    g_free(locator);
}

static void memory_devices(struct build *b)
{
    uint64_t left = b->m->ram_bytes;

    for (unsigned i = 0; i < n_dimms(b); i++) {
        uint64_t bytes = left < DIMM_BYTES ? left : DIMM_BYTES;

        memory_device(b, i, bytes);
        left -= bytes;
    }
}

static void memory_addresses(struct build *b)
{
    struct smbios_writer *w = &b->w;

    for (unsigned i = 0; i < b->m->n_ram; i++) {
        const struct smbios_range *r = &b->m->ram[i];
        uint64_t first = r->base / KIB, last = (r->base + r->bytes - 1) / KIB;
        bool fits = first < UINT32_MAX && last < UINT32_MAX;

        smbios_open(w, 19, 0x1300 + i);
        smbios_put(w, fits ? first : UINT32_MAX, 4);
        smbios_put(w, fits ? last : UINT32_MAX, 4);
        smbios_put(w, MEMORY_ARRAY, 2);
        smbios_put(w, 1, 1);            /* one device wide */
        smbios_put(w, fits ? 0 : r->base, 8);
        smbios_put(w, fits ? 0 : r->base + r->bytes - 1, 8);
        smbios_close(w);
    }
}

static void boot_status(struct build *b)
{
    smbios_open(&b->w, 32, 0x2000);
    smbios_put(&b->w, 0, 6 + 1);        /* reserved; no errors */
    smbios_close(&b->w);
}

static int onboard_devices(struct build *b, struct error **err)
{
    enum { ENABLED = 0x80 };
    struct smbios_writer *w = &b->w;

    for (unsigned i = 0; i < b->c->n_onboard; i++) {
        const struct smbios_onboard *o = &b->c->onboard[i];
        uint16_t address = 0;

        if (o->pcidev && !(b->m->pci_find && b->m->pci_find(b->m->opaque, o->pcidev, &address)))
            return error_set(err, -ENODEV, ERROR_UNKNOWN, "-smbios type=41 pcidev", o->pcidev,
                             "the id of a PCI device");
        smbios_open(w, 41, 0x2900 + i);
        smbios_put_string(w, o->designation);
        smbios_put(w, ENABLED | o->kind, 1);
        smbios_put(w, o->instance, 1);
        smbios_put(w, 0, 2);            /* PCI segment */
        smbios_put(w, address >> 8, 1);
        smbios_put(w, address, 1);
        smbios_close(w);
    }
    return 0;
}

static void end(struct build *b)
{
    smbios_open(&b->w, 127, 0x7f00);
    smbios_close(&b->w);
}

static int structures(struct build *b, struct error **err)
{
    static const struct { uint8_t type; void (*fn)(struct build *b); } all[] = {
        { 0, bios }, { 1, system_info }, { 2, board }, { 3, chassis }, { 4, processors }, { 8, ports },
        { 11, oem_strings }, { 16, memory_array }, { 17, memory_devices }, { 19, memory_addresses },
        { 32, boot_status },
    };
    int r = 0;

    for (unsigned i = 0; i < b->c->n_blobs; i++)
        smbios_append(&b->w, b->c->blob[i].bytes, b->c->blob[i].len);
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (!smbios_bit(b->c->blobs, all[i].type))
            all[i].fn(b);
    if (!smbios_bit(b->c->blobs, 41))
        r = onboard_devices(b, err);
    end(b);
    return r;
}

/* Address and checksums are firmware's to fill in. */
static void anchor21(GByteArray *a, const struct smbios_writer *w)
{
    struct smbios_writer out;

    smbios_writer_init(&out, a);
    smbios_put_bytes(&out, (const uint8_t *)"_SM_", 4);
    smbios_put(&out, 0, 1);
    smbios_put(&out, ENTRY21_BYTES, 1);
    smbios_put(&out, 2, 1);
    smbios_put(&out, 8, 1);
    smbios_put(&out, w->longest, 2);
    smbios_put(&out, 0, 1 + 5);
    smbios_put_bytes(&out, (const uint8_t *)"_DMI_", 5);
    smbios_put(&out, 0, 1);
    smbios_put(&out, w->table->len, 2);
    smbios_put(&out, 0, 4);
    smbios_put(&out, w->count, 2);
    smbios_put(&out, 0x28, 1);
    smbios_writer_fini(&out);
}

static void anchor30(GByteArray *a, const struct smbios_writer *w)
{
    struct smbios_writer out;

    smbios_writer_init(&out, a);
    smbios_put_bytes(&out, (const uint8_t *)"_SM3_", 5);
    smbios_put(&out, 0, 1);
    smbios_put(&out, ENTRY30_BYTES, 1);
    smbios_put(&out, 3, 1);
    smbios_put(&out, 0, 1 + 1);
    smbios_put(&out, 1, 1);
    smbios_put(&out, 0, 1);
    smbios_put(&out, w->table->len, 4);
    smbios_put(&out, 0, 8);
    smbios_writer_fini(&out);
}

int smbios_build(const struct smbios_machine *m, const struct smbios_config *c, struct smbios_tables *t,
                 struct error **err)
{
    struct build b = { .m = m, .c = c };
    int r;

    *t = (struct smbios_tables){ .anchor = g_byte_array_new(), .table = g_byte_array_new() };
    smbios_writer_init(&b.w, t->table);
    r = structures(&b, err);
    if (!r && !m->entry_point_64 && t->table->len > TABLE21_MAX)
        r = error_set(err, -E2BIG, ERROR_RANGE, "SMBIOS 2.1 table", T("%u bytes", t->table->len),
                      T("up to %d bytes, or more with -machine smbios-entry-point-type=64", TABLE21_MAX));
    if (!r)
        (m->entry_point_64 ? anchor30 : anchor21)(t->anchor, &b.w);
    smbios_writer_fini(&b.w);
    return r;
}

void smbios_tables_fini(struct smbios_tables *t)
{
    g_byte_array_free(t->anchor, TRUE);
    g_byte_array_free(t->table, TRUE);
    *t = (struct smbios_tables){ 0 };
}

int smbios_add(struct device *fw_cfg, const struct smbios_machine *m, const struct smbios_config *c,
               struct error **err)
{
    struct smbios_tables t;
    int r = smbios_build(m, c, &t, err);

    if (!r)
        r = fw_cfg_add_file(fw_cfg, "etc/smbios/smbios-tables", t.table->data, t.table->len, err);
    if (!r)
        r = fw_cfg_add_file(fw_cfg, "etc/smbios/smbios-anchor", t.anchor->data, t.anchor->len, err);
    smbios_tables_fini(&t);
    return r;
}

void smbios_config_init(struct smbios_config *c)
{
    *c = (struct smbios_config){ .processor = { .max_speed = 2000, .current_speed = 2000 },
                                 .strings = g_string_chunk_new(256) };
}

void smbios_config_fini(struct smbios_config *c)
{
    for (unsigned i = 0; i < c->n_blobs; i++)
        free(c->blob[i].bytes);
    if (c->strings)
        g_string_chunk_free(c->strings);
    *c = (struct smbios_config){ 0 };
}
