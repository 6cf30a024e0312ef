/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * Options with values that need reading: -machine, -m, -smp; and what options mean together
 *
 * Invariant: after config_check() every number in the configuration is one that the board can build.
 */

#include "lib/error.h"
#include "main/keyval.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MIB (1ull << 20)
/* What 40 physical address bits leave above the hole for the guest; sparse, so a host need not have it. */
#define RAM_MAX (1000ull << 30)

void config_defaults(struct config *c)
{
    c->board.ram_bytes = 128 * MIB;
    c->board.cpus = 1;
    c->board.hpet = c->board.smm = c->board.vmport = c->board.graphics = true;
}

static void machine_name_add(const struct board_type *b, void *opaque)
{
    char *legal = opaque;

    snprintf(legal + strlen(legal), 200 - strlen(legal), "%s%s", *legal ? ", " : "", b->alias ? b->alias : b->name);
}

static int machine_props(struct config *c, struct keyval *kv, struct error **err)
{
    const struct { const char *key; bool *val; } bools[] = {
        { "x-direct-boot", &c->board.direct_boot }, { "hpet", &c->board.hpet }, { "graphics", &c->board.graphics },
        { "smm", &c->board.smm }, { "vmport", &c->board.vmport },
    };
    const char *accel = keyval_take(kv, "accel");
    int r = 0;

    if (accel)
        c->machine_accel = strdup(accel);
    for (unsigned i = 0; i < sizeof(bools) / sizeof(bools[0]) && !r; i++)
        r = keyval_bool(kv, bools[i].key, bools[i].val, err);
    return r ? r : keyval_end(kv, "type, accel, x-direct-boot, hpet, graphics, smm, vmport", err);
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
    if (type) {
        c->board_type = board_find(type);
        if (!c->board_type) {
            char legal[200] = "";

            board_each(machine_name_add, legal);
            r = error_set(err, -ENOENT, ERROR_UNKNOWN, "-machine", type, legal);
        }
    }
    if (!r)
        r = machine_props(c, &kv, err);
    keyval_fini(&kv);
    return r;
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
    keyval_fini(&kv);
    return r;
}

/* What was not given is filled in: cores first, as machine types since 6.2 prefer. */
static int topology(struct board_config *b, unsigned max, struct error **err)
{
    if (!b->threads)
        b->threads = 1;
    if (!b->sockets && !b->cores) {
        b->sockets = 1;
        if (max % b->threads)
            goto odd;
        b->cores = max / b->threads;
    } else if (!b->cores) {
        if (max % (b->sockets * b->threads))
            goto odd;
        b->cores = max / (b->sockets * b->threads);
    } else if (!b->sockets) {
        if (max % (b->cores * b->threads))
            goto odd;
        b->sockets = max / (b->cores * b->threads);
    }
    if (b->cores && b->sockets * b->cores * b->threads == max)
        return 0;
odd:
    return error_set(err, -EINVAL, ERROR_RANGE, "-smp",
                     T("%u sockets, %u cores, %u threads for %u CPUs", b->sockets, b->cores, b->threads, max),
                     "sockets * cores * threads equal to the number of CPUs");
}

int option_smp(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    unsigned max = 0;
    struct { const char *key; unsigned *val;
    } numbers[] = {
        { "cpus", &c->board.cpus },   { "sockets", &c->board.sockets },
        { "cores", &c->board.cores }, { "threads", &c->board.threads },
        { "maxcpus", &max },
    };
    int r = keyval_parse(&kv, "-smp", value, "cpus", err);

    if (r < 0)
        return r;
    c->board.cpus = c->board.sockets = c->board.cores = c->board.threads = 0;
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !r; i++)
        r = keyval_number(&kv, numbers[i].key, 1, 288, numbers[i].val, err);
    if (!r)
        r = keyval_end(&kv, "cpus, sockets, cores, threads, maxcpus", err);
    keyval_fini(&kv);
    if (!c->board.cpus)
        c->board.cpus = (c->board.sockets ? c->board.sockets : 1) * (c->board.cores ? c->board.cores : 1) *
                        (c->board.threads ? c->board.threads : 1);
    if (!r && max && max != c->board.cpus)
        r = error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-smp maxcpus", T("%u", max),
                      "legal: the number of CPUs, as none can be plugged");
    return r;
}

int config_check(struct config *c, struct error **err)
{
    const struct board_type *b = c->board_type;
    int r;

    if (!b)
        return error_set(err, -EINVAL, ERROR_UNSUPPORTED, "-machine", "pc, the default,", "legal: -machine q35");
    if (c->board.cpus > b->max_cpus)
        return error_set(err, -ERANGE, ERROR_RANGE, "-smp cpus", T("%u", c->board.cpus),
                         T("1 to %u with -machine %s", b->max_cpus, b->name));
    r = topology(&c->board, c->board.cpus, err);
    if (r < 0)
        return r;
    if ((c->board.initrd || c->board.append) && !c->board.kernel)
        return error_set(err, -EINVAL, ERROR_STATE, c->board.initrd ? "-initrd" : "-append",
                         c->board.initrd ? c->board.initrd : c->board.append, "together with -kernel");
    return 0;
}
