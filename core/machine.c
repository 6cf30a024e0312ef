/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine.h"

/*
 * The machine: its making, its requests, its run state (see machine.h)
 *
 * Requests come from any thread and are carried out here, on the home loop, in one order.
 * Invariant: vCPUs run exactly while run_state is RUN_RUNNING; the clock runs then, and while it is RUN_SUSPENDED.
 * A debugger may hold single vCPUs and the clock (debug.h).
 */

#include "core/accel.h"
#include "core/clock-state.h"
#include "core/plug.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct reg_maps {
    const struct region_type *type;
    struct reg_map *map;
    struct reg_maps *next;
};

bool shutdown_cause_is_guest(enum shutdown_cause c)
{
    return c >= CAUSE_GUEST_SHUTDOWN && c <= CAUSE_GUEST_PANIC;
}

void machine_notify(struct machine *m, enum machine_event event, enum shutdown_cause cause)
{
    list_for_each_safe(n, &m->observers) {
        struct machine_observer *o = list_entry(n, struct machine_observer, node);

        o->fn(o, event, cause);
    }
}

void machine_phase_advance(struct machine *m, enum machine_phase to)
{
    assert((int)to == (int)m->phase + 1);
    m->phase = to;
}

void machine_observe(struct machine *m, struct machine_observer *o)
{
    list_append(&m->observers, &o->node);
}

void machine_unobserve(struct machine_observer *o)
{
    list_remove(&o->node);
}

bool machine_running(const struct machine *m)
{
    return m->run_state == RUN_RUNNING;
}

int machine_state_set(struct machine *m, enum run_state to, struct error **err)
{
    if (m->run_state == to)
        return 0;
    if (!run_state_legal(m->run_state, to))
        return error_set(err, -EINVAL, ERROR_STATE, "machine", run_state_name(to),
                         T("not from state %s", run_state_name(m->run_state)));
    TRACE(run_state, "%s to %s", run_state_name(m->run_state), run_state_name(to));
    m->run_state = to;
    return 0;
}

static void tell_devices(struct machine *m, bool running)
{
    if (m->accel && m->accel->ops->run_state)
        m->accel->ops->run_state(m->accel, running);
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        if (dev->realized && dev->type->run_state)
            dev->type->run_state(dev, running);
    }
}

int machine_start(struct machine *m, struct error **err)
{
    int r;

    if (machine_running(m) || m->run_state == RUN_SUSPENDED)    /* who sleeps is woken (power.h) */
        return 0;
    if (m->busy)
        return error_set(err, -EBUSY, ERROR_STATE, "machine", "start", m->busy);
    r = machine_state_set(m, RUN_RUNNING, err);
    if (r < 0)
        return r;
    if (!m->debug.clock_stands)
        machine_clock_start(m);
    tell_devices(m, true);
    machine_notify(m, EVENT_RESUME, CAUSE_NONE);
    vcpu_resume_all(m);
    return 0;
}

/* 1 when it ran until now. */
static int stand(struct machine *m, enum run_state state, struct error **err)
{
    bool was_running = machine_running(m), slept = m->run_state == RUN_SUSPENDED;
    int r = machine_state_set(m, state, err);

    if (r < 0 || !(was_running || slept))
        return r;
    vcpu_park_all(m);
    machine_clock_stop(m);
    tell_devices(m, false);
    return was_running;
}

int machine_stop(struct machine *m, enum run_state state, struct error **err)
{
    int r = stand(m, state, err);

    if (r > 0)
        machine_notify(m, EVENT_STOP, CAUSE_NONE);
    return r < 0 ? r : 0;
}

void machine_shutdown(struct machine *m, enum shutdown_cause cause)
{
    bool quits = !m->no_shutdown || cause == CAUSE_HOST_SIGNAL || cause == CAUSE_HOST_QMP_QUIT;

    machine_notify(m, EVENT_SHUTDOWN, cause);
    if (quits)
        machine_request_quit(m, cause == CAUSE_GUEST_PANIC && m->power.panic_action == PANIC_EXIT_FAILURE);
    else if (m->run_state != RUN_GUEST_PANICKED)
        machine_stop(m, RUN_SHUTDOWN, NULL);
}

