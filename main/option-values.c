/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -smp, and what options mean together
 *
 * Invariant: after config_check() every number in the configuration is one that the board can build.
 */

#include "hw/i386/numa.h"
#include "lib/error.h"
#include "lib/log.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void config_defaults(struct config *c)
{
    board_config_init(&c->board);
    c->board.smp = (struct cpu_topology){ 0 };  /* to be filled in by its rules */
    c->board.vga = VGA_STD;
    c->panic_action = PANIC_SHUTDOWN;
    c->escape_key = 'a' & 0x1f;
    smbios_config_init(&c->smbios);
    c->board.smbios = &c->smbios;
}

void config_string(char **to, const char *with)
{
    free(*to);
    *to = strdup(with);
    assert(*to);
}

void config_fini(struct config *c)
{
    const struct config_list *lists[] = {
        &c->data_dirs, &c->accels, &c->add_fds, &c->chardevs, &c->serials, &c->parallels, &c->debugcons,
        &c->monitors, &c->qmps, &c->qmp_pretties, &c->mons, &c->devices, &c->objects, &c->traces,
    };

    for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        free(lists[i]->item);
    free(c->machine_accel);
    free(c->kernel_irqchip);
    free(c->name);
    free(c->process_name);
    for (unsigned i = 0; i < MACHINE_STRINGS; i++)
        free(c->machine_strings[i]);
    config_fw_cfg_fini(c);
    config_globals_fini(c);
    config_roms_fini(c);
    smbios_config_fini(&c->smbios);
    config_boot_fini(c);
    acpi_tables_free(c);
    numa_free(c->board.numa);
    config_texts_fini(c);
}

static int smp_numbers(struct config *c, struct keyval *kv, struct error **err)
{
    struct cpu_topology *t = &c->board.smp;
    unsigned clusters = 1;
    const struct { const char *key; unsigned *val, max; } numbers[] = {
        { "cpus", &t->cpus, 288 },   { "sockets", &t->sockets, 288 }, { "dies", &t->dies, 288 },
        { "cores", &t->cores, 288 }, { "threads", &t->threads, 288 }, { "maxcpus", &t->max_cpus, 288 },
        { "clusters", &clusters, 1 },
    };
    int r = 0;

    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !r; i++) {
        const char *value = keyval_take(kv, numbers[i].key);

        r = keyval_number(kv, numbers[i].key, 0, numbers[i].max, numbers[i].val, err);
        c->smp_zero |= value && !r && !*numbers[i].val;
    }
    return r ? r : keyval_end(kv, "cpus, sockets, dies, cores, threads, maxcpus; clusters of 1", err);
}

int option_smp(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    int r = keyval_parse(&kv, "-smp", value, "cpus", err);

    if (r < 0)
        return r;
    r = keyval_no_flags(&kv, "PROP=VALUE", err);
    if (!r)
        r = smp_numbers(c, &kv, err);
    keyval_fini(&kv);
    return r;
}

int config_numa_check(struct config *c, struct error **err)
{
    if (!c->board.numa)
        return 0;
    if (c->memory_backend && numa_has_memdevs(c->board.numa))
        return error_set(err, -EINVAL, ERROR_STATE, "-machine memory-backend", c->memory_backend,
                         "without -numa node,memdev=");
    return numa_complete(c->board.numa, &c->board, c->board.hmat, err);
}

int config_check(struct config *c, struct error **err)
{
    const struct board_type *b = c->board_type = c->board_type ? c->board_type : board_default();
    int r;

    if (c->smp_zero)            /* and is then as if it had not been said */
        log_warn("warning: Deprecated CPU topology (considered invalid): CPU topology parameters must be greater than "
                 "zero");
    r = cpu_topology_complete(&c->board.smp, err);
    if (r < 0)
        return r;
    if (c->board.smp.max_cpus > b->max_cpus)
        return error_set(err, -ERANGE, ERROR_RANGE, c->board.smp.cpus > b->max_cpus ? "-smp cpus" : "-smp maxcpus",
                         T("%u", c->board.smp.max_cpus), T("1 to %u with -machine %s", b->max_cpus, b->name));
    r = config_memory_check(c, err);
    if (!r)
        r = config_keymap_check(c, err);
    if (r < 0)
        return r;
    if (!c->preconfig)
        r = config_numa_check(c, err);
    if (r < 0)
        return r;
    if ((c->no_defaults || config_places_vga(c)) && !c->vga_asked)
        c->board.vga = VGA_NONE;
    if (c->accels.n && c->machine_accel)
        return error_set(err, -EINVAL, ERROR_STATE, "-machine accel", c->machine_accel, "without -accel");
    if ((c->board.initrd || c->board.append) && !c->board.kernel)
        return error_set(err, -EINVAL, ERROR_STATE, c->board.initrd ? "-initrd" : "-append",
                         c->board.initrd ? c->board.initrd : c->board.append, "together with -kernel");
    return 0;
}
