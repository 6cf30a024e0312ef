/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/char/uart-chip.h"

/*
 * 16550A UART: the line's side
 *
 * Bytes on their way between the registers and the line, and the receive time-out.  Invariant:
 * nothing here waits, and each call moves at most what the FIFOs hold (THREATS R4).
 */

/* Four characters of ten bits after the last one came or went (8.4.2), if any is left. */
void uart_restart_timeout(struct uart *u)
{
    uint64_t character_ns = 10 * 1000000000ull * (u->st.divider ? u->st.divider : 1) / u->cfg.baudbase;

    u->st.timeout_pending = false;
    u->st.timeout_ns = u->st.rx.num ? clock_ns(&u->dev) + 4 * character_ns : TIMER_OFF;
    timer_update(&u->timeout);
}

void uart_timed_out(struct device *dev)
{
    uart(dev)->st.timeout_ns = TIMER_OFF;
    uart(dev)->st.timeout_pending = true;
}

static unsigned uart_room(const struct uart_state *st)
{
    return st->fcr & FCR_ENABLE ? FIFO_LEN - st->rx.num : !(st->lsr & LSR_DATA);
}

static void uart_receive(struct uart *u, uint8_t byte)
{
    struct uart_state *st = &u->st;

    if (!uart_room(st))
        st->lsr |= LSR_OVERRUN;
    if (!(st->fcr & FCR_ENABLE)) {
        st->rbr = byte;
    } else if (uart_room(st)) {
        fifo_push(&st->rx, byte);
        uart_restart_timeout(u);
    }
    st->lsr |= LSR_DATA;
}

static bool uart_send(struct uart *u, uint8_t byte)
{
    if (u->st.mcr & MCR_LOOP) {
        uart_receive(u, byte);
        return true;
    }
    return !u->line.send || u->line.send(u->line.opaque, &byte, 1);
}

/* THR or FIFO -> TSR -> line, until it takes no more: back-pressure, never loss. */
void uart_transmit(struct uart *u)
{
    struct uart_state *st = &u->st;

    while (st->tsr_busy || !(st->lsr & LSR_THRE)) {
        if (!st->tsr_busy) {
            st->tsr = st->tx.num ? fifo_pop(&st->tx) : st->thr;
            st->tsr_busy = 1;
            if (!st->tx.num) {
                st->lsr |= LSR_THRE;
                st->thr_pending = true;
            }
        }
        if (!uart_send(u, st->tsr))
            return;
        st->tsr_busy = 0;
    }
    st->lsr |= LSR_TEMT;
}

/* Posted when the line has bytes or room: moves what the FIFOs have room for. */
void uart_pump(struct device *dev)
{
    struct uart *u = uart(dev);
    uint8_t bytes[FIFO_LEN];
    unsigned room = uart_room(&u->st);
    size_t n = 0;

    uart_transmit(u);
    if (u->line.receive && room && !(u->st.mcr & MCR_LOOP))
        n = u->line.receive(u->line.opaque, bytes, room);
    for (size_t i = 0; i < n && i < room; i++)
        uart_receive(u, bytes[i]);
}

/* A break is one zero character with its own error bit (8.6.4). */
void uart_broken(struct device *dev)
{
    uart_receive(uart(dev), 0);
    uart(dev)->st.lsr |= LSR_BREAK;
}

/* The line's format (8.3): a divisor of 0 is that of 65536, which no host has either. */
void uart_tell_setting(struct uart *u)
{
    uint8_t lcr = u->st.lcr, mcr = u->st.mcr;
    struct uart_setting s = {
        .speed = u->cfg.baudbase / (u->st.divider ? u->st.divider : 65536),
        .data_bits = 5 + (lcr & LCR_BITS), .stop_bits = lcr & LCR_TWO_STOP ? 2 : 1,
        .parity = !(lcr & LCR_PARITY) ? 'N' : lcr & LCR_EVEN ? 'E' : 'O',
        .in_break = lcr & LCR_BREAK, .dtr = mcr & MCR_DTR, .rts = mcr & MCR_RTS,
    };

    if (u->line.set)
        u->line.set(u->line.opaque, &s);
}
