/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/input/ps2-chip.h"

/*
 * PS/2 mouse, with the extensions of IntelliMouse (wheel) and IntelliMouse Explorer (buttons 4 and 5)
 *
 * Movement adds up and becomes packets when a group of input events ends, as long as they fit into the output
 * buffer; what is left stays for the next group.  The sample rate is kept for the guest and the knock, and does
 * not limit packets.  Not modelled: scaling 2:1 and resolution (movement is what the source says), resending.
 * Reference: IBM PS/2 Hardware Interface Technical Reference, mouse section; Microsoft wheel mouse data format.
 *
 * Invariant: a packet is queued whole or not at all.
 */

#include "core/machine.h"
#include "ui/input.h"

enum {
    CMD_SCALE_1 = 0xe6, CMD_SCALE_2 = 0xe7, CMD_RESOLUTION = 0xe8, CMD_STATUS = 0xe9, CMD_STREAM = 0xea,
    CMD_POLL = 0xeb, CMD_UNWRAP = 0xec, CMD_WRAP = 0xee, CMD_REMOTE = 0xf0, CMD_ID = 0xf2, CMD_RATE = 0xf3,
    CMD_ENABLE = 0xf4, CMD_DISABLE = 0xf5, CMD_DEFAULT = 0xf6, CMD_RESET = 0xff,
};
enum { STATUS_SCALE_2 = 1 << 4, STATUS_ENABLED = 1 << 5, STATUS_REMOTE = 1 << 6 };
enum { TYPE_PS2 = 0, TYPE_WHEEL = 3, TYPE_EXPLORER = 4 };
enum { LEFT = 1 << 0, RIGHT = 1 << 1, MIDDLE = 1 << 2, SIDE = 1 << 3, EXTRA = 1 << 4, FIRST_THREE = 7 };
enum { MOVED_MAX = 1 << 20 };           /* where movement that nobody fetches stops adding up */

struct ps2_mouse {
    struct device dev;
    struct {
        struct ps2_state common;
        int32_t dx, dy, dz;             /* not yet reported; dy upwards, dz towards the user */
        int32_t dw;                     /* the wheel's tilt to the left; not in the stream */
        uint8_t status, resolution, sample_rate, wrap, type, detect, buttons;
        uint8_t spare;
    } st;
    struct ps2_port *port;
    struct input_handler handler;
    struct input_event event;           /* on its way in; home loop */
};

static struct ps2_mouse *mouse(struct device *dev)
{
    return (struct ps2_mouse *)dev;
}

/* As much of what has moved as a byte of the packet holds. */
static int take(int32_t *moved, int max)
{
    int n = *moved > max ? max : *moved < -max ? -max : *moved;

    *moved -= n;
    return n;
}

/* The fourth byte: the wheel; an Explorer's has the further buttons, or a tilt, beside it. */
static uint8_t wheel_byte(struct ps2_mouse *m)
{
    if (m->st.type == TYPE_WHEEL)
        return take(&m->st.dz, 127);
    if (m->st.dw && !m->st.dz)
        return 0x40 | (take(&m->st.dw, 31) & 0x3f);
    return (take(&m->st.dz, 7) & 0x0f) | (m->st.buttons & (SIDE | EXTRA)) << 1;
}

static void packet_send(struct ps2_mouse *m, unsigned extra)
{
    int dx = take(&m->st.dx, 127), dy = take(&m->st.dy, 127);
    uint8_t bytes[4] = { 0x08 | (dy < 0) << 5 | (dx < 0) << 4 | (m->st.buttons & FIRST_THREE), dx, dy };

    if (m->st.type == TYPE_PS2) {
        m->st.dz = m->st.dw = 0;
        ps2_queue(&m->st.common, bytes, 3, extra);
        return;
    }
    bytes[3] = wheel_byte(m);
    if (m->st.type == TYPE_WHEEL)
        m->st.dw = 0;
    ps2_queue(&m->st.common, bytes, 4, extra);
}

static bool moved(const struct ps2_mouse *m)
{
    return m->st.dx || m->st.dy || m->st.dz || m->st.dw;
}

static void packets_send(struct device *dev)
{
    struct ps2_mouse *m = mouse(dev);
    unsigned size = m->st.type == TYPE_PS2 ? 3 : 4;

    if (!(m->st.status & STATUS_ENABLED) || m->st.status & STATUS_REMOTE)
        return;
    for (bool first = true; ps2_room(&m->st.common) >= size && (first || moved(m)); first = false)
        packet_send(m, 0);
    if (m->port)
        m->port->moved(m->port);
}

