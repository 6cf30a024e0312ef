/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -machine: the type of machine, and its properties
 */

#include "lib/error.h"
#include "lib/size.h"
#include "main/keyval.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1ull << 20)

static void machine_name_add(const struct board_type *b, void *opaque)
{
    char *legal = opaque;

    snprintf(legal + strlen(legal), 200 - strlen(legal), "%s%s", *legal ? ", " : "", b->alias ? b->alias : b->name);
}

static const struct machine_prop { const char *name; size_t off; bool has_auto; const char *doc; } machine_bools[] = {
    { "acpi", offsetof(struct config, board.acpi), true, "ACPI tables, and on pc the power management chip" },
    { "dump-guest-core", offsetof(struct config, board.dump_guest_core), false, "RAM in core dumps of the program" },
    { "graphics", offsetof(struct config, board.graphics), false, "graphics output" },
    { "hmat", offsetof(struct config, board.hmat), false, "a table of how far memory is from CPUs (HMAT)" },
    { "hpet", offsetof(struct config, board.hpet), false, "a high precision event timer" },
    { "i8042", offsetof(struct config, board.i8042), false, "keyboard and mouse, and their controller" },
    { "mem-merge", offsetof(struct config, board.mem_merge), false, "the host may merge equal pages of RAM" },
    { "pic", offsetof(struct config, board.pic), true, "a pair of i8259 interrupt controllers" },
    { "pit", offsetof(struct config, board.pit), true, "an i8254 timer, and the speaker that it drives" },
    { "smbus", offsetof(struct config, board.smbus), false, "an SMBus controller (q35)" },
    { "smm", offsetof(struct config, board.smm), true, "system management mode" },
    { "vmport", offsetof(struct config, board.vmport), true, "the VMware port" },
    { "x-direct-boot", offsetof(struct config, board.direct_boot), false, "start -kernel without firmware" },
};
enum { MACHINE_BOOLS = sizeof(machine_bools) / sizeof(machine_bools[0]) };

/* Another way to write an option, or a text of its own. max: characters; 0: any number. */
static const struct { const char *name; size_t off; unsigned max; const char *doc, *shown; }
machine_texts[MACHINE_STRINGS] = {
    { "append", offsetof(struct config, board.append), 0, "Linux kernel command line" },
    { "firmware", offsetof(struct config, board.bios), 0, "Firmware image" },
    { "initrd", offsetof(struct config, board.initrd), 0, "Linux initial ramdisk file" },
    { "kernel", offsetof(struct config, board.kernel), 0, "Linux kernel image file" },
    { "memory-backend", offsetof(struct config, memory_backend), 0, "ID of the memory backend that is its RAM",
      "link<memory-backend>" },
    { "x-oem-id", offsetof(struct config, board.oem_id), 6, "OEMID of ACPI tables" },
    { "x-oem-table-id", offsetof(struct config, board.oem_table_id), 8, "OEM Table ID of ACPI tables" },
};

/* What this version has not got may be switched off. */
static const char *const machine_absent[] = { "default-bus-bypass-iommu", "nvdimm", "sata", "suppress-vmdesc", "usb" };
enum { MACHINE_ABSENT = sizeof(machine_absent) / sizeof(machine_absent[0]) };

/* auto: on, as everything that these ask for is there. */
static int machine_bool(struct config *c, struct keyval *kv, const struct machine_prop *p, struct error **err)
{
    bool *val = (bool *)((char *)c + p->off);
    const char *value = keyval_take(kv, p->name);
    int r = 0;

    if (!value || !p->has_auto || strcmp(value, "auto"))
        r = keyval_bool(kv, p->name, val, err);
    else
        *val = true;
    if (value && val == &c->board.smm)
        c->smm_asked = *val && strcmp(value, "auto");
    return r;
}

static int max_ram_below_4g(struct config *c, struct keyval *kv, struct error **err)
{
    const char *value = keyval_take(kv, "max-ram-below-4g");
    uint64_t bytes = 0;
    int r = value ? size_parse(value, 1, &bytes) : 0;

    if (r == -EINVAL)
        return error_set(err, r, ERROR_SYNTAX, "-machine max-ram-below-4g", value, "a size: digits, then M or G");
    if (r || bytes > 4ull << 30 || bytes % MIB || (bytes && bytes < 8 * MIB))
        return error_set(err, -ERANGE, ERROR_RANGE, "-machine max-ram-below-4g", value,
                         "8M to 4G in whole MiB, or 0 for the machine's own rule");
    if (value)
        c->board.max_ram_below_4g = bytes;
    return 0;
}

/* Of version 2.1 or 3.0; what 32 and 64 are is the width of an address in it. */
static int machine_smbios(struct config *c, struct keyval *kv, struct error **err)
{
    const char *value = keyval_take(kv, "smbios-entry-point-type");

    if (!value)
        return 0;
    if (strcmp(value, "32") && strcmp(value, "64"))
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-machine smbios-entry-point-type", value, "32, 64");
    c->board.smbios_64 = !strcmp(value, "64");
    return 0;
}

