/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/input/i8042.h"

/*
 * 8042 keyboard controller, with a keyboard and a mouse on its ports
 *
 * One output buffer, which the controller's own answers, the keyboard and the mouse fill in turn; two interrupt
 * lines; an output port with A20 and the reset line.  A byte of a device stays in the device's queue until the
 * guest reads it, so that the answer to a command comes before older keys.  Not modelled: parity and time-out
 * errors, the test inputs, the keyboard lock.
 * Reference: Intel 8042 in the IBM PC AT technical reference; IBM PS/2 Hardware Interface Technical Reference,
 * keyboard and auxiliary device controller.
 *
 * Invariant: lines are a function of state.  A byte that is read pulls its line down before the next one raises
 * it, since the interrupt is edge-triggered.
 */

#include "core/machine.h"
#include "core/pins.h"
#include "hw/input/ps2.h"
#include "hw/isa/isa.h"

#include <errno.h>

enum { DATA_PORT = 0x60, COMMAND_PORT = 0x64 };
enum { STATUS_OBF = 1 << 0, STATUS_SYSTEM = 1 << 2, STATUS_COMMAND = 1 << 3, STATUS_UNLOCKED = 1 << 4,
       STATUS_MOUSE_OBF = 1 << 5 };
enum { MODE_KBD_INT = 1 << 0, MODE_MOUSE_INT = 1 << 1, MODE_NO_KBD = 1 << 4, MODE_NO_MOUSE = 1 << 5,
       MODE_TRANSLATE = 1 << 6 };
enum { OUT_RUN = 1 << 0, OUT_A20 = 1 << 1, OUT_KBD_OBF = 1 << 4, OUT_MOUSE_OBF = 1 << 5, OUT_RESET = 0xcf };
enum {
    CMD_READ_MODE = 0x20, CMD_WRITE_MODE = 0x60, CMD_NO_MOUSE = 0xa7, CMD_MOUSE = 0xa8, CMD_TEST_MOUSE = 0xa9,
    CMD_SELF_TEST = 0xaa, CMD_TEST_KBD = 0xab, CMD_NO_KBD = 0xad, CMD_KBD = 0xae, CMD_READ_IN = 0xc0,
    CMD_READ_OUT = 0xd0, CMD_WRITE_OUT = 0xd1, CMD_WRITE_OBF = 0xd2, CMD_WRITE_MOUSE_OBF = 0xd3,
    CMD_WRITE_MOUSE = 0xd4, CMD_A20_OFF = 0xdd, CMD_A20_ON = 0xdf, CMD_PULSE = 0xf0,
};
/* As the stream has them.  Older streams, without the extended state, know only which device is pending. */
enum { FROM_KBD = 1, FROM_MOUSE = 2, FROM_CONTROLLER = 4 };
enum { PENDING_KBD_COMPAT = 1 << 0, PENDING_MOUSE_COMPAT = 1 << 1, PENDING_OWN = 1 << 2, PENDING_OWN_MOUSE = 1 << 3,
       PENDING_KBD = 1 << 4, PENDING_MOUSE = 1 << 5, PENDING_OWNS = PENDING_OWN | PENDING_OWN_MOUSE };
enum { MIGRATION_THROTTLED = 1 << 0 };
enum { THROTTLE_NS = 1000000 };

struct i8042 {
    struct device dev;
    struct {
        bool extended_state, kbd_throttle;
        uint8_t kbd_irq, mouse_irq;
    } cfg;
    struct i8042_state {
        uint64_t throttle_ns;           /* until then the keyboard's next byte waits; TIMER_OFF */
        uint32_t source;                /* whose byte the output buffer holds, or held last: FROM_... */
        uint8_t write_cmd;              /* the command that waits for its data */
        uint8_t status, mode, outport;
        uint8_t pending;                /* who has a byte; of PENDING_OWN, PENDING_OWN_MOUSE at most one: own_data */
        uint8_t own_data;
        uint8_t last;                   /* what was read last; reading an empty buffer gives it again */
        uint8_t spare[5];
    } st;
    struct device *kbd, *mouse;
    struct ps2_port port;
    struct irq kbd_irq, mouse_irq;
    struct timer throttle;
};

