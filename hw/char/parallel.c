/* SPDX-License-Identifier: Apache-2.0 */

/*
 * isa-parallel: a standard parallel port with a printer behind it, whose paper is a chardev
 *
 * Data, status and control in the compatible mode: a strobe hands a byte to the printer, which is busy, then
 * acknowledges, then is ready; each of these steps ends when the guest reads the status.  A byte that the
 * chardev has no room for keeps the printer busy.  Not modelled: EPP and ECP, a real port of the host, input.
 * Reference: IBM PC parallel printer adapter; IEEE 1284 compatibility mode.
 *
 * Invariant: at most one byte waits for the chardev, and while it does the status stays busy.
 */

#include "hw/char/front.h"
#include "hw/isa/isa.h"

#include <errno.h>

enum { PORTS = 3, REGISTERS = 8 };
enum { STATUS_TIMEOUT = 1 << 0, STATUS_NO_ERROR = 1 << 3, STATUS_SELECTED = 1 << 4, STATUS_NO_ACK = 1 << 6,
       STATUS_READY = 1 << 7, STATUS_INIT = 0xd8 };
enum { CONTROL_STROBE = 1 << 0, CONTROL_RUN = 1 << 2, CONTROL_SELECT = 1 << 3, CONTROL_INTERRUPT = 1 << 4,
       CONTROL_INPUT = 1 << 5, CONTROL_ONES = 0xc0 };

struct parallel {
    struct device dev;
    struct {
        char *chardev;
        uint32_t index, iobase, irq;
    } cfg;
    struct {
        uint32_t irq_pending, epp_timeout;
        uint8_t dataw, datar, status, control;
        uint8_t waits, byte;            /* what the chardev had no room for */
        uint8_t spare[2];
    } st;
    struct irq irq;
    struct char_front front;
    struct work pump;
};

static struct parallel *parallel(struct device *dev)
{
    return (struct parallel *)dev;
}

static void writable(struct char_front *f)
{
    work_post(&((struct parallel *)((char *)f - offsetof(struct parallel, front)))->pump);
}

static void pump(struct device *dev)
{
    struct parallel *p = parallel(dev);

    if (p->st.waits && chardev_write(&p->front, &p->st.byte, 1))
        p->st.waits = 0;
}

static void print(struct parallel *p)
{
    if (p->st.waits) {
        guest_error(&p->dev, "the printer is busy: a byte is lost", p->st.dataw);
        return;
    }
    p->st.byte = p->st.dataw;
    p->st.waits = 1;
    pump(&p->dev);
}

static uint64_t data_read(struct device *dev, uint32_t at)
{
    const struct parallel *p = parallel(dev);

    return p->st.control & CONTROL_INPUT ? p->st.datar : p->st.dataw;
}

/* Busy, then acknowledging, then ready: one step for each look at it. */
static uint64_t status_read(struct device *dev, uint32_t at)
{
    struct parallel *p = parallel(dev);
    uint8_t status = p->st.status;

    p->st.irq_pending = 0;
    if (status & STATUS_READY || p->st.control & CONTROL_STROBE)
        return status;
    if (status & STATUS_NO_ACK)
        p->st.status &= ~STATUS_NO_ACK;
    else if (!p->st.waits)
        p->st.status |= STATUS_NO_ACK | STATUS_READY;
    return status;
}

static void control_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct parallel *p = parallel(dev);
    uint8_t before = p->st.control;

    p->st.control = val | CONTROL_ONES;
    if (!(val & CONTROL_RUN)) {
        p->st.status = STATUS_INIT;
        return;
    }
    if (!(val & CONTROL_SELECT))
        return;
    if (!(val & CONTROL_STROBE)) {
        if (before & CONTROL_INTERRUPT)
            p->st.irq_pending = 1;
        return;
    }
    p->st.status &= ~STATUS_READY;
    if (!(before & CONTROL_STROBE))
        print(p);
}

static void parallel_outputs(struct device *dev)
{
    irq_set(&parallel(dev)->irq, parallel(dev)->st.irq_pending);
}

#define P struct parallel

