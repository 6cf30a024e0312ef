/* SPDX-License-Identifier: Apache-2.0 */

/*
 * isa-pcspk: port 61h, the speaker's gate and what channel 2 of the interval timer does
 *
 * Bit 0 gates channel 2, bit 1 lets it reach the speaker, bit 4 toggles as the refresh of old did,
 * bit 5 is channel 2's output.  No sound is made.
 * Reference: Intel ICH9 data sheet, NMI_SC register (section 13.7.1); IBM PC AT technical reference.
 *
 * Invariant: it shares the chipset's lock with the timer, and so may look into it.
 */

#include "core/machine.h"
#include "hw/isa/isa.h"
#include "hw/timer/i8254.h"

enum { GATE = 1 << 0, DATA = 1 << 1, REFRESH = 1 << 4, OUT = 1 << 5 };

struct pcspk {
    struct device dev;
    struct {
        char *audiodev;
        uint32_t iobase;
        bool migrate;
    } cfg;
    struct {
        uint8_t data_on, refresh;
    } st;
    struct device *pit;                 /* NULL: none */
};

static struct pcspk *pcspk(struct device *dev)
{
    return (struct pcspk *)dev;
}

static uint64_t control_read(struct device *dev, uint32_t at)
{
    struct pcspk *s = pcspk(dev);
    uint8_t val = s->st.data_on ? DATA : 0;

    s->st.refresh ^= REFRESH;
    if (s->pit)
        val |= (i8254_gate(s->pit, 2) ? GATE : 0) | (i8254_out(s->pit, 2) ? OUT : 0);
    return val | s->st.refresh;
}

static void control_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct pcspk *s = pcspk(dev);

    s->st.data_on = val >> 1 & 1;
    if (s->pit)
        i8254_set_gate(s->pit, 2, val & GATE);
}

#define S struct pcspk

static const struct prop pcspk_props[] = {
    PROP(S, "audiodev", audiodev, .link = true, .doc = "accepted for compatibility; no sound is made"),
    PROP(S, "iobase", iobase, .def = 0x61, .doc = "port"),
    PROP(S, "migrate", migrate, .def = true, .doc = "its state is in the stream"),
    {}
};
static const struct reg pcspk_regs[] = {
    REG_FN(0, "CONTROL", 1, .read = control_read, .write = control_write, .doc = "speaker, gate and refresh"),
    {}
};
static const struct region_type pcspk_regions[] = {
    { .name = "pcspk", .size = 1, .min = 1, .max = 1, .ports = true, .regs = pcspk_regs },
    {}
};
static bool pcspk_needed(const struct device *dev)
{
    return ((const S *)dev)->cfg.migrate;
}
static const struct section pcspk_section = {
    "pcspk", 1, 1, .needed = pcspk_needed, .fields = (const struct field[]){
        FIELD(S, "data_on", data_on, .max = 1), FIELD(S, "dummy_refresh_clock", refresh, .max = REFRESH), {} },
};

static int pcspk_realize(struct device *dev, struct error **err)
{
    pcspk(dev)->pit = i8254_find(dev->machine);
    return isa_map(dev, 0, pcspk(dev)->cfg.iobase, err);
}

static const struct device_type pcspk_type = {
    .type = { .name = "isa-pcspk", .parent = "isa-device", .doc = "PC speaker port", .internal = true,
              DEVICE(S), TYPE_STATE(S), .props = pcspk_props, .state = &pcspk_section },
    .locking = LOCKING_CHIPSET,
    .bus = "ISA",
    .regions = pcspk_regions,
    .realize = pcspk_realize,
};
DEVICE_TYPE(pcspk_type);
