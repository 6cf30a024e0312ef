/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/char/uart.h"

/*
 * 16550A UART
 *
 * The chip only: eight byte-wide registers, two FIFOs, a receive time-out and one interrupt line.
 * It does not model the time that a byte spends on the line, nor parity and framing errors, and
 * OUT2 does not gate the interrupt (boards differ; the reference's does not).
 * Reference: TI PC16550D data sheet, section 8.
 *
 * Invariant: interrupts are not stored.  IIR and the line are a function of the other registers
 * (uart_pending), which the dispatcher asks for after every entry (uart_outputs).
 */

#include "hw/char/uart-chip.h"

unsigned uart_pending(const struct uart_state *st)
{
    static const uint8_t trigger[] = { 1, 4, 8, 14 };
    bool fifo = st->fcr & FCR_ENABLE;

    if ((st->ier & IER_LINE) && (st->lsr & LSR_ERRORS))
        return IIR_LINE;
    if ((st->ier & IER_RX) && st->timeout_pending)
        return IIR_TIMEOUT;
    if ((st->ier & IER_RX) && (fifo ? st->rx.num >= trigger[st->fcr >> 6] : st->lsr & LSR_DATA))
        return IIR_RX;
    if ((st->ier & IER_TX) && st->thr_pending)
        return IIR_TX;
    if ((st->ier & IER_MODEM) && (st->msr & MSR_DELTAS))
        return IIR_MODEM;
    return IIR_NONE;
}

static void uart_outputs(struct device *dev)
{
    if (uart(dev)->irq)
        irq_set(uart(dev)->irq, uart_pending(&uart(dev)->st) != IIR_NONE);
}

static uint64_t uart_read_data(struct device *dev, uint32_t at)
{
    struct uart *u = uart(dev);
    uint8_t byte = u->st.rbr;

    if (u->st.lcr & LCR_DLAB)
        return u->st.divider & 0xff;
    if (u->st.rx.num)
        byte = fifo_pop(&u->st.rx);
    uart_restart_timeout(u);
    if (!u->st.rx.num)
        u->st.lsr &= ~LSR_DATA;
    uart_pump(dev);
    return byte;
}

static void uart_write_data(struct device *dev, uint32_t at, uint64_t val)
{
    struct uart_state *st = &uart(dev)->st;

    if (st->lcr & LCR_DLAB) {
        st->divider = (st->divider & 0xff00) | val;
        uart_tell_setting(uart(dev));
        return;
    }
    st->thr = val;
    if ((st->fcr & FCR_ENABLE) && st->tx.num < FIFO_LEN)
        fifo_push(&st->tx, val);
    st->thr_pending = false;
    st->lsr &= ~(LSR_THRE | LSR_TEMT);
    uart_transmit(uart(dev));
}

static uint64_t uart_read_ier(struct device *dev, uint32_t at)
{
    struct uart_state *st = &uart(dev)->st;

    return st->lcr & LCR_DLAB ? st->divider >> 8 : st->ier;
}

static void uart_write_ier(struct device *dev, uint32_t at, uint64_t val)
{
    struct uart_state *st = &uart(dev)->st;

    if (st->lcr & LCR_DLAB) {
        st->divider = (st->divider & 0xff) | val << 8;
        uart_tell_setting(uart(dev));
        return;
    }
    /* Not in the data sheet, but guests rely on it: enabling TX re-raises it. */
    if ((val & ~st->ier & IER_TX) && (st->lsr & LSR_THRE))
        st->thr_pending = true;
    st->ier = val & 0x0f;
}

static uint64_t uart_read_iir(struct device *dev, uint32_t at)
{
    struct uart_state *st = &uart(dev)->st;
    unsigned pending = uart_pending(st);

    if (pending == IIR_TX)
        st->thr_pending = false;
    return pending | (st->fcr & FCR_ENABLE ? IIR_FIFO : 0);
}

static void uart_write_fcr(struct device *dev, uint32_t at, uint64_t val)
{
    struct uart *u = uart(dev);
    struct uart_state *st = &u->st;
    bool toggled = (val ^ st->fcr) & FCR_ENABLE;

    if (toggled || (val & FCR_CLEAR_RX)) {
        st->rx.num = 0;
        st->lsr &= ~LSR_DATA;
        uart_restart_timeout(u);
    }
    if (toggled || (val & FCR_CLEAR_TX)) {
        st->tx.num = 0;
        st->lsr |= LSR_THRE;
        st->thr_pending = true;
    }
    st->fcr = val & FCR_ENABLE ? val & FCR_KEPT : 0;
    uart_pump(dev);
}

