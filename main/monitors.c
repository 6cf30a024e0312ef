/* SPDX-License-Identifier: Apache-2.0 */
#include "main/info.h"

/*
 * Monitors on the chardevs that the command line names
 */

#include "core/machine.h"
#include "lib/error.h"
#include "main/keyval.h"
#include "main/options.h"
#include "main/version.h"
#include "qapi/qapi-commands.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

static void sink_due(struct loop_timer *t)
{
    struct process *p = (struct process *)((char *)t - offsetof(struct process, sink_timer));

    qapi_sink_poll(&p->sink);
}

static void sink_arm(struct qapi_sink *sink, uint64_t at_ns)
{
    struct process *p = sink->opaque;

    loop_timer_set(p->loop, &p->sink_timer, LOOP_MONOTONIC, at_ns);
}

static void line_out(const char *text, void *opaque)
{
    text_out_printf(opaque, "%s\n", text);
}

static void device_help(const char *type, struct text_out *out)
{
    if (!type)
        devices_help(line_out, out);
    else if (device_props_help(type, line_out, out, NULL))
        text_out_printf(out, "Device '%s' not found\n", type);
}

static unsigned run_state(void *target)
{
    return ((struct machine *)target)->run_state;
}

static bool in_preconfig(void *target)
{
    return ((struct machine *)target)->phase < PHASE_READY;
}

static int add(struct process *p, const char *option, const char *id, enum monitor_mode mode, struct error **err)
{
    struct chardev *chr = id ? chardev_find(&p->chardevs, id) : NULL;

    if (!id)
        return 0;
    if (!chr)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, option, id, "the id of a -chardev");
    if (p->n_monitors == PROCESS_MONITORS)
        return error_set(err, -E2BIG, ERROR_RANGE, option, id, T("at most %d monitors", PROCESS_MONITORS));
    p->monitors[p->n_monitors] = monitor_char_new(p->monitor, chr, mode, err);
    return p->monitors[p->n_monitors++] ? 0 : -EBUSY;
}

static int list_start(struct process *p, const char *option, const struct config_list *list, enum monitor_mode mode,
                      struct error **err)
{
    int r = 0;

    for (unsigned i = 0; i < list->n && !r; i++) {
        const char *id;

        r = process_chardev(p, option, list->item[i], T("compat_monitor%u", p->n_monitors), &id, err);
        if (!r)
            r = add(p, option, id, mode, err);
    }
    return r;
}

/* An id names nothing yet but may stand once. */
static int id_claim(GHashTable *ids, const char *id, struct error **err)
{
    if (!id || g_hash_table_add(ids, g_strdup(id)))
        return 0;
    return error_set(err, -EEXIST, ERROR_STATE, "-mon id", id, "another -mon has it");
}

static int mon_start(struct process *p, const char *spec, GHashTable *ids, struct error **err)
{
    const char *chardev, *mode, *id;
    bool pretty = false;
    struct keyval kv;
    int r = keyval_parse(&kv, "-mon", spec, "chardev", err);

    if (r < 0)
        return r;
    chardev = keyval_take(&kv, "chardev");
    mode = keyval_take(&kv, "mode");
    r = keyval_bool(&kv, "pretty", &pretty, err);
    if (!r)
        r = keyval_id(&kv, &id, err);
    if (!r)
        r = keyval_end(&kv, "chardev, mode, pretty, id", err);
    if (!r)
        r = id_claim(ids, id, err);
    if (!r && mode && strcmp(mode, "readline") && strcmp(mode, "control"))
        r = error_set(err, -EINVAL, ERROR_UNKNOWN, "-mon mode", mode, "readline, control");
    if (!r && !chardev)
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-mon", spec, "chardev=ID");
    if (!r)
        r = add(p, "-mon", chardev,
                mode && !strcmp(mode, "control") ? pretty ? MONITOR_QMP_PRETTY : MONITOR_QMP : MONITOR_HMP, err);
    keyval_fini(&kv);
    return r;
}

int process_monitors(struct process *p, struct error **err)
{
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const struct config *c = p->cfg;
    int r;

    qapi_sink_init(&p->sink);
    p->sink.arm = sink_arm;
    p->sink.opaque = p;
    p->sink_timer.fn = sink_due;
    machine_qmp_init(&p->qmp, p->machine, &p->sink);
    p->monitor = monitor_new(&(struct monitor_config){
        .env = { .target = p->machine, .sink = &p->sink, .table = &qapi_commands, .run_state = run_state,
                 .in_preconfig = in_preconfig },
        .major = QEMU_MAJOR, .minor = QEMU_MINOR, .micro = QEMU_MICRO, .package = "",
        .device_help = device_help, .reg = info_register, .gdbserver = process_gdb_command, .gdbserver_opaque = p,
        .fdsets = &p->fdsets, .guest_name = c->name, .info = process_info, .num_info = process_info_num });
    r = list_start(p, "-monitor", &c->monitors, MONITOR_HMP, err);
    if (!r)
        r = list_start(p, "-qmp", &c->qmps, MONITOR_QMP, err);
    if (!r)
        r = list_start(p, "-qmp-pretty", &c->qmp_pretties, MONITOR_QMP_PRETTY, err);
    for (unsigned i = 0; i < c->mons.n && !r; i++)
        r = mon_start(p, c->mons.item[i], ids, err);
    if (!r && p->mux_monitor)
        r = add(p, "-serial", chardev_label(p->mux_monitor), MONITOR_HMP, err);
    return r;
}
