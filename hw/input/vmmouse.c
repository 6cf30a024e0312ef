/* SPDX-License-Identifier: Apache-2.0 */

/*
 * vmmouse: VMware's pointer, whose packets a driver fetches through vmport
 *
 * The PS/2 mouse tells the driver by an empty packet that there is something; the packets proper, with absolute
 * positions if the driver asks for them, wait here in words.  Of the driver's errors (a wrong size of a fetch) it
 * reports that it is off.
 * Reference: the protocol of VMware's open vmmouse driver (commands 39 to 41 of the back door).
 *
 * Invariant: packets are queued whole; n_queue is at most QUEUE.
 */

#include "core/machine.h"
#include "hw/input/i8042.h"
#include "hw/input/ps2.h"
#include "hw/isa/vmport.h"
#include "ui/input.h"

#include <errno.h>

enum { DATA = 39, STATUS = 40, COMMAND = 41 };
enum { READ_ID = 0x45414552, DISABLE = 0xf5, REQUEST_RELATIVE = 0x4c455252, REQUEST_ABSOLUTE = 0x53424152 };
enum { ID = 0x3442554a, OFF = 0xffff };
enum { QUEUE = 1024, PACKET = 4, FETCH_MAX = 6 };
enum { RIGHT = 0x10, LEFT = 0x20, MIDDLE = 0x08, RELATIVE_PACKET = 0x10000 };

struct vmmouse {
    struct device dev;
    struct vmmouse_state {
        uint32_t queue[QUEUE];
        int32_t x, y, dz;               /* what has come since the last packet; not in the stream */
        uint16_t n_queue, status;
        uint8_t absolute;
        uint8_t buttons;
        uint8_t spare[2];
    } st;
    struct device *ps2;                 /* the mouse that tells the driver; NULL: none */
    struct input_handler handler;
    struct input_event event;           /* on its way in; home loop */
    struct work follow;
};

static struct vmmouse *vmmouse(struct device *dev)
{
    return (struct vmmouse *)dev;
}

static void take_button(struct vmmouse *v, unsigned code, bool down)
{
    static const uint8_t bits[BUTTONS] = { [BUTTON_LEFT] = LEFT, [BUTTON_RIGHT] = RIGHT, [BUTTON_MIDDLE] = MIDDLE };

    v->st.buttons = (v->st.buttons & ~bits[code]) | (down ? bits[code] : 0);
    if (down && code == BUTTON_WHEEL_UP)
        v->st.dz--;
    if (down && code == BUTTON_WHEEL_DOWN)
        v->st.dz++;
}

static void take_event(struct device *dev)
{
    struct vmmouse *v = vmmouse(dev);
    const struct input_event *e = &v->event;
    int32_t *axis = e->code == AXIS_X ? &v->st.x : &v->st.y;

    if (e->kind == INPUT_BUTTON)
        take_button(v, e->code, e->down);
    else if (e->kind == INPUT_ABS)
        *axis = e->value * 2;
    else
        *axis = (uint32_t)*axis + (uint32_t)e->value;
}

static void packet_queue(struct device *dev)
{
    struct vmmouse *v = vmmouse(dev);
    bool absolute = v->st.absolute;
    uint32_t *to = &v->st.queue[v->st.n_queue];

    if (v->st.status == OFF || v->st.n_queue > QUEUE - PACKET)
        return;
    to[0] = v->st.buttons | (absolute ? 0 : RELATIVE_PACKET);
    to[1] = v->st.x;
    to[2] = absolute ? (uint32_t)v->st.y : -(uint32_t)v->st.y;
    to[3] = v->st.dz;
    v->st.n_queue += PACKET;
    v->st.dz = 0;
    if (!absolute)
        v->st.x = v->st.y = 0;
    if (v->ps2)
        ps2_mouse_nudge(v->ps2);
}

static void event(struct input_handler *h, const struct input_event *e)
{
    struct vmmouse *v = list_entry(h, struct vmmouse, handler);

    v->event = *e;
    device_enter(&v->dev, take_event);
}

static void sync(struct input_handler *h)
{
    device_enter(&list_entry(h, struct vmmouse, handler)->dev, packet_queue);
}

/* On the home loop: takes or leaves the events that the driver's last command asks for. */
static void follow(struct device *dev)
{
    struct vmmouse *v = vmmouse(dev);

    input_detach(&v->handler);
    v->handler.kinds = 1 << INPUT_BUTTON | (v->st.absolute ? 1 << INPUT_ABS : 1 << INPUT_REL);
    if (dev->machine->input && v->st.status != OFF)
        input_attach(dev->machine->input, &v->handler);
}