void ps2_mouse_nudge(struct device *dev)
{
    packets_send(dev);
}

static void add(int32_t *to, int64_t delta)
{
    int64_t sum = *to + delta;

    *to = sum > MOVED_MAX ? MOVED_MAX : sum < -MOVED_MAX ? -MOVED_MAX : sum;
}

static void take_button(struct ps2_mouse *m, unsigned code, bool down)
{
    static const uint8_t bits[BUTTONS] = {
        [BUTTON_LEFT] = LEFT, [BUTTON_RIGHT] = RIGHT, [BUTTON_MIDDLE] = MIDDLE, [BUTTON_SIDE] = SIDE,
        [BUTTON_EXTRA] = EXTRA,
    };

    m->st.buttons = (m->st.buttons & ~bits[code]) | (down ? bits[code] : 0);
    if (code == BUTTON_WHEEL_UP || code == BUTTON_WHEEL_DOWN)
        add(&m->st.dz, !down ? 0 : code == BUTTON_WHEEL_UP ? -1 : 1);
    if (code == BUTTON_WHEEL_LEFT || code == BUTTON_WHEEL_RIGHT)
        add(&m->st.dw, !down ? 0 : code == BUTTON_WHEEL_LEFT ? 1 : -1);
}

static void take_event(struct device *dev)
{
    struct ps2_mouse *m = mouse(dev);
    const struct input_event *e = &m->event;

    if (!(m->st.status & STATUS_ENABLED))
        return;
    if (e->kind == INPUT_BUTTON)
        take_button(m, e->code, e->down);
    else if (e->code == AXIS_X)
        add(&m->st.dx, e->value);
    else
        add(&m->st.dy, -(int64_t)e->value);
}

static void event(struct input_handler *h, const struct input_event *e)
{
    struct ps2_mouse *m = list_entry(h, struct ps2_mouse, handler);

    m->event = *e;
    device_enter(&m->dev, take_event);
}

static void sync(struct input_handler *h)
{
    device_enter(&list_entry(h, struct ps2_mouse, handler)->dev, packets_send);
}

static void answer(struct ps2_mouse *m, const uint8_t *bytes, unsigned n)
{
    ps2_queue(&m->st.common, bytes, n, PS2_REPLY);
}

static void acknowledge(struct ps2_mouse *m)
{
    answer(m, (const uint8_t[]){ PS2_ACK }, 1);
}

static void defaults(struct ps2_mouse *m)
{
    m->st.sample_rate = 100;
    m->st.resolution = 2;
    m->st.status = 0;
}

static void reset(struct ps2_mouse *m)
{
    defaults(m);
    m->st.type = TYPE_PS2;
    m->st.detect = m->st.wrap = 0;
    m->st.dx = m->st.dy = m->st.dz = m->st.dw = 0;
    ps2_flush(&m->st.common);
    answer(m, (const uint8_t[]){ PS2_ACK, PS2_SELF_TEST_OK, 0 }, 3);
}

static void answer_status(struct ps2_mouse *m)
{
    uint8_t held = m->st.buttons;
    uint8_t buttons = (held & LEFT ? 4 : 0) | (held & MIDDLE ? 2 : 0) | (held & RIGHT ? 1 : 0);

    answer(m, (const uint8_t[]){ PS2_ACK, m->st.status | buttons, m->st.resolution, m->st.sample_rate }, 4);
}

static void status_set(struct ps2_mouse *m, uint8_t bit, bool on)
{
    m->st.status = (m->st.status & ~bit) | (on ? bit : 0);
    acknowledge(m);
}

static void command(struct ps2_mouse *m, uint8_t byte)
{
    switch (byte) {
    case CMD_SCALE_1:
    case CMD_SCALE_2:
        status_set(m, STATUS_SCALE_2, byte == CMD_SCALE_2);
        break;
    case CMD_STREAM:
    case CMD_REMOTE:
        status_set(m, STATUS_REMOTE, byte == CMD_REMOTE);
        break;
    case CMD_ENABLE:
    case CMD_DISABLE:
        status_set(m, STATUS_ENABLED, byte == CMD_ENABLE);
        break;
    case CMD_RESOLUTION:
    case CMD_RATE:
        m->st.common.write_cmd = byte;
        acknowledge(m);
        break;
    case CMD_STATUS:
        answer_status(m);
        break;
    case CMD_POLL:
        acknowledge(m);
        packet_send(m, PS2_REPLY);
        break;
    case CMD_WRAP:
        m->st.wrap = 1;
        acknowledge(m);
        break;
    case CMD_ID:
        answer(m, (const uint8_t[]){ PS2_ACK, m->st.type }, 2);
        break;
    case CMD_DEFAULT:
        defaults(m);
        acknowledge(m);
        break;
    case CMD_RESET:
        reset(m);
        break;
    default:
        guest_error(&m->dev, "unknown mouse command", byte);
        break;
    }
}