static struct i8042 *i8042(struct device *dev)
{
    return (struct i8042 *)dev;
}

static void i8042_outputs(struct device *dev)
{
    struct i8042 *k = i8042(dev);
    uint8_t status = k->st.status, mode = k->st.mode;
    bool full = status & STATUS_OBF, of_mouse = status & STATUS_MOUSE_OBF;

    irq_set(&k->kbd_irq, full && !of_mouse && mode & MODE_KBD_INT && !(mode & MODE_NO_KBD));
    irq_set(&k->mouse_irq, full && of_mouse && mode & MODE_MOUSE_INT);
    machine_set_a20(dev->machine, A20_KEYBOARD, k->st.outport & OUT_A20);
}

static bool kbd_ready(const struct i8042 *k)
{
    return k->st.pending & PENDING_KBD && !(k->st.mode & MODE_NO_KBD) && k->st.throttle_ns == TIMER_OFF;
}

static bool mouse_ready(const struct i8042 *k)
{
    return k->st.pending & PENDING_MOUSE && !(k->st.mode & MODE_NO_MOUSE);
}

/* Who comes next: its own answer, then the devices, the other one first. */
static uint32_t next_source(const struct i8042 *k)
{
    bool kbd = kbd_ready(k), mouse = mouse_ready(k);

    if (k->st.pending & PENDING_OWNS)
        return FROM_CONTROLLER;
    if (kbd && (!mouse || k->st.source != FROM_KBD))
        return FROM_KBD;
    return mouse ? FROM_MOUSE : 0;
}

/* The output port's copy of the buffer's state. */
static uint8_t out_full(uint8_t status)
{
    return (status & STATUS_OBF ? OUT_KBD_OBF : 0) | (status & STATUS_MOUSE_OBF ? OUT_MOUSE_OBF : 0);
}

static void fill(struct i8042 *k)
{
    uint32_t source;

    k->st.pending = (k->st.pending & PENDING_OWNS) | (ps2_pending(k->kbd) ? PENDING_KBD : 0) |
                    (ps2_pending(k->mouse) ? PENDING_MOUSE : 0);
    source = k->st.status & STATUS_OBF ? 0 : next_source(k);
    if (!source)
        return;
    k->st.source = source;
    k->st.status |= STATUS_OBF;
    if (source == FROM_MOUSE || (source == FROM_CONTROLLER && k->st.pending & PENDING_OWN_MOUSE))
        k->st.status |= STATUS_MOUSE_OBF;
    k->st.outport |= out_full(k->st.status);
}

static void empty(struct i8042 *k)
{
    k->st.status &= ~(STATUS_OBF | STATUS_MOUSE_OBF);
    k->st.outport &= ~(OUT_KBD_OBF | OUT_MOUSE_OBF);
    i8042_outputs(&k->dev);
}

static void device_moved(struct ps2_port *port)
{
    struct i8042 *k = list_entry(port, struct i8042, port);

    fill(k);
    i8042_outputs(&k->dev);
}

/* An answer that was not read yet is replaced. */
static void answer(struct i8042 *k, uint8_t byte, uint8_t pending)
{
    if (k->st.status & STATUS_OBF && k->st.source == FROM_CONTROLLER)
        empty(k);
    k->st.own_data = byte;
    k->st.pending = (k->st.pending & ~PENDING_OWNS) | pending;
}

/* Whose byte it is; a stream without the extended state does not say. */
static uint32_t holder(const struct i8042 *k)
{
    return k->st.source ? k->st.source : k->st.status & STATUS_MOUSE_OBF ? FROM_MOUSE : FROM_KBD;
}

