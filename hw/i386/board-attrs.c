/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/*
 * What QOM shows of /machine: the properties of -machine, as the board was built with them
 *
 * Parts that there may be or not say on or off where the reference may say auto.  Left out: properties of parts that
 * do not exist.
 */

#include "core/machine.h"
#include "object/attr.h"

#include <assert.h>
#include <stdlib.h>

static const struct board_config *config_of(const struct object *o)
{
    return ((const struct machine *)o)->board_config;
}

static struct json bool_get(const struct object *o, const struct attr *a)
{
    return json_bool(*(const bool *)((const char *)config_of(o) + a->arg));
}

static struct json part_get(const struct object *o, const struct attr *a)
{
    return json_string(*(const bool *)((const char *)config_of(o) + a->arg) ? "on" : "off");
}

static struct json text_get(const struct object *o, const struct attr *a)
{
    return json_string(*(const char *const *)((const char *)config_of(o) + a->arg));
}

/* -machine takes "off" for it. */
static struct json absent_get(const struct object *o, const struct attr *a)
{
    (void)o;
    (void)a;
    return json_bool(false);
}

static struct json firmware_get(const struct object *o, const struct attr *a)
{
    const char *bios = config_of(o)->bios;

    (void)a;
    return json_string(bios ? bios : config_of(o)->direct_boot ? "" : "bios-256k.bin");
}

static struct json oem_id_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return json_string(config_of(o)->oem_id ? config_of(o)->oem_id : "BOCHS ");
}

static struct json oem_table_id_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return json_string(config_of(o)->oem_table_id ? config_of(o)->oem_table_id : "BXPC    ");
}

static struct json smbios_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return json_string(config_of(o)->smbios_64 ? "64" : "32");
}

static struct json max_ram_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return json_uint(config_of(o)->max_ram_below_4g);
}

static struct json memory_get(const struct object *o, const struct attr *a)
{
    struct json memory = json_object();

    (void)a;
    json_set(&memory, "size", json_uint(config_of(o)->ram_bytes));
    return memory;
}

static struct json smp_get(const struct object *o, const struct attr *a)
{
    const struct cpu_topology *t = &config_of(o)->smp;
    struct json smp = json_object();

    (void)a;
    json_set(&smp, "cpus", json_int(t->cpus));
    json_set(&smp, "sockets", json_int(t->sockets));
    json_set(&smp, "dies", json_int(t->dies));
    json_set(&smp, "clusters", json_int(1));
    json_set(&smp, "cores", json_int(t->cores));
    json_set(&smp, "threads", json_int(t->threads));
    json_set(&smp, "maxcpus", json_int(t->max_cpus));
    return smp;
}

static struct json boot_get(const struct object *o, const struct attr *a)
{
    const struct boot_config *b = &config_of(o)->boot;
    struct json boot = json_object();

    (void)a;
    json_set(&boot, "order", json_string(b->order ? b->order : "cad"));
    if (b->once)
        json_set(&boot, "once", json_string(b->once));
    if (b->menu)
        json_set(&boot, "menu", json_bool(true));
    if (b->splash)
        json_set(&boot, "splash", json_string(b->splash));
    if (b->splash_ms >= 0)
        json_set(&boot, "splash-time", json_int(b->splash_ms));
    if (b->reboot_ms >= 0)
        json_set(&boot, "reboot-timeout", json_int(b->reboot_ms));
    if (b->strict)
        json_set(&boot, "strict", json_bool(true));
    return boot;
}

#define OF(m) .arg = offsetof(struct board_config, m)

void board_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque)
{
    static const struct attr attrs[] = {
        { "append", "string", "Linux kernel command line", .get = text_get, OF(append) },
        { "boot", "BootConfiguration", "what the firmware starts", .get = boot_get },
        { "dump-guest-core", "bool", "RAM in core dumps of the program", .get = bool_get, OF(dump_guest_core) },
        { "firmware", "string", "Firmware image", .get = firmware_get },
        { "graphics", "bool", "graphics output", .get = bool_get, OF(graphics) },
        { "initrd", "string", "Linux initial ramdisk file", .get = text_get, OF(initrd) },
        { "kernel", "string", "Linux kernel image file", .get = text_get, OF(kernel) },
        { "mem-merge", "bool", "the host may merge equal pages of RAM", .get = bool_get, OF(mem_merge) },
        { "memory", "MemorySizeConfiguration", "how much RAM", .get = memory_get },
        { "smp", "SMPConfiguration", "CPU topology", .get = smp_get },
        { "suppress-vmdesc", "bool", "a stream that does not describe itself", .get = absent_get },
        { "usb", "bool", "a USB controller", .get = absent_get },
        {}
    };

    (void)asked;
    ATTRS_EACH(attrs, fn, opaque);
}

void board_pc_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque)
{
    static const struct attr attrs[] = {
        { "acpi", "OnOffAuto", "ACPI tables, and on pc the power management chip", .get = part_get, OF(acpi) },
        { "default-bus-bypass-iommu", "bool", "bus 0 knows no IOMMU", .get = absent_get },
        { "hmat", "bool", "a table of how far memory is from CPUs (HMAT)", .get = bool_get, OF(hmat) },
        { "hpet", "bool", "a high precision event timer", .get = bool_get, OF(hpet) },
        { "i8042", "bool", "keyboard and mouse, and their controller", .get = bool_get, OF(i8042) },
        { "max-ram-below-4g", "size", "0: the machine's own rule", .get = max_ram_get },
        { "nvdimm", "bool", "NVDIMMs", .get = absent_get },
        { "pic", "OnOffAuto", "a pair of i8259 interrupt controllers", .get = part_get, OF(pic) },
        { "pit", "OnOffAuto", "an i8254 timer, and the speaker that it drives", .get = part_get, OF(pit) },
        { "sata", "bool", "a SATA controller", .get = absent_get },
        { "smbios-entry-point-type", "str", "SMBIOS 2.1 (32) or 3.0 (64)", .get = smbios_get },
        { "smbus", "bool", "an SMBus controller", .get = bool_get, OF(smbus) },
        { "smm", "OnOffAuto", "system management mode", .get = part_get, OF(smm) },
        { "vmport", "OnOffAuto", "the VMware port", .get = part_get, OF(vmport) },
        { "x-oem-id", "string", "OEMID of ACPI tables", .get = oem_id_get },
        { "x-oem-table-id", "string", "OEM Table ID of ACPI tables", .get = oem_table_id_get },
        {}
    };

    board_attrs(asked, fn, opaque);
    ATTRS_EACH(attrs, fn, opaque);
}

void board_config_keep(struct machine *m, const struct board_config *cfg)
{
    struct board_config *copy = malloc(sizeof(*copy));

    assert(copy);
    *copy = *cfg;
    free(m->board_config);
    m->board_config = copy;
}
