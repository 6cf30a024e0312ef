/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/* Start-up phases and their undoing (see start.h). */

#include "accel/qtest/qtest.h"
#include "dump/dump.h"
#include "lib/error.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/trace.h"
#include "main/keyval.h"
#include "qapi/dispatch.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { TRACE_FILE_MAX = 1 << 20 };

/* A pattern a line; empty lines and those that begin with '#' are nothing. */
static int trace_events(const char *path, struct error **err)
{
    char *text, *rest;
    size_t size;
    int r = file_read_stream("-trace events", path, TRACE_FILE_MAX, (uint8_t **)&text, &size, err);

    if (r < 0)
        return r;
    rest = text = realloc(text, size + 1);
    assert(text);
    text[size] = '\0';
    for (char *line; !r && (line = strsep(&rest, "\n"));)
        if (*line && *line != '#')
            r = trace_enable(line, err);
    free(text);
    return r;
}

static int trace_start(const char *spec, struct error **err)
{
    const char *pattern, *events, *file;
    struct keyval kv;
    int r = keyval_parse(&kv, "-trace", spec, "enable", err);

    if (r < 0)
        return r;
    pattern = keyval_take(&kv, "enable");
    events = keyval_take(&kv, "events");
    file = keyval_take(&kv, "file");
    r = keyval_end(&kv, "enable, events, file", err);
    if (!r && !kv.n)
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-trace", spec, "[enable=]PATTERN, events=FILE, file=FILE");
    if (!r && file)
        r = log_open(file, err);
    if (!r && pattern)
        r = trace_enable(pattern, err);
    if (!r && events)
        r = trace_events(events, err);
    keyval_fini(&kv);
    return r;
}

static int log_start(const struct config *c, struct error **err)
{
    uint32_t mask = 0;
    int r = 0;

    if (c->log_items)
        r = log_parse(c->log_items, &mask, err);
    if (!r && c->log_file)
        r = log_open(c->log_file, err);
    for (unsigned i = 0; i < c->traces.n && !r; i++) {
        r = trace_start(c->traces.item[i], err);
        mask |= LOG_TRACE;
    }
    log_mask = mask;
    return r;
}

int process_chardev(struct process *p, const char *option, const char *spec, const char *label, const char **id,
                    struct error **err)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));
    struct chardev *chr;
    int r;

    assert(cfg);
    *id = NULL;
    r = chardev_parse_legacy(cfg, option, spec, label, err);
    if (!r && cfg->kind == CHAR_REFER) {
        chr = chardev_find(&p->chardevs, cfg->label);
        if (!chr)
            r = error_set(err, -ENOENT, ERROR_UNKNOWN, option, spec, "chardev: and the id of a -chardev");
        else
            *id = chardev_label(chr);
    } else if (!r && cfg->kind != CHAR_NONE) {
        chr = chardev_open(&p->chardevs, cfg, err);
        r = chr ? 0 : -EINVAL;
        if (chr) {
            *id = chardev_label(chr);
            if (cfg->monitor)
                p->mux_monitor = chr;
        }
    }
    free(cfg);
    return r;
}

static void quit_by_key(struct chardevs *set)
{
    struct process *p = (struct process *)((char *)set - offsetof(struct process, chardevs));

    if (p->machine)
        machine_request_shutdown(p->machine, CAUSE_HOST_QMP_QUIT);
}

static int chardevs_start(struct process *p, struct error **err)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));
    int r = 0;

    assert(cfg);
    chardevs_init(&p->chardevs, p->loop);
    p->has_chardevs = true;
    p->chardevs.quit = quit_by_key;
    p->chardevs.fdsets = &p->fdsets;
    p->chardevs.escape = p->cfg->escape_key;
    p->chardevs.objects = &p->objects;
    p->chardevs.no_stdio = p->cfg->daemonize;
    for (unsigned i = 0; i < p->cfg->chardevs.n && !r; i++) {
        r = chardev_parse_option(cfg, p->cfg->chardevs.item[i], err);
        if (!r && !chardev_open(&p->chardevs, cfg, err))
            r = -EINVAL;
    }
    free(cfg);
    return r;
}

