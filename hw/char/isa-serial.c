/* SPDX-License-Identifier: Apache-2.0 */

/*
 * isa-serial: a 16550A on the ISA bus, and the chardev behind it
 *
 * The chip is a child of its own; this binding gives it eight ports, an interrupt line and a
 * character device.  The first four have the places that a PC gives to COM1 to COM4.
 *
 * Invariant: the chip exists as long as this device, or until the machine frees it first.
 */

#include "hw/char/front.h"
#include "hw/char/uart.h"
#include "hw/isa/isa.h"

#include <errno.h>

enum { ISA_SERIALS = 4 };

struct isa_serial {
    struct device dev;
    struct {
        char *chardev;
        uint32_t index, iobase, irq, baudbase;
        bool wakeup;
    } cfg;
    struct device *chip;
    struct irq irq;
    struct char_front front;
};

static struct isa_serial *isa_serial(struct device *dev)
{
    return (struct isa_serial *)dev;
}

static struct isa_serial *of_front(struct char_front *f)
{
    return (struct isa_serial *)((char *)f - offsetof(struct isa_serial, front));
}

static void kick(struct char_front *f)
{
    uart_kick(of_front(f)->chip);
}

static void event(struct char_front *f, enum char_event event)
{
    if (event == CHAR_BREAK)
        uart_break_received(of_front(f)->chip);
}

static size_t line_send(void *opaque, const uint8_t *bytes, size_t n)
{
    return chardev_write(opaque, bytes, n);
}

static size_t line_receive(void *opaque, uint8_t *bytes, size_t n)
{
    return chardev_read(opaque, bytes, n);
}

static void line_set(void *opaque, const struct uart_setting *s)
{
    chardev_set_line(opaque, &(struct char_line){ .speed = s->speed, .data_bits = s->data_bits, .parity = s->parity,
                                                  .stop_bits = s->stop_bits, .in_break = s->in_break, .dtr = s->dtr,
                                                  .rts = s->rts });
}

#define S struct isa_serial

static const struct prop isa_serial_props[] = {
    PROP(S, "baudbase", baudbase, .def = 115200, .min = 1, .doc = "input clock divided by 16"),
    PROP(S, "chardev", chardev, .link = true, .doc = "name of the character backend"),
    PROP(S, "index", index, .def = UINT32_MAX, .doc = "which COM port it is, from 0; default: the next one"),
    PROP(S, "iobase", iobase, .def = UINT32_MAX, .doc = "first port; default: by index"),
    PROP(S, "irq", irq, .def = UINT32_MAX, .doc = "ISA line; default: by index"),
    PROP(S, "wakeup", wakeup, .doc = "input wakes a sleeping machine"),
    {}
};

static const struct device_type isa_serial_type;

static uint32_t next_index(const struct device *self)
{
    uint32_t n = 0;

    for (struct device *dev = device_find(self->machine, &isa_serial_type); dev; dev = device_find_next(dev))
        if (isa_serial(dev)->cfg.index >= n)
            n = isa_serial(dev)->cfg.index + 1;
    return n;
}

static int place(struct isa_serial *s, struct error **err)
{
    static const uint16_t ports[ISA_SERIALS] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
    static const uint8_t lines[ISA_SERIALS] = { 4, 3, 4, 3 };

    if (s->cfg.index == UINT32_MAX)
        s->cfg.index = next_index(&s->dev);
    if (s->cfg.index >= ISA_SERIALS)
        return error_set(err, -ERANGE, ERROR_RANGE, "isa-serial.index", T("%u", s->cfg.index), "0 to 3");
    if (s->cfg.iobase == UINT32_MAX)
        s->cfg.iobase = ports[s->cfg.index];
    if (s->cfg.irq == UINT32_MAX)
        s->cfg.irq = lines[s->cfg.index];
    if (s->cfg.iobase > 0x10000 - 8)
        return error_set(err, -ERANGE, ERROR_RANGE, "isa-serial.iobase", T("%#x", s->cfg.iobase), "0 to 0xfff8");
    return isa_irq(&s->dev, &s->irq, "irq", s->cfg.irq, err);
}

static int chip_new(struct isa_serial *s, struct error **err)
{
    struct machine *m = s->dev.machine;
    const struct uart_line line = { .send = line_send, .receive = line_receive, .set = line_set,
                                    .opaque = &s->front };
    int r;

    s->chip = device_new(m, device_type_find("serial"));
    uart_connect(s->chip, &s->irq, s->front.port ? &line : NULL);
    r = device_set(s->chip, "baudbase", T("%u", s->cfg.baudbase), err);
    return r < 0 ? r : device_realize(s->chip, &s->dev.obj, "serial", err);
}

static int isa_serial_realize(struct device *dev, struct error **err)
{
    struct isa_serial *s = isa_serial(dev);
    int r = place(s, err);

    if (r < 0)
        return r;
    s->front = (struct char_front){ .readable = kick, .writable = kick, .event = event, .swappable = true };
    r = front_attach(dev->machine, "isa-serial", s->cfg.chardev, &s->front, err);
    if (r < 0)
        return r;
    r = chip_new(s, err);
    if (r < 0) {
        chardev_detach(&s->front);
        return r;
    }
    device_map(s->chip, 0, &dev->machine->io, s->cfg.iobase, 0);
    return 0;
}

static void isa_serial_unrealize(struct device *dev)
{
    struct isa_serial *s = isa_serial(dev);

    chardev_detach(&s->front);
    if (object_child(&dev->obj, "serial"))
        device_free(s->chip);
}

static const struct device_type isa_serial_type = {
    .type = { .name = "isa-serial", .parent = "isa-device", .category = "input", .doc = "16550A UART on the ISA bus",
              DEVICE(S), .props = isa_serial_props, .state = &no_state },
    .bus = "ISA",
    .realize = isa_serial_realize,
    .unrealize = isa_serial_unrealize,
};
DEVICE_TYPE(isa_serial_type);
