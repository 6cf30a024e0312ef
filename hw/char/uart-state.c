/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/char/uart-chip.h"

/*
 * 16550A UART: the wire form
 *
 * QEMU 7.2's section "serial", version 3, which an older version 2 lacks only FCR of.  What the
 * sender does not need it leaves out: a subsection that is absent means its reset values.
 * Left out: "serial/poll" (modem lines of a real serial port); a stream that has it is refused.
 */

static uint64_t uart_iir(const struct device *dev)
{
    const struct uart_state *st = &((const struct uart *)dev)->st;

    return uart_pending(st) | (st->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

/* The only thing that IIR tells and the other registers do not; a subsection may correct it. */
static void uart_iir_loaded(const struct device *dev, void *st, uint64_t val)
{
    ((struct uart_state *)st)->thr_pending = (val & IIR_ID) == IIR_TX;
}

static bool uart_has_thr(const struct device *dev)
{
    const struct uart_state *st = &((const struct uart *)dev)->st;

    return st->thr_pending != (uart_pending(st) == IIR_TX);
}

#define NEEDED(name, condition) \
    static bool name(const struct device *dev) \
    { \
        const struct uart_state *st = &((const struct uart *)dev)->st; \
        return condition; \
    }
NEEDED(uart_has_tsr, st->tsr_busy)
NEEDED(uart_has_rx, st->rx.num)
NEEDED(uart_has_tx, st->tx.num)
NEEDED(uart_has_timer, st->timeout_ns != TIMER_OFF)
NEEDED(uart_has_timeout, st->timeout_pending)

#define U struct uart

static const struct field uart_fields[] = {
    FIELD(U, "divider", divider, .reset = 12),
    FIELD(U, "rbr", rbr),
    FIELD(U, "ier", ier),
    COMPUTED("iir", 1, .get = uart_iir, .put = uart_iir_loaded),
    FIELD(U, "lcr", lcr),
    FIELD(U, "mcr", mcr),
    FIELD(U, "lsr", lsr),
    FIELD(U, "msr", msr),
    FIELD(U, "scr", scr),
    FIELD(U, "fcr_vmstate", fcr, .from = 3),
    {}
};

static const struct section uart_subsections[] = {
    { "serial/thr_ipending", 1, 1, .needed = uart_has_thr, .fields = (const struct field[]){
        FIELD(U, "thr_ipending", thr_pending, .wire = 4), {} } },
    { "serial/tsr", 1, 1, .needed = uart_has_tsr, .fields = (const struct field[]){
        FIELD(U, "tsr_retry", tsr_busy, .wire = 4, .max = 4),
        FIELD(U, "thr", thr),
        FIELD(U, "tsr", tsr), {} } },
    { "serial/recv_fifo", 1, 1, .needed = uart_has_rx, .fields = (const struct field[]){
        ARRAY(U, "recv_fifo.data", rx.data),
        FIELD(U, "recv_fifo.head", rx.head, .max = FIFO_LEN - 1),
        FIELD(U, "recv_fifo.num", rx.num, .max = FIFO_LEN), {} } },
    { "serial/xmit_fifo", 1, 1, .needed = uart_has_tx, .fields = (const struct field[]){
        ARRAY(U, "xmit_fifo.data", tx.data),
        FIELD(U, "xmit_fifo.head", tx.head, .max = FIFO_LEN - 1),
        FIELD(U, "xmit_fifo.num", tx.num, .max = FIFO_LEN), {} } },
    { "serial/fifo_timeout_timer", 1, 1, .needed = uart_has_timer, .fields = (const struct field[]){
        FIELD(U, "fifo_timeout_timer", timeout_ns, .reset = TIMER_OFF), {} } },
    { "serial/timeout_ipending", 1, 1, .needed = uart_has_timeout, .fields = (const struct field[]){
        FIELD(U, "timeout_ipending", timeout_pending, .wire = 4), {} } },
    {}
};

const struct section uart_section = {
    "serial", 3, 2, .fields = uart_fields, .subs = uart_subsections,
};
