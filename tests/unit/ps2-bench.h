/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A bench with a keyboard controller: what a guest sees at ports 60h and 64h, and a source of input events
 */

#include "tests/unit/hw-bench.h"
#include "ui/input.h"

enum { KBD_LINE = 1, MOUSE_LINE = 12 };

struct ps2_bench {
    struct bench b;
    struct input input;
    struct device *i8042;
};

/* prop: a property set to "on"; NULL: none */
static inline void ps2_init(struct ps2_bench *p, const char *prop, const char *value)
{
    bench_init(&p->b, 0);
    input_init(&p->input, p->b.loop);
    p->b.m->input = &p->input;
    p->i8042 = device_new(p->b.m, device_type_find("i8042"));
    if (prop)
        CHECK(!device_set(p->i8042, prop, value, NULL));
    CHECK(!device_realize(p->i8042, NULL, NULL, NULL));
}

static inline uint8_t status(struct ps2_bench *p)
{
    return port_in(&p->b, 0x64);
}

/* All bytes that wait, as text: k or m says whose they are. */
static inline const char *drain(struct ps2_bench *p)
{
    static char text[1024];
    size_t n = 0;

    text[0] = 0;
    for (unsigned i = 0; i < 64; i++) {
        uint8_t s = status(p);

        if (!(s & 1))
            break;
        n += snprintf(text + n, sizeof(text) - n, "%s%c%02x", n ? " " : "", s & 0x20 ? 'm' : 'k',
                      port_in(&p->b, 0x60));
    }
    return text;
}

static inline const char *to_kbd(struct ps2_bench *p, uint8_t byte)
{
    port_out(&p->b, 0x60, byte);
    return drain(p);
}

static inline const char *to_mouse(struct ps2_bench *p, uint8_t byte)
{
    port_out(&p->b, 0x64, 0xd4);
    port_out(&p->b, 0x60, byte);
    return drain(p);
}

static inline const char *command(struct ps2_bench *p, uint8_t byte)
{
    port_out(&p->b, 0x64, byte);
    return drain(p);
}

static inline void mode(struct ps2_bench *p, uint8_t val)
{
    port_out(&p->b, 0x64, 0x60);
    port_out(&p->b, 0x60, val);
}

static inline void key(struct ps2_bench *p, enum input_key code, bool down)
{
    input_send(&p->input, &(struct input_event){ INPUT_KEY, .code = code, .down = down });
    input_sync(&p->input);
}

static inline void move(struct ps2_bench *p, int32_t dx, int32_t dy)
{
    input_send(&p->input, &(struct input_event){ INPUT_REL, .code = AXIS_X, .value = dx });
    input_send(&p->input, &(struct input_event){ INPUT_REL, .code = AXIS_Y, .value = dy });
    input_sync(&p->input);
}

static inline void button(struct ps2_bench *p, enum input_button code, bool down)
{
    input_send(&p->input, &(struct input_event){ INPUT_BUTTON, .code = code, .down = down });
    input_sync(&p->input);
}
