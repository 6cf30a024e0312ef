/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * 16550A UART: what its binding (ISA, PCI, MMIO) and the line see
 *
 * The chip puts bytes on the line and takes them from it inside its own entries, and never waits
 * for either.  Whoever stands for the line calls uart_kick() when it has bytes for the chip, or has
 * room again after it took fewer than it was offered.
 */

#include "core/device.h"

/* What the chip puts on the line beside bytes. */
struct uart_setting {
    uint32_t speed;             /* bits a second */
    uint8_t data_bits, stop_bits;
    char parity;                /* 'N', 'E', 'O' */
    bool in_break, dtr, rts;
};

struct uart_line {
    /* Inside an entry of the chip, any thread.  Both return how many bytes went; must not block. */
    size_t (*send)(void *opaque, const uint8_t *bytes, size_t n);
    size_t (*receive)(void *opaque, uint8_t *bytes, size_t n);
    void (*set)(void *opaque, const struct uart_setting *s);    /* NULL: nobody cares */
    void *opaque;
};

/* Before realize.  irq: borrowed, may be NULL.  line: copied; NULL: nothing comes, output vanishes. */
void uart_connect(struct device *dev, struct irq *irq, const struct uart_line *line);
/* From any thread. */
void uart_kick(struct device *dev);
/* The line was broken at the far end.  From any thread. */
void uart_break_received(struct device *dev);
