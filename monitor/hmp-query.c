/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * Kinds of `info` that show the reply of a QMP query to a person
 *
 * Layouts are those that scripts know from the reference.
 */

#include "monitor/session.h"

#include <string.h>

struct query { struct text_out *out; void (*print)(struct text_out *out, const struct json *ret); };

static void answered(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    const struct query *q = ctx->opaque;

    if (fault)
        text_out_printf(q->out, "Error: %s\n", fault->desc);
    else
        q->print(q->out, ret);
}

/* The handlers of these commands are done when they return. */
static bool show(struct hmp_call *call, const char *command,
                 void (*print)(struct text_out *out, const struct json *ret))
{
    const struct qapi_env *env = &call->monitor->cfg.env;
    struct query q = { call->out, print };

    qapi_start(env, qapi_command_find(env->table, command), NULL, call->session, answered, &q);
    return true;
}

static long long number(const struct json *object, const char *key)
{
    const struct json *v = json_get(object, key);

    return v && (v->kind == JSON_INT || v->kind == JSON_UINT) ? v->i : 0;
}

static bool flag(const struct json *object, const char *key)
{
    const struct json *v = json_get(object, key);

    return v && v->kind == JSON_BOOL && v->boolean;
}

static void region_print(struct text_out *out, const struct json *r)
{
    uint64_t base = number(r, "address"), last = base + number(r, "size") - 1;

    if (!strcmp(json_get_string(r, "type"), "io"))
        text_out_printf(out, "      BAR%lld: I/O at 0x%04llx [0x%04llx].\n", number(r, "bar"), (long long)base,
                        (long long)last);
    else
        text_out_printf(out, "      BAR%lld: %d bit%s memory at 0x%08llx [0x%08llx].\n", number(r, "bar"),
                        flag(r, "mem_type_64") ? 64 : 32, flag(r, "prefetch") ? " prefetchable" : "", (long long)base,
                        (long long)last);
}

static void function_print(struct text_out *out, const struct json *f)
{
    const struct json *class = json_get(f, "class_info"), *id = json_get(f, "id"), *regions = json_get(f, "regions");
    const char *desc = json_get_string(class, "desc");
    long long pin = number(f, "irq_pin");

    text_out_printf(out, "  Bus %2lld, device %3lld, function %lld:\n", number(f, "bus"), number(f, "slot"),
                    number(f, "function"));
    if (desc)
        text_out_printf(out, "    %s", desc);
    else
        text_out_printf(out, "    Class %04lld", number(class, "class"));
    text_out_printf(out, ": PCI device %04llx:%04llx\n", number(id, "vendor"), number(id, "device"));
    text_out_printf(out, "      PCI subsystem %04llx:%04llx\n", number(id, "subsystem-vendor"),
                    number(id, "subsystem"));
    if (pin)
        text_out_printf(out, "      IRQ %lld, pin %c\n", number(f, "irq"), (char)('A' + pin - 1));
    for (uint32_t i = 0; i < regions->num; i++)
        region_print(out, json_at(regions, i));
    text_out_printf(out, "      id \"%s\"\n", json_get_string(f, "qdev_id"));
}

static void pci_print(struct text_out *out, const struct json *buses)
{
    for (uint32_t b = 0; b < buses->num; b++) {
        const struct json *devices = json_get(json_at(buses, b), "devices");

        for (uint32_t i = 0; i < devices->num; i++)
            function_print(out, json_at(devices, i));
    }
}

bool hmp_info_pci(struct hmp_call *call)
{
    return show(call, "query-pci", pci_print);
}

static const char *const places[] = { "node-id", "socket-id", "die-id", "core-id", "thread-id" };

static void slots_print(struct text_out *out, const struct json *slots)
{
    text_out_puts(out, "Hotpluggable CPUs:\n");
    for (uint32_t i = 0; i < slots->num; i++) {
        const struct json *s = json_at(slots, i), *props = json_get(s, "props");

        text_out_printf(out, "  type: \"%s\"\n  vcpus_count: \"%lld\"\n", json_get_string(s, "type"),
                        number(s, "vcpus-count"));
        if (json_get_string(s, "qom-path"))
            text_out_printf(out, "  qom_path: \"%s\"\n", json_get_string(s, "qom-path"));
        text_out_puts(out, "  CPUInstance Properties:\n");
        for (unsigned n = 0; n < sizeof(places) / sizeof(places[0]); n++)
            if (json_get(props, places[n]))
                text_out_printf(out, "    %s: \"%lld\"\n", places[n], number(props, places[n]));
    }
}

bool hmp_info_hotpluggable_cpus(struct hmp_call *call)
{
    return show(call, "query-hotpluggable-cpus", slots_print);
}

static void memory_print(struct text_out *out, const struct json *sizes)
{
    text_out_printf(out, "base memory: %lld\nplugged memory: %lld\n", number(sizes, "base-memory"),
                    number(sizes, "plugged-memory"));
}

bool hmp_info_memory_size_summary(struct hmp_call *call)
{
    return show(call, "query-memory-size-summary", memory_print);
}

static void text_print(struct text_out *out, const struct json *ret)
{
    text_out_puts(out, json_get_string(ret, "human-readable-text"));
}

bool hmp_info_numa(struct hmp_call *call)
{
    return show(call, "x-query-numa", text_print);
}

bool hmp_info_ramblock(struct hmp_call *call)
{
    return show(call, "x-query-ramblock", text_print);
}
