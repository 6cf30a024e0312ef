/* SPDX-License-Identifier: Apache-2.0 */
#include "core/qmp.h"

/*
 * QMP commands and events of the machine's run state
 *
 * Handlers run on the home loop.  The schema's enumerations have the order of core's own, which is
 * asserted here, so that values pass unchanged.
 */

#include "core/accel.h"
#include "core/pins.h"
#include "core/ram.h"
#include "lib/uuid.h"
#include "qapi/qapi-commands.h"
#include "qapi/qapi-events.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>

_Static_assert(!offsetof(struct machine, obj), "handlers of object/ take a command's target for an object");
_Static_assert((int)QAPI_RUN_STATE_SHUTDOWN == (int)RUN_SHUTDOWN && (int)QAPI_RUN_STATE__NUM == (int)RUN_STATES,
               "run states");
_Static_assert((int)QAPI_SHUTDOWN_CAUSE_GUEST_RESET == (int)CAUSE_GUEST_RESET &&
                   (int)QAPI_SHUTDOWN_CAUSE__NUM == (int)CAUSES,
               "causes");
_Static_assert((int)QAPI_WATCHDOG_ACTION_INJECT_NMI == (int)WATCHDOG_INJECT_NMI &&
                   (int)QAPI_WATCHDOG_ACTION__NUM == (int)WATCHDOG_ACTIONS,
               "watchdog actions");

int qmp_query_status(struct qapi_ctx *ctx, struct qapi_status_info *ret, struct error **err)
{
    struct machine *m = ctx->target;

    (void)err;
    ret->running = machine_running(m);
    ret->status = (enum qapi_run_state)m->run_state;
    return 0;
}

int qmp_query_kvm(struct qapi_ctx *ctx, struct qapi_kvm_info *ret, struct error **err)
{
    const struct machine *m = ctx->target;

    (void)err;
    ret->enabled = !strcmp(m->accel->ops->name, "kvm");
    ACCEL_FOR_EACH(a)
        ret->present |= !strcmp((*a)->name, "kvm");
    return 0;
}

int qmp_query_target(struct qapi_ctx *ctx, struct qapi_target_info *ret, struct error **err)
{
    (void)ctx;
    (void)err;
    ret->arch = QAPI_SYS_EMU_TARGET_X86_64;
    return 0;
}

/* Blocks have no place in common here: offsets are those that they would have one behind the other. */
int qmp_x_query_ramblock(struct qapi_ctx *ctx, struct qapi_human_readable_text *ret, struct error **err)
{
    GString *text = g_string_new(NULL);
    uint64_t at = 0;

    (void)err;
    g_string_append_printf(text, "%24s    PSize  %18s %18s %18s\n", "Block Name", "Offset", "Used", "Total");
    list_for_each(n, &((struct machine *)ctx->target)->ram_blocks) {
        const struct ram_block *b = list_entry(n, struct ram_block, in_machine);

        g_string_append_printf(text, "%24s    4 KiB  0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 "\n", b->name,
                               at, b->used, b->size);
        at += b->size;
    }
    ret->human_readable_text = strdup(text->str);
    g_string_free(text, true);
    return 0;
}

static int refuse_busy(struct qapi_ctx *ctx)
{
    return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR, "%s", ((struct machine *)ctx->target)->busy);
}

int qmp_stop(struct qapi_ctx *ctx, struct error **err)
{
    struct machine *m = ctx->target;

    if (m->busy)
        return refuse_busy(ctx);
    return machine_running(m) ? machine_stop(m, RUN_PAUSED, err) : 0;
}

int qmp_cont(struct qapi_ctx *ctx, struct error **err)
{
    struct machine *m = ctx->target;

    if (m->busy)
        return refuse_busy(ctx);
    if (m->run_state == RUN_SHUTDOWN || m->run_state == RUN_INTERNAL_ERROR || m->run_state == RUN_GUEST_PANICKED)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Resetting the Virtual Machine is required");
    return machine_start(m, err);
}

int qmp_quit(struct qapi_ctx *ctx, struct error **err)
{
    (void)err;
    machine_shutdown(ctx->target, CAUSE_HOST_QMP_QUIT);        /* its event comes before the reply */
    return 0;
}

int qmp_system_reset(struct qapi_ctx *ctx, struct error **err)
{
    (void)err;
    if (((struct machine *)ctx->target)->busy)
        return refuse_busy(ctx);
    machine_request_reset(ctx->target, CAUSE_HOST_QMP_SYSTEM_RESET);
    return 0;
}

int qmp_system_powerdown(struct qapi_ctx *ctx, struct error **err)
{
    (void)err;
    machine_request_powerdown(ctx->target);
    return 0;
}