/* The serial ports' chardevs: what was asked for, or the terminal with -nographic. */
static int serials_start(struct process *p, struct board_config *b, struct error **err)
{
    const struct config *c = p->cfg;
    int r = 0;

    if (!c->serials.n && c->nographic && !c->no_defaults)
        return process_chardev(p, "-serial", c->monitors.n || c->mons.n ? "stdio" : "mon:stdio", "serial0",
                               &b->serial[0], err);
    for (unsigned i = 0; i < c->serials.n && !r; i++) {
        if (i == 4)
            return error_set(err, -ERANGE, ERROR_RANGE, "-serial", c->serials.item[i], "at most four serial ports");
        r = process_chardev(p, "-serial", c->serials.item[i], T("serial%u", i), &b->serial[i], err);
    }
    return r;
}

static int parallels_start(struct process *p, struct board_config *b, struct error **err)
{
    const struct config_list *list = &p->cfg->parallels;
    int r = 0;

    for (unsigned i = 0; i < list->n && !r; i++) {
        if (i == 3)
            return error_set(err, -ERANGE, ERROR_RANGE, "-parallel", list->item[i], "at most three parallel ports");
        r = process_chardev(p, "-parallel", list->item[i], T("parallel%u", i), &b->parallel[i], err);
    }
    return r;
}

static void machine_configure(struct process *p)
{
    const struct config *c = p->cfg;
    struct machine *m = p->machine;

    dump_new(m);
    object_attach(m->root, "objects", object_get(p->objects.container), NULL);
    m->objects = &p->objects;
    m->type_name = c->board_type->name;
    m->obj.type = &c->board_type->type;
    memcpy(m->uuid, c->board.uuid, sizeof(m->uuid));
    m->only_migratable = c->only_migratable;
    m->no_reboot = c->no_reboot;
    m->no_shutdown = c->no_shutdown;
    m->power.watchdog_action = c->watchdog_action;
    m->power.panic_action = c->panic_action;
    m->globals = c->globals;
    m->n_globals = c->n_globals;
    m->data_dirs = c->data_dirs.item;
    m->n_data_dirs = c->data_dirs.n;
    m->chardevs = &p->chardevs;
    m->fdsets = &p->fdsets;
    displays_init(&p->displays);
    m->displays = &p->displays;
    input_init(&p->input, p->loop);
    m->input = &p->input;
}

/* What there is before the board: an accelerator, a CPU model, ports' chardevs, monitors. */
static int machine_prepare(struct process *p, struct error **err)
{
    const struct config *c = p->cfg;
    struct board_config *b = &p->board;
    int r = machine_new(p->loop, c->board_type->version, &p->machine, err);

    if (r < 0)
        return r;
    *b = c->board;
    machine_configure(p);
    r = process_accel(p, b, err);
    if (!r) {
        machine_phase_advance(p->machine, PHASE_ACCEL);
        machine_rtc_set(p->machine, c->rtc.source, config_rtc_now_ns(c));
    }
    if (!r)
        r = process_cpu(p, &b->cpu, err);
    if (!r)
        r = serials_start(p, b, err);
    if (!r)
        r = parallels_start(p, b, err);
    if (!r && c->preconfig) {       /* for who asks before the board keeps it */
        board_config_keep(p->machine, b);
        if (c->board_type->cpu_type)
            board_places_new(p->machine, b);
    }
    return r ? r : process_monitors(p, err);    /* before the board: of a shared terminal the serial port, attached
                                                 * last, has the focus */
}

static int machine_build(struct process *p, struct error **err)
{
    const struct config *c = p->cfg;
    struct board_config *b = &p->board;
    int r = c->preconfig ? config_numa_check(p->cfg, err) : 0;

    b->numa = c->board.numa;
    if (!r)
        r = process_ram(p, b, err);
    if (!r)
        r = c->board_type->build(p->machine, b, err);
    if (!r)
        machine_phase_advance(p->machine, PHASE_BOARD);
    for (unsigned i = 0; i < c->devices.n && !r; i++)
        r = process_device(p, c->devices.item[i], err);
    for (unsigned i = 0; i < c->debugcons.n && !r; i++)
        r = process_debugcon(p, c->debugcons.item[i], err);
    if (!r && c->gdb)
        r = process_gdb(p, c->gdb, err);
    if (!r)
        process_globals_warn(p);
    if (!r)
        machine_phase_advance(p->machine, PHASE_READY);
    if (!r && c->qtest)
        r = qtest_open(p->machine, c->qtest, c->qtest_log, err);
    return r;
}

static void end_by_signal(struct signal_watch *w, int signal, pid_t sender)
{
    struct process *p = (struct process *)((char *)w - offsetof(struct process, signals));

    if (sender)
        log_warn("terminating on signal %d from pid %d", signal, (int)sender);
    machine_request_shutdown(p->machine, CAUSE_HOST_SIGNAL);
}

