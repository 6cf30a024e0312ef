/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/ich9-pm.h"

/*
 * ICH9 power management: PM1 event and control, the PM timer, GPE0, SMI enables
 *
 * Reference: Intel I/O Controller Hub 9 data sheet, section 13.8; ACPI 3.0, section 4.7.
 * Left out: TCO, S3 and S4 (a guest that asks for them stays awake, as our tables do not offer them).
 * Invariant: TMROF in PM1_STS is set exactly when the top bit of the timer has flipped since it was
 * cleared; it is brought up to date at every read.
 */

#include "core/machine.h"

#define PM_TIMER_HZ 3579545ull
#define SECOND_NS 1000000000ull
enum { TIMER_BITS = 24, TIMER_HALF = 1 << 23 };
enum { PM1_STS_BITS = PM1_TMROF | 1 << 4 | PM1_GBL | PM1_PWRBTN | PM1_SLPBTN | PM1_RTC | PM1_WAK };

static uint64_t ticks(struct device *dev)
{
    return clock_muldiv(clock_ns(dev), PM_TIMER_HZ, SECOND_NS);
}

/* The first moment at which the timer shows `n` ticks. */
static uint64_t ns_of_ticks(uint64_t n)
{
    return clock_muldiv(n, SECOND_NS, PM_TIMER_HZ) + 1;
}

static uint64_t next_flip_ns(struct device *dev)
{
    return ns_of_ticks((ticks(dev) | (TIMER_HALF - 1)) + 1);
}

static void status_update(struct device *dev)
{
    struct ich9_lpc_state *st = &ich9_lpc(dev)->st;

    if (clock_ns(dev) >= st->overflow_ns) {
        st->pm1_sts |= PM1_TMROF;
        st->overflow_ns = next_flip_ns(dev);
    }
}

void ich9_pm_watch(struct device *dev)
{
    struct ich9_lpc *l = ich9_lpc(dev);

    if (!l->st.overflow_ns)
        l->st.overflow_ns = next_flip_ns(dev);
    l->st.timer_ns = l->st.pm1_en & PM1_TMROF && !(l->st.pm1_sts & PM1_TMROF) ? l->st.overflow_ns : TIMER_OFF;
    timer_update(&l->timer);
}

void ich9_pm_timer_fired(struct device *dev)
{
    status_update(dev);
    ich9_pm_watch(dev);
}

static uint64_t sts_read(struct device *dev, uint32_t at)
{
    (void)at;
    status_update(dev);
    return ich9_lpc(dev)->st.pm1_sts;
}

static void sts_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct ich9_lpc_state *st = &ich9_lpc(dev)->st;

    (void)at;
    status_update(dev);
    st->pm1_sts &= ~(val & PM1_STS_BITS);
    ich9_pm_watch(dev);
}

static void en_changed(struct device *dev, uint32_t at)
{
    (void)at;
    status_update(dev);
    ich9_pm_watch(dev);
}

static void sleep_enter(struct device *dev, unsigned type)
{
    if (type == SLP_S5)
        machine_request_shutdown(dev->machine, CAUSE_GUEST_SHUTDOWN);
    else
        guest_error(dev, "sleep state that the tables do not offer", type);
}

static void cnt_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct ich9_lpc_state *st = &ich9_lpc(dev)->st;

    (void)at;
    st->pm1_cnt = val & ~PM1_SLP_EN;
    if (val & PM1_SLP_EN)
        sleep_enter(dev, val >> PM1_SLP_TYP_SHIFT & 7);
}

static uint64_t tmr_read(struct device *dev, uint32_t at)
{
    (void)at;
    return ticks(dev) & ((1u << TIMER_BITS) - 1);
}

bool ich9_pm_sci(const struct ich9_lpc_state *st)
{
    uint16_t fixed = st->pm1_sts & st->pm1_en & (PM1_TMROF | PM1_GBL | PM1_PWRBTN | PM1_RTC);
    uint8_t general = 0;

    for (unsigned i = 0; i < 8; i++)
        general |= st->gpe_sts[i] & st->gpe_en[i];
    return st->pm1_cnt & PM1_SCI_EN && (fixed || general);
}

void ich9_pm_enable(struct device *dev, bool sci)
{
    struct ich9_lpc_state *st = &ich9_lpc(dev)->st;

    st->pm1_cnt = (st->pm1_cnt & ~PM1_SCI_EN) | (sci ? PM1_SCI_EN : 0);
}

#define L struct ich9_lpc

const struct reg ich9_pm_evt_regs[] = {
    REG(L, 0, "PM1_STS", pm1_sts, .w1c = PM1_STS_BITS, .hw = 0xffff, .read = sts_read, .write = sts_write,
        .doc = "power management 1 status"),
    REG(L, 2, "PM1_EN", pm1_en, .wmask = 0xffff, .changed = en_changed, .doc = "power management 1 enable"),
    {}
};

const struct reg ich9_pm_cnt_regs[] = {
    REG(L, 0, "PM1_CNT", pm1_cnt, .wmask = 0xffff & ~PM1_SLP_EN, .hw = PM1_SCI_EN, .write = cnt_write,
        .doc = "power management 1 control"),
    {}
};

const struct reg ich9_pm_tmr_regs[] = {
    REG_FN(0, "PM1_TMR", 4, .read = tmr_read, .doc = "24-bit timer at 3.579545 MHz"),
    {}
};

const struct reg ich9_gpe0_regs[] = {
    { .name = "GPE0_STS", .at = 0, .width = 1, .count = 8, .off = ST_OFF(L, gpe_sts), .size = 8, .w1c = 0xff,
      .hw = 0xff, .doc = "general purpose event 0 status" },
    { .name = "GPE0_EN", .at = 8, .width = 1, .count = 8, .off = ST_OFF(L, gpe_en), .size = 8, .wmask = 0xff,
      .doc = "general purpose event 0 enable" },
    {}
};

const struct reg ich9_smi_regs[] = {
    REG(L, 0, "SMI_EN", smi_en, .wmask = 0xffffffff, .doc = "SMI control and enable"),
    REG(L, 4, "SMI_STS", smi_sts, .w1c = 0xffffffff, .hw = 0xffffffff, .doc = "SMI status"),
    {}
};
