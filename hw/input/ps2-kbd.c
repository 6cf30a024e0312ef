/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/input/ps2-chip.h"

/*
 * PS/2 keyboard
 *
 * Commands, three scan code sets and the LEDs.  A key that is held repeats as its source repeats it: typematic
 * rate and delay are acknowledged and have no effect.  Not modelled: the commands of set 3 that choose what a
 * single key reports (F7, F8, F9, FB, FD are refused as the reference does; FA and FC are acknowledged), resending.
 * Reference: IBM PS/2 Hardware Interface Technical Reference, keyboard section.
 *
 * Invariant: bytes are translated before they queue, so that a change of the translation does not meet old bytes.
 */

#include "core/machine.h"
#include "hw/input/scancodes.h"

#include <errno.h>

enum {
    CMD_NOP = 0x00, CMD_LEDS = 0xed, CMD_ECHO = 0xee, CMD_SET = 0xf0, CMD_ID = 0xf2, CMD_RATE = 0xf3, CMD_ENABLE = 0xf4,
    CMD_DISABLE = 0xf5, CMD_DEFAULT = 0xf6, CMD_ALL_MAKE_BREAK = 0xfa, CMD_KEY_MAKE_BREAK = 0xfc, CMD_RESET = 0xff,
};

struct ps2_kbd {
    struct device dev;
    struct ps2_kbd_state {
        struct ps2_state common;
        uint32_t scan_enabled, translate, scancode_set, leds;
        uint32_t modifiers;             /* that are held, as Print Screen and Pause need them */
    } st;
    struct ps2_port *port;
    struct input_handler handler;
    struct input_event event;           /* on its way in; home loop */
};

static struct ps2_kbd *kbd(struct device *dev)
{
    return (struct ps2_kbd *)dev;
}

static void take_event(struct device *dev)
{
    struct ps2_kbd *k = kbd(dev);
    const struct input_event *e = &k->event;
    unsigned modifier = scan_modifier(e->code), n;
    uint8_t bytes[SCANCODES_MAX];

    n = scan_sequence(k->st.scancode_set, e->code, e->down, k->st.modifiers, bytes);
    k->st.modifiers = (k->st.modifiers & ~modifier) | (e->down ? modifier : 0);
    if (k->st.translate)
        n = scan_translate(bytes, n);
    if (k->st.scan_enabled)
        ps2_queue(&k->st.common, bytes, n, 0);
    if (k->port)
        k->port->moved(k->port);
}

static void event(struct input_handler *h, const struct input_event *e)
{
    struct ps2_kbd *k = list_entry(h, struct ps2_kbd, handler);

    k->event = *e;
    device_enter(&k->dev, take_event);
}

static void defaults(struct ps2_kbd *k, bool enabled)
{
    ps2_flush(&k->st.common);
    k->st.scan_enabled = enabled;
    k->st.scancode_set = 2;
    k->st.leds = 0;
}

static void reply(struct ps2_kbd *k, const char *bytes, unsigned n)
{
    ps2_reply(&k->st.common, (const uint8_t *)bytes, n);
}
#define REPLY(k, text) reply(k, text, sizeof(text) - 1)

static void command(struct ps2_kbd *k, uint8_t byte)
{
    switch (byte) {
    case CMD_NOP:
    case CMD_ALL_MAKE_BREAK:
        REPLY(k, "\xfa");
        break;
    case CMD_ECHO:
        REPLY(k, "\xee");
        break;
    case CMD_ID:                        /* AB 83, or as the translation shows it */
        if (k->st.translate)
            REPLY(k, "\xfa\xab\x41");
        else
            REPLY(k, "\xfa\xab\x83");
        break;
    case CMD_ENABLE:
        k->st.scan_enabled = 1;
        REPLY(k, "\xfa");
        break;
    case CMD_DISABLE:
    case CMD_DEFAULT:
        defaults(k, byte == CMD_DEFAULT);
        REPLY(k, "\xfa");
        break;
    case CMD_LEDS:
    case CMD_SET:
    case CMD_RATE:
    case CMD_KEY_MAKE_BREAK:
        k->st.common.write_cmd = byte;
        REPLY(k, "\xfa");
        break;
    case CMD_RESET:
        defaults(k, true);
        REPLY(k, "\xfa\xaa");
        break;
    default:
        REPLY(k, "\xfe");
        break;
    }
}