/* A server socket that waits for its first client holds the machine back. */
static void wait_for_clients(struct process *p)
{
    while (chardevs_are_waiting(&p->chardevs) && !p->machine->quit_requested)
        loop_turn(p->loop, -1);
}

static int machine_go(struct process *p, struct error **err)
{
    machine_reset(p->machine, true);
    wait_for_clients(p);
    return p->cfg->stopped ? 0 : machine_start(p->machine, err);
}

static int parts_start(struct process *p, struct error **err)
{
    const struct config *c = p->cfg;
    int r = process_fdsets(p, err);

    if (!r)
        r = log_start(c, err);
    if (!r && c->pid_file)
        r = pid_file_new(&p->pid_file, "-pidfile", c->pid_file, err);
    if (!r)
        r = loop_new(&p->loop, err);
    if (r < 0)
        return r;
    p->signals.fn = end_by_signal;
    r = signal_watch_add(p->loop, &p->signals, err);
    p->has_signals = !r;
    user_objects_init(&p->objects, p->loop);
    p->objects.fdsets = &p->fdsets;
    if (!r)
        r = process_objects(p, err);
    if (!r)
        r = chardevs_start(p, err);
    p->objects.chardevs = &p->chardevs;
    if (!r)
        r = process_objects(p, err);
    return r ? r : machine_prepare(p, err);
}

/* The limit goes first, where it may: -runas would make it hold for what is allocated later. */
static int memory_lock(struct error **err)
{
    setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
    return mlockall(MCL_CURRENT | MCL_FUTURE) < 0 ? error_set_host(err, -errno, "-overcommit mem-lock", "on") : 0;
}

static int machine_begin(struct process *p, struct error **err)
{
    const struct config *c = p->cfg;
    int r = machine_build(p, err);

    if (!r)
        r = confine(c->new_root, c->run_as, &c->sandbox, err);
    return r ? r : machine_go(p, err);
}

int process_start(struct process *p, struct config *cfg, struct error **err)
{
    int r;

    *p = (struct process){ .cfg = cfg };
    fdsets_init(&p->fdsets);
    if (cfg->process_name)
        prctl(PR_SET_NAME, cfg->process_name);
    r = cfg->mem_lock ? memory_lock(err) : 0;
    if (!r)
        r = parts_start(p, err);
    return r || cfg->preconfig ? r : machine_begin(p, err);
}

/* Outside of any handler: the machine may wait for clients before it runs. */
static int preconfig_end(struct process *p, struct error **err)
{
    struct qapi_ctx *ctx = p->exit_preconfig;
    int r = p->machine->quit_requested ? 0 : machine_begin(p, err);

    if (r < 0)
        qapi_fail(ctx, r, QAPI_GENERIC_ERROR, "%s", error_line(*err).s);
    qapi_finish(ctx, r, NULL);          /* commands that wait behind it may run in here */
    p->exit_preconfig = NULL;
    return r;
}

int process_run(struct process *p, struct error **err)
{
    int r = 0;

    loop_run(p->loop);
    if (p->exit_preconfig)
        r = preconfig_end(p, err);
    if (!r && !p->machine->quit_requested)
        loop_run(p->loop);
    return r ? r : p->machine->exit_status;
}

void process_end(struct process *p)
{
    process_gdb_end(p);
    for (unsigned i = 0; i < p->n_monitors; i++)
        monitor_char_free(p->monitors[i]);
    if (p->qmp.sink)
        machine_qmp_fini(&p->qmp);
    if (p->machine) {
        dump_free(p->machine);
        qtest_close(p->machine);
    }
    machine_free(p->machine);           /* its devices take their consoles away */
    p->machine = NULL;                  /* who asks whether the guest runs hears that it does not */
    input_fini(&p->input);
    if (p->monitor) {
        loop_timer_del(&p->sink_timer);
        qapi_sink_fini(&p->sink);
        monitor_free(p->monitor);
    }
    while (p->n_ram)
        user_object_drop(p->ram[--p->n_ram]);
    user_objects_fini(&p->objects);     /* they may hold chardevs */
    if (p->has_chardevs)
        chardevs_fini(&p->chardevs);
    fdsets_fini(&p->fdsets);
    if (p->has_signals)
        signal_watch_del(&p->signals);
    loop_free(p->loop);
    pid_file_fini(&p->pid_file);
    log_close();
}
