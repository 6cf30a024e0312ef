/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device.h"

/*
 * The paravirtual clock of an accelerator: what it shows stands while the machine stands, and travels with it
 *
 * There is no guest-visible part here: guests find the clock by CPUID and an MSR, which are the CPU's.
 *
 * Invariant: while the machine stands, st.clock is what the guest's clock shows.
 */

#include "core/accel.h"
#include "core/machine.h"

struct kvmclock {
    struct device dev;
    struct {
        bool reliable;
    } cfg;
    struct {
        uint64_t clock;                 /* ns */
        bool reliable;                  /* one reading of it, not one per vCPU */
        uint8_t spare[7];
    } st;
};
#define K struct kvmclock

static const struct accel_ops *ops(const struct device *dev)
{
    return dev->machine->accel && dev->machine->accel->ops->clock_get ? dev->machine->accel->ops : NULL;
}

static void fetch(struct device *dev)
{
    ((K *)dev)->st.clock = ops(dev)->clock_get(dev->machine->accel);
    ((K *)dev)->st.reliable = ((K *)dev)->cfg.reliable;
}

static void capture(struct device *dev)
{
    if (ops(dev) && machine_running(dev->machine))
        fetch(dev);
}

static void run_state(struct device *dev, bool running)
{
    if (!ops(dev))
        return;
    if (running)
        ops(dev)->clock_set(dev->machine->accel, ((K *)dev)->st.clock);
    else
        fetch(dev);
}

static bool is_reliable(const struct device *dev)
{
    return ((const K *)dev)->st.reliable;
}

static const struct prop props[] = {
    PROP(K, "x-mach-use-reliable-get-clock", reliable, .def = true, .doc = "says in the stream that the clock is one"),
    {}
};
static const struct section subs[] = {
    { "kvmclock/clock_is_reliable", 1, 1, .needed = is_reliable,
      .fields = (const struct field[]){ FIELD(K, "clock_is_reliable", reliable, .max = 1), {} } },
    {}
};
static const struct section section = {
    "kvmclock", 1, 1, .subs = subs,
    .fields = (const struct field[]){ FIELD(K, "clock", clock, .keep = true), BUFFER(K, "spare", spare, .hidden = true),
                                      {} },
};

static const struct device_type kvmclock_type = {
    .type = { .name = "kvmclock", .parent = "sys-bus-device", .doc = "paravirtual clock", .internal = true,
              DEVICE(K), TYPE_STATE(K), .props = props, .state = &section },
    .run_state = run_state,
    .capture = capture,
};
DEVICE_TYPE(kvmclock_type);