static void reset_run(struct machine *m, enum shutdown_cause cause)
{
    bool held;

    if (m->no_reboot && shutdown_cause_is_guest(cause)) {
        machine_shutdown(m, cause);
        return;
    }
    held = vcpu_hold_all(m);
    if (held)
        debug_stand(m);
    machine_reset(m, false);
    machine_notify(m, EVENT_RESET, cause);
    plug_after_reset(m);
    if (held)
        machine_clock_start(m);         /* a step that is over may have held it */
    vcpu_release_all(m, held);
    if (!held && (m->run_state == RUN_SHUTDOWN || m->run_state == RUN_INTERNAL_ERROR ||
                  m->run_state == RUN_GUEST_PANICKED || m->run_state == RUN_SUSPENDED))
        stand(m, RUN_PRELAUNCH, NULL);
}

static void requests_run(struct post *p)
{
    struct machine *m = (struct machine *)((char *)p - offsetof(struct machine, request_post));
    enum shutdown_cause shutdown, reset;

    power_run_suspend(m);
    power_run_panic(m);
    shutdown = m->shutdown_requested;
    reset = m->reset_requested;
    if (shutdown) {
        m->shutdown_requested = CAUSE_NONE;
        machine_shutdown(m, shutdown);
    }
    if (reset) {
        m->reset_requested = CAUSE_NONE;
        if (!m->quit_requested)
            reset_run(m, reset);
    }
    power_run_wakeup(m);
    if (m->powerdown_requested) {
        m->powerdown_requested = false;
        machine_notify(m, EVENT_POWERDOWN, CAUSE_NONE);
        if (m->powerdown)
            m->powerdown(m);
    }
    power_run_watchdog(m);
    debug_run(m);
    if (m->quit_requested) {
        if (machine_running(m) || m->run_state == RUN_SUSPENDED)        /* nobody is told: the process ends */
            stand(m, RUN_SHUTDOWN, NULL);
        machine_notify(m, EVENT_QUIT, CAUSE_NONE);
        loop_quit(m->loop);
    }
}

void machine_requests_post(struct machine *m)
{
    loop_post(m->loop, &m->request_post);
}

void machine_request_reset(struct machine *m, enum shutdown_cause cause)
{
    m->reset_requested = cause;
    machine_requests_post(m);
}

void machine_request_shutdown(struct machine *m, enum shutdown_cause cause)
{
    m->shutdown_requested = cause;
    machine_requests_post(m);
}

void machine_request_powerdown(struct machine *m)
{
    m->powerdown_requested = true;
    machine_requests_post(m);
}

void machine_request_quit(struct machine *m, int status)
{
    m->exit_status = status;
    m->quit_requested = true;
    machine_requests_post(m);
}

void work_init(struct work *w, struct device *dev, void (*fn)(struct device *dev))
{
    *w = (struct work){ .dev = dev, .fn = fn };
}

void work_post(struct work *w)
{
    struct machine *m = w->dev->machine;

    lock_take(&m->work_lock);
    if (!w->queued) {
        list_append(&m->work, &w->node);
        w->queued = true;
    }
    lock_drop(&m->work_lock);
    loop_post(m->loop, &m->work_post);
}

static struct work *work_take(struct machine *m)
{
    struct work *w = NULL;

    lock_take(&m->work_lock);
    if (!list_empty(&m->work)) {
        w = list_entry(m->work.next, struct work, node);
        list_remove(&w->node);
        w->queued = false;
    }
    lock_drop(&m->work_lock);
    return w;
}

static unsigned work_count(struct machine *m)
{
    unsigned n = 0;

    lock_take(&m->work_lock);
    list_for_each(w, &m->work)
        n++;
    lock_drop(&m->work_lock);
    return n;
}

/* What is posted meanwhile waits for the next round of the loop, so that work cannot starve it. */
void machine_run_posted(struct machine *m)
{
    struct work *w;

    for (unsigned n = work_count(m); n && (w = work_take(m)); n--)
        device_enter(w->dev, w->fn);
    if (work_count(m))
        loop_post(m->loop, &m->work_post);
}

static void work_run(struct post *p)
{
    machine_run_posted((struct machine *)((char *)p - offsetof(struct machine, work_post)));
}

void machine_forget(struct device *dev)
{
    struct machine *m = dev->machine;

    clock_forget(m, dev);
    lock_take(&m->work_lock);
    list_for_each_safe(n, &m->work) {
        struct work *w = list_entry(n, struct work, node);

        if (w->dev == dev) {
            list_remove(n);
            w->queued = false;
        }
    }
    lock_drop(&m->work_lock);
}

