/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * Options with values that need reading: -machine, -m, -smp, -name; and what options mean together
 *
 * Invariant: after config_check() every number in the configuration is one that the board can build.
 */

#include "hw/i386/numa.h"
#include "lib/error.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1ull << 20)
/* What 40 physical address bits leave above the hole for the guest; sparse, so a host need not have it. */
#define RAM_MAX (1000ull << 30)

void config_defaults(struct config *c)
{
    c->board.ram_bytes = 128 * MIB;
    c->board.cpus = 1;
    smbios_config_init(&c->smbios);
    c->board.smbios = &c->smbios;
    c->board.boot.splash_ms = c->board.boot.reboot_ms = -1;
    c->board.floppy_check = true;
    c->board.vga = VGA_STD;
    c->board.hpet = c->board.smm = c->board.vmport = c->board.graphics = true;
}

static void machine_name_add(const struct board_type *b, void *opaque)
{
    char *legal = opaque;

    snprintf(legal + strlen(legal), 200 - strlen(legal), "%s%s", *legal ? ", " : "", b->alias ? b->alias : b->name);
}

static const struct machine_prop { const char *name; size_t off; bool has_auto; const char *doc; } machine_bools[] = {
    { "graphics", offsetof(struct config, board.graphics), false, "graphics output" },
    { "hmat", offsetof(struct config, board.hmat), false, "a table of how far memory is from CPUs (HMAT)" },
    { "hpet", offsetof(struct config, board.hpet), false, "a high precision event timer" },
    { "smm", offsetof(struct config, board.smm), true, "system management mode" },
    { "vmport", offsetof(struct config, board.vmport), true, "the VMware port" },
    { "x-direct-boot", offsetof(struct config, board.direct_boot), false, "start -kernel without firmware" },
};
enum { MACHINE_BOOLS = sizeof(machine_bools) / sizeof(machine_bools[0]) };

static void replace(char **to, const char *with)
{
    free(*to);
    *to = strdup(with);
    assert(*to);
}

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
    int r = value ? prop_parse_size(value, 1, &bytes) : 0;

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

static int machine_props(struct config *c, struct keyval *kv, struct error **err)
{
    const char *accel = keyval_take(kv, "accel"), *irqchip = keyval_take(kv, "kernel-irqchip");
    char legal[200] = "type, accel, kernel-irqchip, max-ram-below-4g, smbios-entry-point-type";
    int r = max_ram_below_4g(c, kv, err);

    if (!r)
        r = machine_smbios(c, kv, err);
    if (accel)
        replace(&c->machine_accel, accel);
    if (irqchip)
        replace(&c->kernel_irqchip, irqchip);
    for (unsigned i = 0; i < MACHINE_BOOLS && !r; i++) {
        r = machine_bool(c, kv, &machine_bools[i], err);
        snprintf(legal + strlen(legal), sizeof(legal) - strlen(legal), ", %s", machine_bools[i].name);
    }
    return r ? r : keyval_end(kv, legal, err);
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

int option_machine(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    const char *type;
    int r;

    if (!strcmp(value, "help") || !strcmp(value, "?")) {
        list_machines();
        c->help_shown = true;
        return 0;
    }
    r = keyval_parse(&kv, "-machine", value, "type", err);
    if (r < 0)
        return r;
    type = keyval_take(&kv, "type");
    r = type ? machine_type(c, type, err) : 0;
    if (!r && c->board_type && keyval_take(&kv, "help")) {
        machine_props_list(c->board_type);
        c->help_shown = true;
    } else if (!r) {
        r = machine_props(c, &kv, err);
    }
    keyval_fini(&kv);
    return r;
}

/* guest= is what monitors show; threads always have names, so debug-threads= changes nothing. */
int option_name(struct config *c, const char *value, struct error **err)
{
    bool debug_threads;
    struct keyval kv;
    const char *guest;
    int r = keyval_parse(&kv, "-name", value, "guest", err);

    if (r < 0)
        return r;
    guest = keyval_take(&kv, "guest");
    r = keyval_bool(&kv, "debug-threads", &debug_threads, err);
    if (!r)
        r = keyval_end(&kv, "guest, debug-threads", err);
    if (!r && guest)
        replace(&c->name, guest);
    keyval_fini(&kv);
    return r;
}

void config_fini(struct config *c)
{
    free(c->machine_accel);
    free(c->kernel_irqchip);
    free(c->name);
    config_fw_cfg_fini(c);
    config_globals_fini(c);
    config_roms_fini(c);
    smbios_config_fini(&c->smbios);
    config_boot_fini(c);
    acpi_tables_free(c);
    numa_free(c->board.numa);
}

int option_memory(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    const char *size;
    uint64_t bytes = 0;
    int r = keyval_parse(&kv, "-m", value, "size", err);

    if (r < 0)
        return r;
    size = keyval_take(&kv, "size");
    r = size ? prop_parse_size(size, MIB, &bytes) : -EINVAL;
    if (r == -EINVAL)
        r = error_set(err, r, ERROR_SYNTAX, "-m", size ? size : value, "a size: digits, then M or G (MiB if bare)");
    else if (r || bytes < 8 * MIB || bytes > RAM_MAX)
        r = error_set(err, -ERANGE, ERROR_RANGE, "-m", size, "8M to 1000G");
    else
        r = keyval_end(&kv, "size", err);
    c->board.ram_bytes = (bytes + 8191) & ~8191ull;
    c->board.ram_asked = true;
    keyval_fini(&kv);
    return r;
}

static unsigned or_one(unsigned n)
{
    return n ? n : 1;
}

/* What was not given is filled in: cores first, as machine types since 6.2 prefer, threads last. */
static int topology(struct board_config *b, unsigned max, struct error **err)
{
    if (!b->cores) {
        b->sockets = or_one(b->sockets);
        b->threads = or_one(b->threads);
        b->cores = max / (b->sockets * b->threads);
    } else if (!b->sockets) {
        b->threads = or_one(b->threads);
        b->sockets = max / (b->cores * b->threads);
    }
    if (!b->threads)
        b->threads = max / (b->sockets * b->cores);
    if (b->sockets * b->cores * b->threads == max)
        return 0;
    return error_set(err, -EINVAL, ERROR_RANGE, "-smp",
                     T("%u sockets * %u cores * %u threads for %u CPUs", or_one(b->sockets), or_one(b->cores),
                       or_one(b->threads), max),
                     "sockets * cores * threads equal to the number of CPUs");
}

static int smp_numbers(struct board_config *b, struct keyval *kv, unsigned *maxcpus, struct error **err)
{
    unsigned dies, clusters;
    const struct { const char *key; unsigned *val, max; } numbers[] = {
        { "cpus", &b->cpus, 288 }, { "sockets", &b->sockets, 288 }, { "cores", &b->cores, 288 },
        { "threads", &b->threads, 288 }, { "maxcpus", maxcpus, 288 }, { "dies", &dies, 1 },
        { "clusters", &clusters, 1 },
    };
    int r = 0;

    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !r; i++)
        r = keyval_number(kv, numbers[i].key, 1, numbers[i].max, numbers[i].val, err);
    return r ? r : keyval_end(kv, "cpus, sockets, cores, threads, maxcpus; dies and clusters of 1", err);
}