static uint8_t fetch(struct i8042 *k)
{
    switch (holder(k)) {
    case FROM_KBD:
        if (k->cfg.kbd_throttle) {
            k->st.throttle_ns = clock_ns(&k->dev) + THROTTLE_NS;
            timer_update(&k->throttle);
        }
        return ps2_read(k->kbd);
    case FROM_MOUSE:
        return ps2_read(k->mouse);
    default:
        k->st.pending &= ~PENDING_OWNS;
        return k->st.own_data;
    }
}

static uint64_t data_read(struct device *dev, uint32_t at)
{
    struct i8042 *k = i8042(dev);

    if (!(k->st.status & STATUS_OBF))
        return k->st.last;
    k->st.last = fetch(k);
    empty(k);
    fill(k);
    return k->st.last;
}

static void throttle_over(struct device *dev)
{
    i8042(dev)->st.throttle_ns = TIMER_OFF;
    fill(i8042(dev));
}

static void outport_set(struct i8042 *k, uint8_t val)
{
    k->st.outport = val;
    if (!(val & OUT_RUN))
        machine_request_reset(k->dev.machine, CAUSE_GUEST_RESET);
}

static void mode_set(struct i8042 *k, uint8_t mode)
{
    k->st.mode = mode;
    ps2_kbd_translate(k->kbd, mode & MODE_TRANSLATE);
}

static void data_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct i8042 *k = i8042(dev);
    uint8_t command = k->st.write_cmd;

    k->st.write_cmd = 0;
    switch (command) {
    case CMD_WRITE_MODE:
        mode_set(k, val);
        break;
    case CMD_WRITE_OUT:
        outport_set(k, val);
        break;
    case CMD_WRITE_OBF:
        answer(k, val, PENDING_OWN);
        break;
    case CMD_WRITE_MOUSE_OBF:
        answer(k, val, PENDING_OWN_MOUSE);
        break;
    case CMD_WRITE_MOUSE:               /* writing to a device switches its clock on */
        k->st.mode &= ~MODE_NO_MOUSE;
        ps2_mouse_write(k->mouse, val);
        break;
    default:
        k->st.mode &= ~MODE_NO_KBD;
        ps2_kbd_write(k->kbd, val);
        break;
    }
    fill(k);
}

/* Commands that answer; false: it is none of them. */
static bool command_answer(struct i8042 *k, uint8_t command)
{
    switch (command) {
    case CMD_READ_MODE:
        answer(k, k->st.mode, PENDING_OWN);
        return true;
    case CMD_TEST_MOUSE:
    case CMD_TEST_KBD:
        answer(k, 0x00, PENDING_OWN);
        return true;
    case CMD_SELF_TEST:
        k->st.status |= STATUS_SYSTEM;
        answer(k, 0x55, PENDING_OWN);
        return true;
    case CMD_READ_IN:
        answer(k, 0x80, PENDING_OWN);
        return true;
    case CMD_READ_OUT:
        answer(k, k->st.outport, PENDING_OWN);
        return true;
    default:
        return false;
    }
}

static void command_do(struct i8042 *k, uint8_t command)
{
    switch (command) {
    case CMD_NO_MOUSE:
        k->st.mode |= MODE_NO_MOUSE;
        break;
    case CMD_MOUSE:
        k->st.mode &= ~MODE_NO_MOUSE;
        break;
    case CMD_NO_KBD:
        k->st.mode |= MODE_NO_KBD;
        break;
    case CMD_KBD:
        k->st.mode &= ~MODE_NO_KBD;
        break;
    case CMD_A20_OFF:
        k->st.outport &= ~OUT_A20;
        break;
    case CMD_A20_ON:
        k->st.outport |= OUT_A20;
        break;
    case CMD_WRITE_MODE:
    case CMD_WRITE_OUT:
    case CMD_WRITE_OBF:
    case CMD_WRITE_MOUSE_OBF:
    case CMD_WRITE_MOUSE:
        k->st.write_cmd = command;
        break;
    default:
        guest_error(&k->dev, "unknown keyboard controller command", command);
        break;
    }
}

