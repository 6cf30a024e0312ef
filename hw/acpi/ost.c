/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/cpu-plug.h"

/*
 * What the guest says of its CPUs with _OST (ACPI 5.0, section 6.3.5), told to QMP's clients
 *
 * The chip notes under its lock which places there is news of.  The home loop takes a copy, leaves the chip and tells:
 * who listens may do anything.  Of a place that the guest speaks of twice in between, the last word counts.
 */

#include "core/vcpu.h"
#include "qapi/qapi-events.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void look(struct device *dev)
{
    const struct acpi_pm_state *st = acpi_pm_st(dev);
    struct acpi_pm *pm = acpi_pm(dev);

    pm->ost_seen.modern = st->cpu_command != CPU_PLUG_LEGACY;
    memcpy(pm->ost_seen.slots, st->cpu_slots, sizeof(st->cpu_slots));
}

static void take(struct device *dev)
{
    struct acpi_pm *pm = acpi_pm(dev);

    look(dev);
    memcpy(pm->ost_seen.news, pm->ost_news, sizeof(pm->ost_news));
    memset(pm->ost_news, 0, sizeof(pm->ost_news));
}

/* Texts are the caller's. */
static struct qapi_acpiost_info info_of(const struct machine *m, unsigned i)
{
    const struct acpi_cpu_slot *slot = &acpi_pm(m->pm)->ost_seen.slots[i];
    const struct vcpu *cpu = atomic_load(&m->slots[i].cpu);

    return (struct qapi_acpiost_info){
        .device = cpu && cpu->dev && cpu->dev->id ? strdup(cpu->dev->id) : NULL, .slot = strdup(T("%u", i)),
        .slot_type = QAPI_ACPI_SLOT_TYPE_CPU, .source = slot->ost_event, .status = slot->ost_status,
    };
}

void cpu_ost_list(struct machine *m, struct qapi_acpiost_info_list *list)
{
    device_enter(m->pm, look);
    if (!acpi_pm(m->pm)->ost_seen.modern)
        return;
    list->items = calloc(m->n_slots + 1, sizeof(*list->items));
    assert(list->items);
    for (; list->num < m->n_slots; list->num++)
        list->items[list->num] = info_of(m, list->num);
}

static void tell(struct post *post)
{
    struct acpi_pm *pm = (struct acpi_pm *)((char *)post - offsetof(struct acpi_pm, ost_post));
    struct machine *m = pm->dev->machine;

    device_enter(pm->dev, take);
    for (unsigned i = 0; i < m->n_slots && m->events; i++) {
        struct qapi_acpiost_info info;

        if (!pm->ost_seen.news[i])
            continue;
        info = info_of(m, i);
        qapi_event_acpi_device_ost(m->events, &info);
        qapi_fini(&qapi_type_acpiost_info, &info);
    }
}

void cpu_ost_said(struct device *dev, unsigned slot)
{
    acpi_pm(dev)->ost_news[slot] = true;
    loop_post(dev->machine->loop, &acpi_pm(dev)->ost_post);
}

void cpu_ost_start(struct device *dev)
{
    acpi_pm(dev)->ost_post.fn = tell;
}

void cpu_ost_stop(struct device *dev)
{
    loop_post_cancel(dev->machine->loop, &acpi_pm(dev)->ost_post);
}