static void turn_off(struct vmmouse *v)
{
    v->st.status = OFF;
    work_post(&v->follow);
}

static void read_id(struct vmmouse *v)
{
    if (v->st.n_queue == QUEUE)
        return;
    v->st.queue[v->st.n_queue++] = ID;
    v->st.status = 0;
    work_post(&v->follow);
}

static void command(struct device *dev, struct vmport_regs *r)
{
    struct vmmouse *v = vmmouse(dev);

    switch (r->ebx) {
    case READ_ID:
        read_id(v);
        break;
    case DISABLE:
        turn_off(v);
        break;
    case REQUEST_RELATIVE:
    case REQUEST_ABSOLUTE:
        v->st.absolute = r->ebx == REQUEST_ABSOLUTE;
        work_post(&v->follow);
        break;
    default:
        guest_error(dev, "unknown command", r->ebx);
        break;
    }
}

static void status(struct device *dev, struct vmport_regs *r)
{
    r->eax = (uint32_t)vmmouse(dev)->st.status << 16 | vmmouse(dev)->st.n_queue;
}

static void data(struct device *dev, struct vmport_regs *r)
{
    uint32_t *const to[FETCH_MAX] = { &r->eax, &r->ebx, &r->ecx, &r->edx, &r->esi, &r->edi };
    struct vmmouse *v = vmmouse(dev);
    uint32_t n = r->ebx;

    if (!n || n > FETCH_MAX || n > v->st.n_queue) {
        guest_error(dev, "a fetch of more than there is, or of nothing", n);
        turn_off(v);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        *to[i] = v->st.queue[i];
    v->st.n_queue -= n;
    memmove(v->st.queue, v->st.queue + n, v->st.n_queue * sizeof(v->st.queue[0]));
}

#define V struct vmmouse

static uint64_t queue_size(const struct device *dev)
{
    return QUEUE;
}

static const struct section vmmouse_section = {
    "vmmouse", 0, 0, .fields = (const struct field[]){
        COMPUTED("queue_size", 4, .type = "int32 equal", .equal = true, .get = queue_size),
        ARRAY(V, "queue", queue),
        FIELD(V, "nb_queue", n_queue, .max = QUEUE),
        FIELD(V, "status", status, .reset = OFF),
        FIELD(V, "absolute", absolute, .max = 1),
        FIELD(V, "x", x, .hidden = true),
        FIELD(V, "y", y, .hidden = true),
        FIELD(V, "dz", dz, .hidden = true),
        FIELD(V, "buttons", buttons, .hidden = true),
        ARRAY(V, "spare", spare, .hidden = true),
        {} },
};

static struct device *mouse_find(struct machine *m)
{
    struct device *keyboard_controller = device_find(m, device_type_find("i8042"));

    return keyboard_controller ? i8042_mouse(keyboard_controller) : NULL;
}

static int vmmouse_realize(struct device *dev, struct error **err)
{
    struct vmmouse *v = vmmouse(dev);
    int r = vmport_register(dev, DATA, data, err);

    if (!r)
        r = vmport_register(dev, STATUS, status, err);
    if (!r)
        r = vmport_register(dev, COMMAND, command, err);
    if (r < 0) {
        vmport_unregister(dev);
        return r;
    }
    v->ps2 = mouse_find(dev->machine);
    v->handler = (struct input_handler){ .name = "vmmouse", .event = event, .sync = sync };
    work_init(&v->follow, dev, follow);
    return 0;
}

static void vmmouse_unrealize(struct device *dev)
{
    input_detach(&vmmouse(dev)->handler);
    vmport_unregister(dev);
}

static void vmmouse_resumed(struct device *dev)
{
    work_post(&vmmouse(dev)->follow);
}

static const struct device_type vmmouse_type = {
    .type = { .name = "vmmouse", .parent = "isa-device", .category = "input", .doc = "VMware's pointer",
              DEVICE(V), TYPE_STATE(V), .state = &vmmouse_section },
    .locking = LOCKING_CHIPSET,
    .bus = "ISA",
    .realize = vmmouse_realize,
    .unrealize = vmmouse_unrealize,
    .resumed = vmmouse_resumed,
};
DEVICE_TYPE(vmmouse_type);