static void command_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct i8042 *k = i8042(dev);

    if (val >= CMD_PULSE) {             /* bits that are 0 pulse low; bit 0 is the CPU's reset */
        if (!(val & OUT_RUN))
            machine_request_reset(dev->machine, CAUSE_GUEST_RESET);
    } else if (!command_answer(k, val)) {
        command_do(k, val);
    }
    fill(k);
}

struct device *i8042_mouse(struct device *dev)
{
    return i8042(dev)->mouse;
}

#define K struct i8042

static const struct prop i8042_props[] = {
    PROP(K, "extended-state", extended_state, .def = true, .doc = "its stream says what the output buffer holds"),
    PROP(K, "kbd-irq", kbd_irq, .def = 1, .doc = "ISA line of the keyboard"),
    PROP(K, "kbd-throttle", kbd_throttle, .doc = "a millisecond passes between two bytes of the keyboard"),
    PROP(K, "mouse-irq", mouse_irq, .def = 12, .doc = "ISA line of the mouse"),
    {}
};
static const struct reg data_regs[] = {
    REG_FN(0, "DATA", 1, .read = data_read, .write = data_write, .doc = "output buffer; data of a command"),
    {}
};
static const struct reg command_regs[] = {
    REG(K, 0, "STATUS/COMMAND", status, .reset = STATUS_COMMAND | STATUS_UNLOCKED,
        .hw = STATUS_OBF | STATUS_SYSTEM | STATUS_MOUSE_OBF, .write = command_write,
        .doc = "read: status; write: a command"),
    {}
};
enum { REGION_DATA, REGION_COMMAND };
static const struct region_type i8042_regions[] = {
    { .name = "i8042-data", .size = 1, .min = 1, .max = 1, .ports = true, .regs = data_regs },
    { .name = "i8042-cmd", .size = 1, .min = 1, .max = 1, .ports = true, .regs = command_regs },
    {}
};

static uint64_t pending_get(const struct device *dev)
{
    const K *k = (const K *)dev;
    uint8_t pending = k->st.pending;

    if (k->cfg.extended_state)
        return pending;
    return (pending & PENDING_KBD ? PENDING_KBD_COMPAT : 0) | (pending & PENDING_MOUSE ? PENDING_MOUSE_COMPAT : 0);
}

static void pending_put(const struct device *dev, void *st, uint64_t val)
{
    ((struct i8042_state *)st)->pending = (val & (PENDING_OWNS | PENDING_KBD | PENDING_MOUSE)) |
                                          (val & PENDING_KBD_COMPAT ? PENDING_KBD : 0) |
                                          (val & PENDING_MOUSE_COMPAT ? PENDING_MOUSE : 0);
}

static uint64_t flags_get(const struct device *dev)
{
    return ((const K *)dev)->st.throttle_ns == TIMER_OFF ? 0 : MIGRATION_THROTTLED;
}

/* The wire does not say how long is left: the wait is over at once. */
static void flags_put(const struct device *dev, void *st, uint64_t val)
{
    ((struct i8042_state *)st)->throttle_ns = val & MIGRATION_THROTTLED ? clock_ns(dev) : TIMER_OFF;
}

/* Without a subsection of its own the output port is as after reset, but for the buffer's bits. */
static void status_put(const struct device *dev, void *st, uint64_t val)
{
    ((struct i8042_state *)st)->outport = OUT_RESET | out_full(val);
}

static bool outport_needed(const struct device *dev)
{
    const struct i8042_state *st = &((const K *)dev)->st;

    return st->outport != (OUT_RESET | out_full(st->status));
}

static bool extended_needed(const struct device *dev)
{
    return ((const K *)dev)->cfg.extended_state;
}