/* The knock: rates 200, 100, 80 ask for a wheel, 200, 200, 80 for further buttons. */
static void knock(struct ps2_mouse *m, uint8_t rate)
{
    enum { NOTHING, HEARD_200, HEARD_200_100, HEARD_200_200 };
    uint8_t heard = m->st.detect;

    m->st.detect = NOTHING;
    if (rate == 200)
        m->st.detect = heard == HEARD_200 ? HEARD_200_200 : heard == NOTHING ? HEARD_200 : NOTHING;
    else if (rate == 100 && heard == HEARD_200)
        m->st.detect = HEARD_200_100;
    else if (rate == 80 && heard == HEARD_200_100)
        m->st.type = TYPE_WHEEL;
    else if (rate == 80 && heard == HEARD_200_200)
        m->st.type = TYPE_EXPLORER;
}

void ps2_mouse_write(struct device *dev, uint8_t byte)
{
    struct ps2_mouse *m = mouse(dev);
    uint32_t waiting = m->st.common.write_cmd;

    m->st.common.write_cmd = PS2_NONE;
    if (waiting == CMD_RATE) {
        m->st.sample_rate = byte;
        knock(m, byte);
        acknowledge(m);
    } else if (waiting == CMD_RESOLUTION) {
        m->st.resolution = byte;
        acknowledge(m);
    } else if (m->st.wrap && byte == CMD_UNWRAP) {
        m->st.wrap = 0;
        acknowledge(m);
    } else if (m->st.wrap && byte != CMD_RESET) {
        answer(m, &byte, 1);
    } else {
        command(m, byte);
    }
}

void ps2_mouse_connect(struct device *dev, struct ps2_port *port)
{
    mouse(dev)->port = port;
}

#define M struct ps2_mouse

static int mouse_check(const struct device *dev, const void *st, struct error **err)
{
    return ps2_check(st, "ps2mouse", err);
}

/* A stream may bring any number; what a sum can reach is all that is kept. */
static void moved_bound(int32_t *moved)
{
    add(moved, 0);
}

static void mouse_resumed(struct device *dev)
{
    struct ps2_mouse *m = mouse(dev);

    moved_bound(&m->st.dx);
    moved_bound(&m->st.dy);
    moved_bound(&m->st.dz);
}

static const struct section mouse_section = {
    "ps2mouse", 2, 2, .check = mouse_check, .fields = (const struct field[]){
        STRUCT(M, "parent_obj", common, ps2_fields),
        FIELD(M, "mouse_status", status),
        FIELD(M, "mouse_resolution", resolution),
        FIELD(M, "mouse_sample_rate", sample_rate),
        FIELD(M, "mouse_wrap", wrap, .max = 1),
        FIELD(M, "mouse_type", type, .max = TYPE_EXPLORER),
        FIELD(M, "mouse_detect_state", detect, .max = 3),
        FIELD(M, "mouse_dx", dx, .type = "int32"),
        FIELD(M, "mouse_dy", dy, .type = "int32"),
        FIELD(M, "mouse_dz", dz, .type = "int32"),
        FIELD(M, "mouse_buttons", buttons, .max = 0x1f),
        FIELD(M, "cwptr", common.cwptr, .hidden = true, .reset = PS2_NONE),
        FIELD(M, "dw", dw, .hidden = true),
        FIELD(M, "spare", spare, .hidden = true),
        {} },
};

static int mouse_realize(struct device *dev, struct error **err)
{
    struct ps2_mouse *m = mouse(dev);

    m->handler = (struct input_handler){ .name = "QEMU PS/2 Mouse", .kinds = 1 << INPUT_BUTTON | 1 << INPUT_REL,
                                         .event = event, .sync = sync };
    if (dev->machine->input)
        input_attach(dev->machine->input, &m->handler);
    return 0;
}

static void mouse_unrealize(struct device *dev)
{
    input_detach(&mouse(dev)->handler);
}

static const struct device_type mouse_type = {
    .type = { .name = "ps2-mouse", .parent = "ps2-device", .doc = "PS/2 mouse", .internal = true,
              DEVICE(M), TYPE_STATE(M), .state = &mouse_section },
    .locking = LOCKING_CHIPSET,
    .realize = mouse_realize,
    .unrealize = mouse_unrealize,
    .resumed = mouse_resumed,
};
DEVICE_TYPE(mouse_type);
