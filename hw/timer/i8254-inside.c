/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/i8254-chip.h"

/*
 * 8254 that the accelerator keeps, with port 61h
 *
 * Its ports are served there: the region only says who has them.  It counts in time of the host's, so its state
 * is taken when the machine stops, and goes back when it starts: what is left of a count does not run out
 * meanwhile.  The section is that of i8254.c.  Ticks that a late host missed are delivered one after the other
 * (lost_tick_policy delay), or loses them (discard); slew is refused.
 *
 * Invariant: st is what the accelerator has while the machine stands.
 */

#include "hw/intc/inside.h"
#include "hw/isa/isa.h"
#include "hw/timer/hpet.h"

#include <errno.h>

struct pit_inside {
    struct device dev;
    struct {
        uint32_t iobase;
        uint8_t lost_tick_policy;
    } cfg;
    struct pit_state st;
    struct irq_sink disable;
};
#define PIT struct pit_inside

static const struct accel_irqchip *chips(const struct device *dev)
{
    return inside_all(dev->machine);
}

static void fetch(struct device *dev)
{
    struct pit_state *st = &((PIT *)dev)->st;
    struct pit_image image;

    chips(dev)->pit_get(dev->machine->accel, &image);
    st->irq_disabled = image.disabled;
    for (unsigned n = 0; n < CHANNELS; n++) {
        const struct pit_channel_image *c = &image.channel[n];

        st->channel[n] = (struct channel){
            .load_ns = c->load_ns, .next_ns = st->channel[n].next_ns, .count = c->count ? c->count : 0x10000,
            .latched_count = c->latched_count, .count_latched = c->count_latched,
            .status_latched = c->status_latched, .status = c->status, .read_state = c->read_state,
            .write_state = c->write_state, .write_latch = c->write_latch, .rw_mode = c->rw_mode, .mode = c->mode,
            .bcd = c->bcd, .gate = c->gate,
        };
    }
}

static void capture(struct device *dev)
{
    if (chips(dev) && machine_running(dev->machine))
        fetch(dev);
}

static void give(struct device *dev)
{
    const struct pit_state *st = &((PIT *)dev)->st;
    struct pit_image image = { .disabled = st->irq_disabled };

    for (unsigned n = 0; n < CHANNELS; n++) {
        const struct channel *c = &st->channel[n];

        image.channel[n] = (struct pit_channel_image){
            .load_ns = c->load_ns, .count = c->count, .latched_count = c->latched_count,
            .count_latched = c->count_latched, .status_latched = c->status_latched, .status = c->status,
            .read_state = c->read_state, .write_state = c->write_state, .write_latch = c->write_latch,
            .rw_mode = c->rw_mode, .mode = c->mode, .bcd = c->bcd, .gate = c->gate,
        };
    }
    if (chips(dev))
        chips(dev)->pit_put(dev->machine->accel, &image);
}

static void run_state(struct device *dev, bool running)
{
    if (running)
        give(dev);
    else if (chips(dev))
        fetch(dev);
}

static void disable(struct device *dev, unsigned line, bool level)
{
    if (((PIT *)dev)->st.irq_disabled == level)
        return;
    capture(dev);
    ((PIT *)dev)->st.irq_disabled = level;
    give(dev);
}

static void reset(struct device *dev)
{
    struct pit_state *st = &((PIT *)dev)->st;

    st->channel[2].gate = 0;
    for (unsigned n = 0; n < CHANNELS; n++)
        st->channel[n].load_ns = clock_ns(dev);
}

static const char *const policies[] = { "discard", "delay", "slew", NULL };
enum { POLICY_DISCARD, POLICY_DELAY, POLICY_SLEW };

static const struct prop props[] = {
    PROP(PIT, "iobase", iobase, .def = UINT32_MAX, .doc = "first of four ports; default: 0x40"),
    PROP_NAMED(PIT, "lost_tick_policy", lost_tick_policy, policies, .def = POLICY_DELAY,
               .doc = "ticks that the guest was too slow for: discard, or give them later (delay)"),
    {}
};
static const struct region_type regions[] = {
    { .name = "kvm-pit", .size = 4, .min = 1, .max = 4, .ports = true,
      .read = inside_read, .write = inside_write },
    {}
};

static int policy_set(const PIT *p, struct error **err)
{
    struct accel *accel = p->dev.machine->accel;
    const char *name = policies[p->cfg.lost_tick_policy];
    int r;

    if (p->cfg.lost_tick_policy == POLICY_SLEW)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "kvm-pit.lost_tick_policy", name, "legal: delay, discard");
    if (p->cfg.lost_tick_policy == POLICY_DELAY)
        return 0;
    r = accel->irqchip->pit_reinject(accel, false);
    return r < 0 ? error_set_host(err, r, "kvm-pit.lost_tick_policy", name) : 0;
}

static int realize(struct device *dev, struct error **err)
{
    PIT *p = (PIT *)dev;
    int r;

    r = policy_set(p, err);
    if (r < 0)
        return r;
    p->disable = (struct irq_sink){ dev, disable };
    hpet_wire_pit(dev->machine, &p->disable);
    if (p->cfg.iobase == UINT32_MAX)
        p->cfg.iobase = 0x40;
    return isa_map(dev, 0, p->cfg.iobase, err);
}

static void unrealize(struct device *dev)
{
    hpet_wire_pit(dev->machine, NULL);
}

static const struct device_type pit_inside_type = {
    .type = { .name = "kvm-pit", .parent = "pit-common", .doc = "8254 interval timer in the kernel", .internal = true,
              DEVICE(PIT), TYPE_STATE(PIT), .props = props, .state = &pit_section },
    .locking = LOCKING_CHIPSET,
    .bus = "ISA",
    .regions = regions,
    .realize = realize,
    .unrealize = unrealize,
    .reset = reset,
    .resumed = give,
    .capture = capture,
    .run_state = run_state,
};
DEVICE_TYPE(pit_inside_type);

const char *i8254_type_name(const struct machine *m)
{
    return inside_all(m) ? "kvm-pit" : "isa-pit";
}
