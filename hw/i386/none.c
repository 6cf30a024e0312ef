/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/*
 * none: the empty machine, on which tools ask what the program can do
 *
 * No device, no vCPU, and RAM from address 0 only as far as -m asks for it.  Nothing can be started on it.
 */

#include "hw/i386/numa.h"
#include "lib/error.h"
#include "lib/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct none {
    struct ram_block *block;
    struct region ram;
};

static void none_free(struct machine *m)
{
    struct none *b = m->board;

    if (b->block) {
        map_begin(&m->map);
        region_remove(&b->ram);
        map_end(&m->map);
        region_fini(&b->ram);
    }
    free(b);
}

/* What needs a CPU is refused or, where the reference takes it, said to have no effect. */
static int check(const struct board_config *cfg, struct error **err)
{
    static const char legal[] = "legal: with a machine that has CPUs";

    if (cfg->kernel)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-kernel", cfg->kernel, legal);
    if (cfg->n_fw_cfg)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-fw_cfg", cfg->fw_cfg[0].name, legal);
    if (cfg->numa)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-numa", T("%u nodes", cfg->numa->n_nodes), legal);
    if (cfg->bios || cfg->n_roms || cfg->n_acpi_tables)
        log_warn("machine none has no CPU: %s has no effect",
                 cfg->bios ? "-bios" : cfg->n_roms ? "-option-rom" : "-acpitable");
    return 0;
}

static int none_build(struct machine *m, const struct board_config *cfg, struct error **err)
{
    struct none *b = calloc(1, sizeof(*b));
    int r;

    assert(b);
    m->board = b;
    m->board_free = none_free;
    board_config_keep(m, cfg);
    r = check(cfg, err);
    if (r < 0 || !cfg->ram_asked)
        return r;
    b->block = cfg->n_ram ? cfg->ram[0] : NULL;
    if (b->block)
        machine_ram_borrow(m, b->block);
    else
        r = machine_ram_new(m, &(struct ram_config){ .name = "ram", .size = cfg->ram_bytes }, &b->block, err);
    if (r < 0)
        return r;
    region_init_ram(&b->ram, "ram", b->block, 0, cfg->ram_bytes);
    map_begin(&m->map);
    region_add(&m->memory, 0, &b->ram, 0);
    map_end(&m->map);
    return 0;
}

static const struct board_type none_type = {
    .type = { .name = "none-machine", .parent = "machine", .doc = "empty machine", .attrs = board_attrs,
              .state = &no_state },
    .name = "none",
    .ram_id = "ram",
    .version = 702,
    .max_cpus = 1,
    .build = none_build,
};
TYPE_IN(none_type, none_type.type);
