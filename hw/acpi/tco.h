/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The ICH9's total cost of ownership logic: a watchdog of two stages, and mailboxes between OS and SMM code
 *
 * The function that carries it also carries the power management chip (pm-chip.h), whose `tco` says where it is.
 */

#include "core/device.h"

enum { TCO_BYTES = 32 };

struct tco_state {
    uint64_t timer_ns;                  /* when the count ends; TIMER_OFF: it stands */
    uint64_t expire_ns;                 /* the same for the stream, -1: it stands */
    uint16_t rld, sts1, sts2, cnt1, cnt2, tmr;
    uint8_t din, dout, msg1, msg2, wdcnt, sw_irq_gen, timeouts;
    uint8_t spare[5];
};

enum { TCO_CNT1_LOCK = 1 << 12, TCO_CNT1_BITS = 0xfeff };

struct tco {
    struct tco_state *st;
    struct timer timer;
    void (*smi)(struct device *dev);    /* asks for an SMI; the function knows whether it is let through */
    void (*expired)(struct device *dev);        /* the second time in a row */
};

void tco_start(struct device *dev);             /* in realize: st and hooks are set */
void tco_resumed(struct device *dev);

/* Lines of the register table; T and m: the member of st that is the struct tco_state. */
uint64_t tco_rld_read(struct device *dev, uint32_t at);
void tco_rld_write(struct device *dev, uint32_t at, uint64_t val);
void tco_din_changed(struct device *dev, uint32_t at);
void tco_dout_changed(struct device *dev, uint32_t at);
void tco_cnt1_write(struct device *dev, uint32_t at, uint64_t val);
#define TCO_REGS(T, m)                                                                                                \
    REG(T, 0x00, "TCO_RLD", m.rld, .hw = 0xffff, .read = tco_rld_read, .write = tco_rld_write,                        \
        .doc = "count that is left; any write starts anew"),                                                          \
    REG(T, 0x02, "TCO_DAT_IN", m.din, .wmask = 0xff, .changed = tco_din_changed, .doc = "from OS to SMM code"),       \
    REG(T, 0x03, "TCO_DAT_OUT", m.dout, .wmask = 0xff, .changed = tco_dout_changed, .doc = "from SMM code to OS"),    \
    REG(T, 0x04, "TCO1_STS", m.sts1, .wmask = 0xe870, .w1c = 0x178f, .doc = "status 1"),                              \
    REG(T, 0x06, "TCO2_STS", m.sts2, .wmask = 0xfff8, .w1c = 0x0007, .doc = "status 2"),                              \
    REG(T, 0x08, "TCO1_CNT", m.cnt1, .wmask = TCO_CNT1_BITS, .write = tco_cnt1_write,                    \
        .doc = "control 1: halt, lock"),                                                                              \
    REG(T, 0x0a, "TCO2_CNT", m.cnt2, .reset = 0x0008, .wmask = 0xffff, .doc = "control 2"),                           \
    REG(T, 0x0c, "TCO_MESSAGE1", m.msg1, .wmask = 0xff, .doc = "boot progress"),                                      \
    REG(T, 0x0d, "TCO_MESSAGE2", m.msg2, .wmask = 0xff, .doc = "boot progress"),                                      \
    REG(T, 0x0e, "TCO_WDCNT", m.wdcnt, .wmask = 0xff, .doc = "watchdog status"),                                      \
    REG(T, 0x10, "SW_IRQ_GEN", m.sw_irq_gen, .reset = 0x03, .wmask = 0xff, .doc = "causes of IRQ 1 and 12: stored"),  \
    REG(T, 0x12, "TCO_TMR", m.tmr, .reset = 0x0004, .wmask = 0xffff, .doc = "what the count starts from")

/* Lines of the section "tco io device status", and what it does not carry. */
#define TCO_FIELDS(T, m)                                                                                              \
    FIELD(T, "tco.rld", m.rld), FIELD(T, "tco.din", m.din), FIELD(T, "tco.dout", m.dout),                             \
    FIELD(T, "tco.sts1", m.sts1), FIELD(T, "tco.sts2", m.sts2), FIELD(T, "tco.cnt1", m.cnt1),                         \
    FIELD(T, "tco.cnt2", m.cnt2), FIELD(T, "tco.msg1", m.msg1), FIELD(T, "tco.msg2", m.msg2),                         \
    FIELD(T, "tco.wdcnt", m.wdcnt), FIELD(T, "tco.tmr", m.tmr), FIELD(T, "sw_irq_gen", m.sw_irq_gen),                 \
    FIELD(T, "tco_timer", m.timer_ns, .type = "timer", .reset = TIMER_OFF),                                           \
    FIELD(T, "expire_time", m.expire_ns, .type = "int64", .reset = TIMER_OFF),                                        \
    FIELD(T, "timeouts_no", m.timeouts, .max = 1), ARRAY(T, "spare", m.spare, .hidden = true)