int option_smp(struct config *c, const char *value, struct error **err)
{
    struct board_config *b = &c->board;
    struct keyval kv;
    unsigned max = 0;
    int r = keyval_parse(&kv, "-smp", value, "cpus", err);

    if (r < 0)
        return r;
    b->cpus = b->sockets = b->cores = b->threads = 0;
    r = smp_numbers(b, &kv, &max, err);
    keyval_fini(&kv);
    if (!b->cpus)
        b->cpus = max ? max : or_one(b->sockets) * or_one(b->cores) * or_one(b->threads);
    if (!r && max && max != b->cpus)
        r = error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-smp maxcpus", T("%u", max),
                      "legal: the number of CPUs, as none can be plugged");
    return r;
}

/* A VGA that the user places takes the place of the board's. */
static bool vga_is_a_device(const struct config *c)
{
    static const char *const types[] = { "VGA", "isa-vga" };

    for (unsigned i = 0; i < c->devices.n; i++)
        for (unsigned t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
            const char *spec = c->devices.item[i];
            size_t len = strlen(types[t]);

            spec += strncmp(spec, "driver=", 7) ? 0 : 7;
            if (!strncmp(spec, types[t], len) && (!spec[len] || spec[len] == ','))
                return true;
        }
    return false;
}

int config_check(struct config *c, struct error **err)
{
    const struct board_type *b = c->board_type = c->board_type ? c->board_type : board_find("pc");
    int r;

    if (c->board.cpus > b->max_cpus)
        return error_set(err, -ERANGE, ERROR_RANGE, "-smp cpus", T("%u", c->board.cpus),
                         T("1 to %u with -machine %s", b->max_cpus, b->name));
    r = topology(&c->board, c->board.cpus, err);
    if (r < 0)
        return r;
    if (c->board.numa)
        r = numa_complete(c->board.numa, &c->board, c->board.hmat, err);
    if (r < 0)
        return r;
    if ((c->no_defaults || vga_is_a_device(c)) && !c->vga_asked)
        c->board.vga = VGA_NONE;
    if (c->accels.n && c->machine_accel)
        return error_set(err, -EINVAL, ERROR_STATE, "-machine accel", c->machine_accel, "without -accel");
    if ((c->board.initrd || c->board.append) && !c->board.kernel)
        return error_set(err, -EINVAL, ERROR_STATE, c->board.initrd ? "-initrd" : "-append",
                         c->board.initrd ? c->board.initrd : c->board.append, "together with -kernel");
    return 0;
}