static const struct section i8042_subs[] = {
    { "pckbd_outport", 1, 1, .needed = outport_needed, .fields = (const struct field[]){
        FIELD(K, "outport", outport, .reset = OUT_RESET), {} } },
    { "pckbd/extended_state", 0, 0, .needed = extended_needed, .fields = (const struct field[]){
        COMPUTED("migration_flags", 4, .get = flags_get, .put = flags_put),
        FIELD(K, "obsrc", source, .max = FROM_KBD | FROM_MOUSE | FROM_CONTROLLER),
        FIELD(K, "obdata", last),
        FIELD(K, "cbdata", own_data), {} } },
    {}
};
static int i8042_check(const struct device *dev, const void *state, struct error **err)
{
    const struct i8042_state *st = state;

    if ((st->pending & PENDING_OWNS) == PENDING_OWNS)
        return error_set(err, -ERANGE, ERROR_RANGE, "pckbd.pending_tmp", T("%#x", st->pending),
                         "at most one of bits 2 and 3");
    return 0;
}

static const struct section i8042_section = {
    "pckbd", 3, 3, .subs = i8042_subs, .check = i8042_check, .fields = (const struct field[]){
        FIELD(K, "write_cmd", write_cmd),
        FIELD(K, "status", status, .put = status_put),
        FIELD(K, "mode", mode, .reset = MODE_KBD_INT | MODE_MOUSE_INT),
        COMPUTED("pending_tmp", 1, .get = pending_get, .put = pending_put),
        FIELD(K, "pending", pending, .hidden = true),
        FIELD(K, "throttle_ns", throttle_ns, .hidden = true, .reset = TIMER_OFF),
        ARRAY(K, "spare", spare, .hidden = true),
        {} },
};

static int port_new(struct i8042 *k, const char *type, const char *name, struct device **dev, struct error **err)
{
    *dev = device_new(k->dev.machine, device_type_find(type));
    return device_realize(*dev, &k->dev.obj, name, err);
}

static void children_free(struct i8042 *k)
{
    if (object_child(&k->dev.obj, "ps2mouse"))
        device_free(k->mouse);
    if (object_child(&k->dev.obj, "ps2kbd"))
        device_free(k->kbd);
    k->kbd = k->mouse = NULL;
}

static int children_new(struct i8042 *k, struct error **err)
{
    int r = port_new(k, "ps2-kbd", "ps2kbd", &k->kbd, err);

    if (!r)
        r = port_new(k, "ps2-mouse", "ps2mouse", &k->mouse, err);
    if (r < 0) {
        children_free(k);
        return r;
    }
    k->port.moved = device_moved;
    ps2_kbd_connect(k->kbd, &k->port);
    ps2_mouse_connect(k->mouse, &k->port);
    return 0;
}

static int i8042_realize(struct device *dev, struct error **err)
{
    struct i8042 *k = i8042(dev);
    int r = isa_irq(dev, &k->kbd_irq, "kbd-irq", k->cfg.kbd_irq, err);

    if (!r)
        r = isa_irq(dev, &k->mouse_irq, "mouse-irq", k->cfg.mouse_irq, err);
    if (!r)
        r = children_new(k, err);
    if (r < 0)
        return r;
    timer_init(&k->throttle, dev, &k->st.throttle_ns, throttle_over);
    device_map(dev, REGION_DATA, &dev->machine->io, DATA_PORT, 0);
    device_map(dev, REGION_COMMAND, &dev->machine->io, COMMAND_PORT, 0);
    return 0;
}

static void i8042_unrealize(struct device *dev)
{
    children_free(i8042(dev));
}

static void i8042_resumed(struct device *dev)
{
    struct i8042 *k = i8042(dev);

    timer_update(&k->throttle);
    i8042_outputs(dev);
    irq_refresh(&k->kbd_irq);
    irq_refresh(&k->mouse_irq);
}

static const struct device_type i8042_type = {
    .type = { .name = "i8042", .parent = "isa-device", .category = "input", .doc = "keyboard controller",
              DEVICE(K), TYPE_STATE(K), .props = i8042_props, .state = &i8042_section },
    .locking = LOCKING_CHIPSET,
    .bus = "ISA",
    .regions = i8042_regions,
    .realize = i8042_realize,
    .unrealize = i8042_unrealize,
    .resumed = i8042_resumed,
    .outputs = i8042_outputs,
};
DEVICE_TYPE(i8042_type);