int qmp_system_wakeup(struct qapi_ctx *ctx, struct error **err)
{
    struct machine *m = ctx->target;

    if (!m->power.wakeup_supported)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "wake-up from suspend is not supported by this guest");
    if (m->run_state != RUN_SUSPENDED)
        return qapi_fail(ctx, -EINVAL, QAPI_GENERIC_ERROR, "Unable to wake up: guest is not in suspended state");
    return machine_wakeup(m, err);
}

int qmp_query_current_machine(struct qapi_ctx *ctx, struct qapi_current_machine_params *ret, struct error **err)
{
    (void)err;
    ret->wakeup_suspend_support = ((struct machine *)ctx->target)->power.wakeup_supported;
    return 0;
}

int qmp_inject_nmi(struct qapi_ctx *ctx, struct error **err)
{
    return machine_nmi(ctx->target, err);
}

int qmp_watchdog_set_action(struct qapi_ctx *ctx, const struct qapi_watchdog_set_action_arg *arg, struct error **err)
{
    (void)err;
    ((struct machine *)ctx->target)->power.watchdog_action = (enum watchdog_action)arg->action;
    return 0;
}

/* All or nothing: there is nothing in it that could fail. */
int qmp_set_action(struct qapi_ctx *ctx, const struct qapi_set_action_arg *arg, struct error **err)
{
    struct machine *m = ctx->target;

    (void)err;
    if (arg->has_reboot)
        m->no_reboot = arg->reboot == QAPI_REBOOT_ACTION_SHUTDOWN;
    if (arg->has_shutdown)
        m->no_shutdown = arg->shutdown == QAPI_SHUTDOWN_ACTION_PAUSE;
    if (arg->has_panic)
        m->power.panic_action = (enum panic_action)arg->panic;
    if (arg->has_watchdog)
        m->power.watchdog_action = (enum watchdog_action)arg->watchdog;
    return 0;
}

int qmp_query_uuid(struct qapi_ctx *ctx, struct qapi_uuid_info *ret, struct error **err)
{
    (void)err;
    ret->UUID = strdup(uuid_text(((struct machine *)ctx->target)->uuid).s);
    return 0;
}

static void device_deleted(struct qapi_sink *sink, const struct device *dev)
{
    char *path = object_path(&dev->obj);

    qapi_event_device_deleted(sink, dev->id, path);
    free(path);
}

static void tell(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    const struct machine_qmp *q = (struct machine_qmp *)((char *)o - offsetof(struct machine_qmp, observer));
    struct qapi_sink *sink = q->sink;
    bool guest = shutdown_cause_is_guest(cause);

    switch (event) {
    case EVENT_SHUTDOWN:
        qapi_event_shutdown(sink, guest, (enum qapi_shutdown_cause)cause);
        break;
    case EVENT_RESET:
        qapi_event_reset(sink, guest, (enum qapi_shutdown_cause)cause);
        break;
    case EVENT_STOP:
        qapi_event_stop(sink);
        break;
    case EVENT_RESUME:
        qapi_event_resume(sink);
        break;
    case EVENT_POWERDOWN:
        qapi_event_powerdown(sink);
        break;
    case EVENT_SUSPEND:
        qapi_event_suspend(sink);
        break;
    case EVENT_SUSPEND_DISK:
        qapi_event_suspend_disk(sink);
        break;
    case EVENT_WAKEUP:
        qapi_event_wakeup(sink);
        break;
    case EVENT_WATCHDOG:
        qapi_event_watchdog(sink, (enum qapi_watchdog_action)q->machine->power.watchdog_action);
        break;
    case EVENT_PANIC:
        qapi_event_guest_panicked(sink, (enum qapi_guest_panic_action)machine_panic_outcome(q->machine), NULL);
        break;
    case EVENT_CRASH_LOADED:
        qapi_event_guest_crashloaded(sink, QAPI_GUEST_PANIC_ACTION_RUN, NULL);
        break;
    case EVENT_DEVICE_DELETED:
        device_deleted(sink, q->machine->leaving);
        break;
    case EVENT_ALARM:
    case EVENT_CPUS:
    case EVENT_RESET_DONE:
    case EVENT_QUIT:
        break;
    }
}

void machine_qmp_init(struct machine_qmp *q, struct machine *m, struct qapi_sink *sink)
{
    *q = (struct machine_qmp){ .sink = sink, .machine = m, .observer.fn = tell };
    machine_observe(m, &q->observer);
    m->events = sink;
}

void machine_qmp_fini(struct machine_qmp *q)
{
    machine_unobserve(&q->observer);
    q->machine->events = NULL;
}
