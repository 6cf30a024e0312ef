/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * 16550A UART: bits, state and parts, private to its three files:
 * uart.c (the guest's side), uart-line.c (the line's side) and uart-state.c (the wire form)
 */

#include "hw/char/uart.h"

#define FIFO_LEN 16

enum { IER_RX = 1 << 0, IER_TX = 1 << 1, IER_LINE = 1 << 2, IER_MODEM = 1 << 3 };
enum { FCR_ENABLE = 1 << 0, FCR_CLEAR_RX = 1 << 1, FCR_CLEAR_TX = 1 << 2, FCR_KEPT = 0xc9 };
enum { LCR_BITS = 3 << 0, LCR_TWO_STOP = 1 << 2, LCR_PARITY = 1 << 3, LCR_EVEN = 1 << 4, LCR_BREAK = 1 << 6,
       LCR_DLAB = 1 << 7 };
enum { MCR_DTR = 1 << 0, MCR_RTS = 1 << 1, MCR_OUT1 = 1 << 2, MCR_OUT2 = 1 << 3, MCR_LOOP = 1 << 4,
       MCR_BITS = 0x1f };
enum { LSR_DATA = 1 << 0, LSR_OVERRUN = 1 << 1, LSR_BREAK = 1 << 4, LSR_ERRORS = 0x1e, LSR_THRE = 1 << 5,
       LSR_TEMT = 1 << 6 };
enum { MSR_DELTAS = 0x0f, MSR_CTS = 1 << 4, MSR_DSR = 1 << 5, MSR_RI = 1 << 6, MSR_DCD = 1 << 7 };
enum { IIR_MODEM = 0x0, IIR_NONE = 0x1, IIR_TX = 0x2, IIR_RX = 0x4, IIR_LINE = 0x6, IIR_TIMEOUT = 0xc };
enum { IIR_ID = 0x0f, IIR_FIFO = 0xc0 };

struct fifo {
    uint32_t head, num;
    uint8_t data[FIFO_LEN];
};

struct uart {
    struct device dev;
    struct {
        char *chardev;
        uint32_t baudbase;
        bool wakeup;
    } cfg;
    struct uart_state {
        uint64_t timeout_ns;            /* when unread bytes in the FIFO raise an interrupt */
        struct fifo rx, tx;
        uint16_t divider;
        uint16_t tsr_busy;              /* tsr holds a byte that the line did not take */
        uint8_t rbr, ier, fcr, lcr, mcr, lsr, msr, scr, thr, tsr;
        bool thr_pending;               /* THRE raised and not yet seen through IIR */
        bool timeout_pending;
    } st;
    struct irq *irq;
    struct uart_line line;
    struct timer timeout;
    struct work pump, broken;
};

static inline struct uart *uart(struct device *dev)
{
    return (struct uart *)dev;
}

static inline void fifo_push(struct fifo *f, uint8_t byte)
{
    f->data[(f->head + f->num++) % FIFO_LEN] = byte;
}

static inline uint8_t fifo_pop(struct fifo *f)
{
    uint8_t byte = f->data[f->head];

    f->head = (f->head + 1) % FIFO_LEN;
    f->num--;
    return byte;
}

/* The identification that IIR shows: the highest interrupt pending. */
unsigned uart_pending(const struct uart_state *st);

void uart_restart_timeout(struct uart *u);
void uart_timed_out(struct device *dev);
void uart_transmit(struct uart *u);
void uart_pump(struct device *dev);
void uart_broken(struct device *dev);
void uart_tell_setting(struct uart *u);

extern const struct section uart_section;