static const struct prop parallel_props[] = {
    PROP(P, "chardev", chardev, .link = true, .doc = "name of the character backend"),
    PROP(P, "index", index, .def = UINT32_MAX, .doc = "which LPT port it is, from 0; default: the next one"),
    PROP(P, "iobase", iobase, .def = UINT32_MAX, .doc = "first port; default: by index"),
    PROP(P, "irq", irq, .def = 7, .doc = "ISA line"),
    {}
};
static const struct reg parallel_regs[] = {
    REG(P, 0, "DATA", dataw, .reset = 0xff, .wmask = 0xff, .read = data_read, .doc = "to the printer"),
    REG(P, 1, "STATUS", status, .reset = STATUS_INIT | STATUS_TIMEOUT, .hw = 0xff, .read = status_read,
        .doc = "of the printer"),
    REG(P, 2, "CONTROL", control, .reset = 0xcc, .wmask = 0x3f, .write = control_write,
        .doc = "strobe, line feed, init, select, interrupt enable, direction"),
    {}
};
static const struct region_type parallel_regions[] = {
    { .name = "parallel", .size = REGISTERS, .min = 1, .max = 4, .hole = 0xff, .ports = true, .regs = parallel_regs },
    {}
};
static const struct section parallel_section = {
    "parallel_isa", 1, 1, .fields = (const struct field[]){
        FIELD(P, "state.dataw", dataw),
        FIELD(P, "state.datar", datar, .reset = 0xff),
        FIELD(P, "state.status", status),
        FIELD(P, "state.control", control),
        FIELD(P, "state.irq_pending", irq_pending, .type = "int32", .max = 1),
        FIELD(P, "state.epp_timeout", epp_timeout, .type = "int32", .max = 1),
        FIELD(P, "waits", waits, .hidden = true),
        FIELD(P, "byte", byte, .hidden = true),
        ARRAY(P, "spare", spare, .hidden = true),
        {} },
};

static const struct device_type parallel_type;

static uint32_t next_index(const struct device *self)
{
    uint32_t n = 0;

    for (struct device *dev = device_find(self->machine, &parallel_type); dev; dev = device_find_next(dev))
        if (parallel(dev)->cfg.index >= n)
            n = parallel(dev)->cfg.index + 1;
    return n;
}

static int place(struct parallel *p, struct error **err)
{
    static const uint16_t ports[PORTS] = { 0x378, 0x278, 0x3bc };

    if (p->cfg.index == UINT32_MAX)
        p->cfg.index = next_index(&p->dev);
    if (p->cfg.index >= PORTS)
        return error_set(err, -ERANGE, ERROR_RANGE, "isa-parallel.index", T("%u", p->cfg.index), "0 to 2");
    if (p->cfg.iobase == UINT32_MAX)
        p->cfg.iobase = ports[p->cfg.index];
    return isa_irq(&p->dev, &p->irq, "irq", p->cfg.irq, err);
}

static int parallel_realize(struct device *dev, struct error **err)
{
    struct parallel *p = parallel(dev);
    int r = place(p, err);

    if (!r)
        r = isa_map(dev, 0, p->cfg.iobase, err);
    if (r < 0)
        return r;
    work_init(&p->pump, dev, pump);
    p->front = (struct char_front){ .writable = writable };
    return front_attach(dev->machine, "isa-parallel", p->cfg.chardev, &p->front, err);
}

static void parallel_unrealize(struct device *dev)
{
    chardev_detach(&parallel(dev)->front);
}

static void parallel_resumed(struct device *dev)
{
    parallel_outputs(dev);
    irq_refresh(&parallel(dev)->irq);
}

static const struct device_type parallel_type = {
    .type = { .name = "isa-parallel", .parent = "isa-device", .category = "input", .doc = "parallel port",
              DEVICE(P), TYPE_STATE(P), .props = parallel_props, .state = &parallel_section },
    .bus = "ISA",
    .regions = parallel_regions,
    .realize = parallel_realize,
    .unrealize = parallel_unrealize,
    .resumed = parallel_resumed,
    .outputs = parallel_outputs,
};
DEVICE_TYPE(parallel_type);