/* 0 asks for the set in use. */
static void choose_set(struct ps2_kbd *k, uint8_t byte)
{
    static const uint8_t translated[] = { 0x43, 0x41, 0x3f };
    uint8_t answer[2] = { PS2_ACK };

    if (byte > 3) {
        REPLY(k, "\xfe");
    } else if (byte) {
        k->st.scancode_set = byte;
        REPLY(k, "\xfa");
    } else {
        answer[1] = k->st.translate ? translated[k->st.scancode_set - 1] : k->st.scancode_set;
        ps2_reply(&k->st.common, answer, sizeof(answer));
    }
}

void ps2_kbd_write(struct device *dev, uint8_t byte)
{
    struct ps2_kbd *k = kbd(dev);
    uint32_t waiting = k->st.common.write_cmd;

    k->st.common.write_cmd = PS2_NONE;
    if (waiting == PS2_NONE) {
        command(k, byte);
        return;
    }
    if (waiting == CMD_SET) {
        choose_set(k, byte);
        return;
    }
    if (waiting == CMD_LEDS)
        k->st.leds = byte & 7;
    REPLY(k, "\xfa");
}

void ps2_kbd_translate(struct device *dev, bool on)
{
    kbd(dev)->st.translate = on;
}

void ps2_kbd_connect(struct device *dev, struct ps2_port *port)
{
    kbd(dev)->port = port;
}

#define K struct ps2_kbd

static bool leds_needed(const struct device *dev)
{
    return ((const K *)dev)->st.leds;
}

static bool replies_needed(const struct device *dev)
{
    return ((const K *)dev)->st.common.cwptr != PS2_NONE;
}

static int kbd_check(const struct device *dev, const void *state, struct error **err)
{
    const struct ps2_kbd_state *st = state;

    if (!st->scancode_set)
        return error_set(err, -ERANGE, ERROR_RANGE, "ps2kbd.scancode_set", "0", "1 to 3");
    return ps2_check(&st->common, "ps2kbd", err);
}

static const struct section kbd_subs[] = {
    { "ps2kbd/ledstate", 3, 2, .needed = leds_needed, .fields = (const struct field[]){
        FIELD(K, "ledstate", leds, .type = "int32", .max = 7), {} } },
    { "ps2kbd/command_reply_queue", 0, 0, .needed = replies_needed, .fields = (const struct field[]){
        FIELD(K, "parent_obj.queue.cwptr", common.cwptr, .type = "int32", .reset = PS2_NONE), {} } },
    {}
};
static const struct section kbd_section = {
    "ps2kbd", 3, 3, .subs = kbd_subs, .check = kbd_check, .fields = (const struct field[]){
        STRUCT(K, "parent_obj", common, ps2_fields),
        FIELD(K, "scan_enabled", scan_enabled, .type = "int32", .reset = 1, .max = 1),
        FIELD(K, "translate", translate, .type = "int32", .max = 1),
        FIELD(K, "scancode_set", scancode_set, .type = "int32", .reset = 2, .max = 3),
        FIELD(K, "modifiers", modifiers, .hidden = true),
        {} },
};

static int kbd_realize(struct device *dev, struct error **err)
{
    struct ps2_kbd *k = kbd(dev);

    k->handler = (struct input_handler){ .name = "QEMU PS/2 Keyboard", .kinds = 1 << INPUT_KEY, .event = event };
    if (dev->machine->input)
        input_attach(dev->machine->input, &k->handler);
    return 0;
}

static void kbd_unrealize(struct device *dev)
{
    input_detach(&kbd(dev)->handler);
}

static const struct device_type ps2_base = {
    .type = { .name = "ps2-device", .parent = "device", .doc = "a PS/2 device", .abstract = true, .state = &no_state },
};
DEVICE_TYPE(ps2_base);

static const struct device_type kbd_type = {
    .type = { .name = "ps2-kbd", .parent = "ps2-device", .doc = "PS/2 keyboard", .internal = true,
              DEVICE(K), TYPE_STATE(K), .state = &kbd_section },
    .locking = LOCKING_CHIPSET,
    .realize = kbd_realize,
    .unrealize = kbd_unrealize,
};
DEVICE_TYPE(kbd_type);