static int machine_text(struct config *c, struct keyval *kv, unsigned n, struct error **err)
{
    const char *value = keyval_take(kv, machine_texts[n].name);

    if (!value)
        return 0;
    if (machine_texts[n].max && strlen(value) > machine_texts[n].max)
        return error_set(err, -ERANGE, ERROR_RANGE, T("-machine %s", machine_texts[n].name), value,
                         T("up to %u characters", machine_texts[n].max));
    config_string(&c->machine_strings[n], value);
    *(const char **)((char *)c + machine_texts[n].off) = c->machine_strings[n];
    return 0;
}

static int machine_absence(struct keyval *kv, const char *name, struct error **err)
{
    bool on = false;
    int r = keyval_bool(kv, name, &on, err);

    return r || !on ? r : error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, T("-machine %s", name), "on", "legal: off");
}

struct legal { char s[500]; };

static void legal_add(struct legal *l, const char *name)
{
    snprintf(l->s + strlen(l->s), sizeof(l->s) - strlen(l->s), ", %s", name);
}

static int machine_props(struct config *c, struct keyval *kv, struct error **err)
{
    const char *accel = keyval_take(kv, "accel"), *irqchip = keyval_take(kv, "kernel-irqchip");
    struct legal legal = { "type, accel, kernel-irqchip, max-ram-below-4g, smbios-entry-point-type" };
    int r = max_ram_below_4g(c, kv, err);

    if (!r)
        r = machine_smbios(c, kv, err);
    if (accel)
        config_string(&c->machine_accel, accel);
    if (irqchip)
        config_string(&c->kernel_irqchip, irqchip);
    for (unsigned i = 0; i < MACHINE_BOOLS && !r; i++) {
        r = machine_bool(c, kv, &machine_bools[i], err);
        legal_add(&legal, machine_bools[i].name);
    }
    for (unsigned i = 0; i < MACHINE_STRINGS && !r; i++) {
        r = machine_text(c, kv, i, err);
        legal_add(&legal, machine_texts[i].name);
    }
    for (unsigned i = 0; i < MACHINE_ABSENT && !r; i++)
        r = machine_absence(kv, machine_absent[i], err);
    return r ? r : keyval_end(kv, legal.s, err);
}

/* In the shape of -device TYPE,help. */
static void machine_props_list(const struct board_type *b)
{
    printf("%s options:\n", b->type.name);
    printf("  accel=<string>         - Accelerators to try, with colons between\n");
    printf("  kernel-irqchip=<string> - KVM's interrupt controllers: on, off, split\n");
    printf("  max-ram-below-4g=<size> - Maximum ram below the 4G boundary (32bit boundary)\n");
    printf("  smbios-entry-point-type=<str> - SMBIOS 2.1 (32) or 3.0 (64)\n");
    for (unsigned i = 0; i < MACHINE_BOOLS; i++) {
        const struct machine_prop *p = &machine_bools[i];

        printf("%-24s - %s\n", T("  %s=<%s>", p->name, p->has_auto ? "OnOffAuto" : "bool"), p->doc);
    }
    for (unsigned i = 0; i < MACHINE_STRINGS; i++)
        printf("%-24s - %s\n", T("  %s=<%s>", machine_texts[i].name,
                                 machine_texts[i].shown ? machine_texts[i].shown : "string"), machine_texts[i].doc);
}

static int machine_type(struct config *c, const char *type, struct error **err)
{
    char legal[200] = "";

    c->board_type = board_find(type);
    if (c->board_type)
        return 0;
    board_each(machine_name_add, legal);
    return error_set(err, -ENOENT, ERROR_UNKNOWN, "-machine", type, legal);
}

/* Names may be written with underscores. */
static void dashes(struct keyval *kv)
{
    for (unsigned i = 0; i < kv->n; i++)
        for (char *c = (char *)kv->pair[i].key; *c; c++)
            if (*c == '_')
                *c = '-';
}

int option_machine(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    const char *type, *help;
    int r;

    if (!strcmp(value, "help") || !strcmp(value, "?")) {
        list_machines();
        c->help_shown = true;
        return 0;
    }
    r = keyval_parse(&kv, "-machine", value, "type", err);
    if (r < 0)
        return r;
    dashes(&kv);
    help = keyval_take(&kv, "help");
    r = help ? 0 : keyval_no_flags(&kv, "PROP=VALUE", err);
    type = keyval_take(&kv, "type");
    if (!r)
        r = type ? machine_type(c, type, err) : 0;
    if (!r && c->board_type && help) {
        machine_props_list(c->board_type);
        c->help_shown = true;
    } else if (!r) {
        r = machine_props(c, &kv, err);
    }
    keyval_fini(&kv);
    return r;
}