static void uart_write_lcr(struct device *dev, uint32_t at, uint64_t val)
{
    uart(dev)->st.lcr = val;
    uart_tell_setting(uart(dev));
}

static void uart_write_mcr(struct device *dev, uint32_t at, uint64_t val)
{
    uart(dev)->st.mcr = val & MCR_BITS;
    uart_tell_setting(uart(dev));
}

static uint64_t uart_read_msr(struct device *dev, uint32_t at)
{
    struct uart_state *st = &uart(dev)->st;
    uint8_t mcr = st->mcr, msr = st->msr;

    if (mcr & MCR_LOOP)         /* the outputs are wired to the inputs (8.6.7) */
        return (mcr & MCR_DTR ? MSR_DSR : 0) | (mcr & MCR_RTS ? MSR_CTS : 0) |
               (mcr & MCR_OUT1 ? MSR_RI : 0) | (mcr & MCR_OUT2 ? MSR_DCD : 0);
    st->msr &= ~MSR_DELTAS;
    return msr;
}

#define U struct uart

static const struct prop uart_props[] = {
    PROP(U, "baudbase", baudbase, .def = 115200, .min = 1, .doc = "input clock divided by 16"),
    PROP(U, "chardev", chardev, .link = true, .doc = "name of the character backend"),
    PROP(U, "wakeup", wakeup, .doc = "input wakes a sleeping machine"),
    {}
};

static const struct reg uart_regs[] = {
    REG_FN(0, "RBR/THR", 1, .read = uart_read_data, .write = uart_write_data,
           .doc = "receive and transmit data; divisor low byte while LCR.DLAB"),
    REG(U, 1, "IER", ier, .wmask = 0x0f, .read = uart_read_ier, .write = uart_write_ier,
        .doc = "interrupt enables; divisor high byte while LCR.DLAB"),
    REG(U, 2, "IIR/FCR", fcr, .wmask = FCR_KEPT, .read = uart_read_iir, .write = uart_write_fcr,
        .doc = "read: highest pending interrupt; write: FIFO control"),
    REG(U, 3, "LCR", lcr, .wmask = 0xff, .write = uart_write_lcr, .doc = "line format, break and DLAB"),
    REG(U, 4, "MCR", mcr, .wmask = MCR_BITS, .reset = MCR_OUT2, .write = uart_write_mcr,
        .doc = "modem outputs and loopback"),
    REG(U, 5, "LSR", lsr, .rclear = LSR_ERRORS, .reset = LSR_THRE | LSR_TEMT, .hw = LSR_DATA,
        .doc = "line status; reading clears errors"),
    REG(U, 6, "MSR", msr, .reset = MSR_CTS | MSR_DSR | MSR_DCD, .rclear = MSR_DELTAS, .hw = MSR_RI,
        .read = uart_read_msr, .doc = "modem inputs; reading clears the deltas"),
    REG(U, 7, "SCR", scr, .wmask = 0xff, .doc = "scratch"),
    {}
};

static const struct region_type uart_regions[] = {
    { .name = "serial", .size = 8, .min = 1, .max = 8, .ports = true, .regs = uart_regs },
    {}
};

static int uart_realize(struct device *dev, struct error **err)
{
    struct uart *u = uart(dev);

    timer_init(&u->timeout, dev, &u->st.timeout_ns, uart_timed_out);
    work_init(&u->pump, dev, uart_pump);
    work_init(&u->broken, dev, uart_broken);
    return 0;
}

static void uart_resumed(struct device *dev)
{
    timer_update(&uart(dev)->timeout);
    work_post(&uart(dev)->pump);
    uart_tell_setting(uart(dev));
    uart_outputs(dev);
    if (uart(dev)->irq)
        irq_refresh(uart(dev)->irq);
}

void uart_connect(struct device *dev, struct irq *irq, const struct uart_line *line)
{
    uart(dev)->irq = irq;
    if (line)
        uart(dev)->line = *line;
}

void uart_kick(struct device *dev)
{
    work_post(&uart(dev)->pump);
}

void uart_break_received(struct device *dev)
{
    work_post(&uart(dev)->broken);
}

static const struct device_type uart_type = {
    .type = { .name = "serial", .parent = "device", .category = "input", .doc = "16550A UART", .internal = true,
              DEVICE(U), TYPE_STATE(U), .props = uart_props, .state = &uart_section },
    .regions = uart_regions,
    .realize = uart_realize,
    .resumed = uart_resumed,
    .outputs = uart_outputs,
};
DEVICE_TYPE(uart_type);
