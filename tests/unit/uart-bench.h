/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A 16550A on a bench, and a line that the test plays: bytes sent and coming, room, breaks
 */

#include "hw/char/uart.h"
#include "tests/unit/hw-bench.h"

static struct bench b;
static struct device *chip;
static struct irq irq;
static uint8_t sent[64], coming[64];
static size_t n_sent, n_coming, room;
static bool broken, lies;
static unsigned breaks;
static struct uart_setting setting;

static inline size_t line_send(void *opaque, const uint8_t *bytes, size_t n)
{
    size_t i;

    for (i = 0; i < n && room; i++, room--)
        sent[n_sent++] = bytes[i];
    return i;
}

static inline size_t line_receive(void *opaque, uint8_t *bytes, size_t n)
{
    n = n < n_coming ? n : n_coming;
    memcpy(bytes, coming, n);
    memmove(coming, coming + n, n_coming -= n);
    return n + (lies && n);
}

static void line_set(void *opaque, const struct uart_setting *s)
{
    breaks += s->in_break != broken;
    broken = s->in_break;
    setting = *s;
}

static inline void begin(void)
{
    bench_init(&b, 0);
    irq = (struct irq){ .sink = &b.sink, .line = 4 };
    n_sent = n_coming = breaks = 0;
    lies = false;
    room = sizeof(sent);
    chip = device_new(b.m, device_type_find("serial"));
    uart_connect(chip, &irq, &(struct uart_line){ line_send, line_receive, line_set, NULL });
    CHECK(!device_realize(chip, NULL, NULL, NULL));
    machine_run_posted(b.m);
}

static inline uint8_t in(unsigned at)
{
    return device_read(chip, 0, at, 1);
}

static inline void out(unsigned at, uint8_t val)
{
    device_write(chip, 0, at, 1, val);
}

static inline void kick(void)
{
    uart_kick(chip);
    machine_run_posted(b.m);
}

static inline void type(const char *text)
{
    memcpy(coming + n_coming, text, strlen(text));
    n_coming += strlen(text);
    kick();
}
