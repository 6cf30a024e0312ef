/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A machine whose memory is dumped: RAM at 0 with a hole of no memory in it, RAM above, ROM below 4 GiB; CPUs that
 * stand; the commands, and their events, as JSON
 */

#include "dump/dump.h"
#include "lib/epoch.h"
#include "qapi/event.h"
#include "qapi/json-parse.h"
#include "qapi/qapi-commands.h"
#include "tests/unit/machine-ram.h"
#include "tests/unit/stand-accel.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RIG_RAM = 4 << 20, RIG_HOLE = 0xa0000, RIG_HOLE_END = 0xc0000, RIG_ROM = 64 << 10 };
#define RIG_ROM_AT (0x100000000ull - RIG_ROM)

static struct {
    struct loop *loop;
    struct machine *m;
    struct accel accel;
    struct ram_block *ram, *rom;
    struct region low, high, top;
    struct qapi_sink sink;
    struct qapi_listener listener;
    GString *events;            /* each with its data, in a line of its own */
    bool done;
    char said[800];             /* the failure of the last command; "" */
    struct json got;            /* its reply */
    char path[64];
} rig;

static inline uint64_t rig_no_time(void)
{
    return 0;
}

static inline void rig_event(struct qapi_listener *l, const struct json *event)
{
    const struct json *data = json_get(event, "data");
    GString *text = g_string_new(NULL);

    if (data)
        json_print(data, JSON_COMPACT, text);
    g_string_append_printf(rig.events, "%s %s\n", json_get_string(event, "event"), text->str);
    g_string_free(text, true);
}

static inline void rig_region(struct region *r, uint64_t at, const char *name, struct ram_block *b, uint64_t offset,
                              uint64_t size, bool rom)
{
    (rom ? region_init_rom : region_init_ram)(r, name, b, offset, size);
    region_map(rig.m, &rig.m->memory, at, r, 0);
}

static inline struct ram_block *rig_block(const char *name, uint64_t size)
{
    struct ram_config cfg = { .name = name, .size = size };
    struct ram_block *b;

    CHECK(!machine_ram_new(rig.m, &cfg, &b, NULL));
    return b;
}

/* with_rom: without it, memory ends below 4 GiB. */
static inline void rig_init(unsigned cpus, bool with_rom)
{
    static const struct accel_ops ops = { STAND_OPS };

    CHECK(!loop_new(&rig.loop, NULL) && !machine_new(rig.loop, 702, &rig.m, NULL));
    rig.accel = (struct accel){ .ops = &ops, .machine = rig.m };
    rig.m->accel = &rig.accel;
    rig.m->vcpus = calloc(cpus + 1, sizeof(*rig.m->vcpus));
    for (unsigned i = 0; i < cpus; i++, rig.m->n_vcpus++)
        CHECK(!vcpu_new(rig.m, i, i, NULL, &rig.m->vcpus[i], NULL));
    rig.ram = rig_block("ram", RIG_RAM);
    rig_region(&rig.low, 0, "low", rig.ram, 0, RIG_HOLE, false);
    rig_region(&rig.high, RIG_HOLE_END, "high", rig.ram, RIG_HOLE_END, RIG_RAM - RIG_HOLE_END, false);
    if (with_rom) {
        rig.rom = rig_block("rom", RIG_ROM);
        rig_region(&rig.top, RIG_ROM_AT, "top", rig.rom, 0, RIG_ROM, true);
    }
    qapi_sink_init(&rig.sink);
    rig.sink.wall_ns = rig.sink.now_ns = rig_no_time;
    rig.listener.event = rig_event;
    qapi_sink_add(&rig.sink, &rig.listener);
    rig.events = g_string_new(NULL);
    dump_new(rig.m);
    snprintf(rig.path, sizeof(rig.path), "/tmp/rhea-dump-XXXXXX");
    close(mkstemp(rig.path));
    unlink(rig.path);
}

static inline void rig_fini(void)
{
    unlink(rig.path);
    dump_free(rig.m);
    region_drop(rig.m, &rig.low);
    region_drop(rig.m, &rig.high);
    if (rig.rom)
        region_drop(rig.m, &rig.top);
    machine_free(rig.m);
    loop_free(rig.loop);
    qapi_sink_remove(&rig.sink, &rig.listener);
    qapi_sink_fini(&rig.sink);
    g_string_free(rig.events, true);
    json_fini(&rig.got);
    memset(&rig, 0, sizeof(rig));
}

static inline struct x86_state *rig_cpu(unsigned i)
{
    return rig.m->vcpus[i]->accel;
}

static inline void rig_done(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    rig.done = true;
    json_fini(&rig.got);
    if (ret) {
        rig.got = *ret;
        *ret = (struct json){ 0 };
    }
    snprintf(rig.said, sizeof(rig.said), "%s", fault ? fault->desc : "");
}

static inline int rig_dump(struct qapi_ctx *ctx, void *arg, void *ret, struct error **err)
{
    return qmp_dump_guest_memory(ctx, arg, err);
}

static inline int rig_pmemsave(struct qapi_ctx *ctx, void *arg, void *ret, struct error **err)
{
    return qmp_pmemsave(ctx, arg, err);
}

static inline int rig_memsave(struct qapi_ctx *ctx, void *arg, void *ret, struct error **err)
{
    return qmp_memsave(ctx, arg, err);
}

static inline int rig_query_dump(struct qapi_ctx *ctx, void *arg, void *ret, struct error **err)
{
    return qmp_query_dump(ctx, ret, err);
}

/* The generated table names the handlers of all folders; these are the lines of it that count here. */
static const struct qapi_command rig_commands[] = {
    { .name = "dump-guest-memory", .call = rig_dump, .arg = &qapi_type_dump_guest_memory_arg },
    { .name = "pmemsave", .call = rig_pmemsave, .arg = &qapi_type_pmemsave_arg },
    { .name = "memsave", .call = rig_memsave, .arg = &qapi_type_memsave_arg },
    { .name = "query-dump", .call = rig_query_dump, .ret = &qapi_type_dump_query_result },
};

/* The command is started, and may go on.  args: JSON with ' for ", PATH for the rig's file. */
static inline void rig_start(const char *name, const char *args)
{
    struct qapi_env env = { .target = rig.m, .sink = &rig.sink };
    const struct qapi_command *c = rig_commands;
    GString *text = g_string_new(args);
    struct json value;

    while (strcmp(c->name, name))
        c++;
    g_string_replace(text, "'", "\"", 0);
    g_string_replace(text, "PATH", rig.path, 0);
    CHECK(!json_parse(text->str, &value, NULL));
    g_string_free(text, true);
    rig.done = false;
    rig.said[0] = '\0';
    qapi_start(&env, c, &value, NULL, rig_done, NULL);
    json_fini(&value);
}

/* Until it is done; its failure. */
static inline const char *rig_ask(const char *name, const char *args)
{
    rig_start(name, args);
    while (!rig.done)
        loop_turn(rig.loop, -1);
    return rig.said;
}

static inline const char *rig_status(void)
{
    rig_ask("query-dump", "{}");
    return json_get_string(&rig.got, "status");
}