const struct reg_map *machine_reg_map(struct machine *m, const struct region_type *t)
{
    struct reg_maps *r;

    for (r = m->reg_maps; r; r = r->next)
        if (r->type == t)
            return r->map;
    r = calloc(1, sizeof(*r));
    assert(r);
    *r = (struct reg_maps){ .type = t, .map = reg_map_new(t->regs, t->size), .next = m->reg_maps };
    m->reg_maps = r;
    return r->map;
}

int machine_ram_new(struct machine *m, const struct ram_config *cfg, struct ram_block **block, struct error **err)
{
    int r = ram_block_new(cfg, block, err);

    if (!r)
        list_append(&m->ram_blocks, &(*block)->in_machine);
    return r;
}

void machine_ram_borrow(struct machine *m, struct ram_block *block)
{
    assert(!block->lent);
    block->lent = true;
    list_append(&m->ram_blocks, &block->in_machine);
}

static const struct type machine_base = { .name = "machine", .parent = "object", .doc = "a machine", .abstract = true };
TYPE(machine_base);

static void object_of_machine_free(struct object *o)
{
    (void)o;
}

static void space_init(struct machine *m)
{
    map_init(&m->map);
    region_init(&m->memory, "system", REGION_CONTAINER, UINT64_MAX);
    region_init(&m->io, "io", REGION_CONTAINER, 0xffff);
    region_init(&m->smram, "smram", REGION_CONTAINER, UINT32_MAX);
    address_space_init(&m->memory_as, m, "memory", &m->memory, false);
    address_space_init(&m->io_as, m, "I/O", &m->io, true);
}

int machine_new(struct loop *loop, unsigned version, struct machine **out, struct error **err)
{
    struct machine *m = calloc(1, sizeof(*m));
    int r;

    assert(m);
    m->version = version;
    m->loop = loop;
    m->phase = PHASE_CREATED;
    m->run_state = RUN_PRELAUNCH;
    m->power.panic_action = PANIC_SHUTDOWN;
    m->work_post.fn = work_run;
    m->request_post.fn = requests_run;
    plug_init(m);
    list_init(&m->devices);
    list_init(&m->buses);
    list_init(&m->ram_blocks);
    list_init(&m->work);
    list_init(&m->observers);
    lock_init(&m->chipset, RANK_CHIPSET);
    lock_init(&m->work_lock, RANK_WORK);
    lock_init(&m->debug.lock, RANK_LEAF);
    object_init(&m->obj, &machine_base, object_of_machine_free);
    m->root = object_root_new();
    object_attach(m->root, "machine", &m->obj, NULL);
    object_container(&m->obj, "peripheral");            /* devices that a user adds, with an id and without */
    object_container(&m->obj, "peripheral-anon");
    space_init(m);
    r = clock_new(m, err);
    if (r < 0) {
        machine_free(m);
        return r;
    }
    *out = m;
    return 0;
}

static void reg_maps_free(struct machine *m)
{
    while (m->reg_maps) {
        struct reg_maps *r = m->reg_maps;

        m->reg_maps = r->next;
        reg_map_free(r->map);
        free(r);
    }
}

void machine_free(struct machine *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->n_vcpus; i++)
        vcpu_stop_thread(m->vcpus[i]);
    while (!list_empty(&m->devices))
        device_free(list_entry(m->devices.prev, struct device, in_machine));
    for (unsigned i = 0; i < m->n_vcpus; i++)
        vcpu_free(m->vcpus[i]);
    free(m->vcpus);
    free(m->slots);
    if (m->cpu_bus)
        bus_fini(m->cpu_bus);
    free(m->cpu_bus);
    free(m->cpu_model);
    free(m->board_config);
    if (m->board_free)
        m->board_free(m);
    if (m->accel)
        m->accel->ops->close(m->accel);
    loop_post_cancel(m->loop, &m->work_post);
    loop_post_cancel(m->loop, &m->request_post);
    plug_fini(m);
    object_put(m->root);
    clock_free(m);
    address_space_fini(&m->io_as);
    address_space_fini(&m->memory_as);
    region_fini(&m->smram);
    region_fini(&m->io);
    region_fini(&m->memory);
    map_fini(&m->map);
    while (!list_empty(&m->ram_blocks)) {
        struct ram_block *b = list_entry(m->ram_blocks.next, struct ram_block, in_machine);

        list_remove(&b->in_machine);
        if (b->lent)
            ram_block_retire(b);
        else
            ram_block_free(b);
    }
    reg_maps_free(m);
    lock_fini(&m->debug.lock);
    lock_fini(&m->work_lock);
    lock_fini(&m->chipset);
    free(m);
}
