/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ib700: the watchdog of a single-board computer, two ports that are written
 *
 * A write to 443h starts it or feeds it; the low four bits say how long it lasts, in steps of two seconds
 * down from thirty.  A write to 441h stops it.  Nothing is read.
 * Reference: iBASE IB700 user's manual, watchdog timer configuration.
 */

#include "core/machine.h"
#include "core/power.h"
#include "hw/isa/isa.h"

enum { STOP_PORT = 0x441, START_PORT = 0x443 };
enum { LONGEST_S = 30, STEP_S = 2 };

struct ib700 {
    struct device dev;
    struct {
        uint64_t deadline_ns;           /* TIMER_OFF: stopped */
    } st;
    struct timer timer;
};

static struct ib700 *ib700(struct device *dev)
{
    return (struct ib700 *)dev;
}

static void expired(struct device *dev)
{
    ib700(dev)->st.deadline_ns = TIMER_OFF;
    machine_watchdog_expired(dev->machine);
}

static void deadline_set(struct ib700 *w, uint64_t ns)
{
    w->st.deadline_ns = ns;
    timer_update(&w->timer);
}

static void stop_write(struct device *dev, uint32_t at, uint64_t val)
{
    deadline_set(ib700(dev), TIMER_OFF);
}

static void start_write(struct device *dev, uint32_t at, uint64_t val)
{
    deadline_set(ib700(dev), clock_ns(dev) + (LONGEST_S - STEP_S * (val & 0xf)) * 1000000000ull);
}

static uint64_t nothing_read(struct device *dev, uint32_t at)
{
    return 0xff;
}

#define W struct ib700

static const struct reg stop_regs[] = {
    REG_FN(0, "STOP", 1, .read = nothing_read, .write = stop_write, .doc = "any value stops the timer"),
    {}
};
static const struct reg start_regs[] = {
    REG_FN(0, "START", 1, .read = nothing_read, .write = start_write, .doc = "starts it: 0 is 30 s, 15 is 0 s"),
    {}
};
enum { REGION_STOP, REGION_START };
static const struct region_type ib700_regions[] = {
    { .name = "wdt", .size = 1, .min = 1, .max = 1, .ports = true, .regs = stop_regs },
    { .name = "wdt", .size = 1, .min = 1, .max = 1, .ports = true, .regs = start_regs },
    {}
};
static const struct section ib700_section = {
    "ib700_wdt", 0, 0, .fields = (const struct field[]){
        FIELD(W, "timer", deadline_ns, .type = "timer", .reset = TIMER_OFF), {} },
};

static int ib700_realize(struct device *dev, struct error **err)
{
    timer_init(&ib700(dev)->timer, dev, &ib700(dev)->st.deadline_ns, expired);
    device_map(dev, REGION_STOP, &dev->machine->io, STOP_PORT, 0);
    device_map(dev, REGION_START, &dev->machine->io, START_PORT, 0);
    return 0;
}

static void ib700_resumed(struct device *dev)
{
    timer_update(&ib700(dev)->timer);
}

static const struct device_type ib700_type = {
    .type = { .name = "ib700", .parent = "isa-device", .category = "watchdog", .doc = "iBASE 700 watchdog",
              DEVICE(W), TYPE_STATE(W), .state = &ib700_section },
    .bus = "ISA",
    .regions = ib700_regions,
    .realize = ib700_realize,
    .resumed = ib700_resumed,
};
DEVICE_TYPE(ib700_type);
