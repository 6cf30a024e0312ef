/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/pm.h"

/*
 * ACPI fixed hardware: PM1 event and control, the PM timer, general purpose events, APM ports
 *
 * Reference: ACPI 3.0, sections 4.7 and 4.8; Intel I/O Controller Hub 9 data sheet, section 13.8; Intel 82371AB (PIIX4)
 * data sheet, section 7.2.  Left out: GBL_RLS and BIOS_RLS (no SMM code here waits for them), bus master status, the
 * sleep button, SMI on SLP_EN.
 * Invariant: TMROF in PM1_STS is set exactly when the top bit of the timer has flipped since it was cleared; it is
 * brought up to date at every read.
 */

#include "hw/acpi/cpu-plug.h"

#include <stdatomic.h>

#define PM_TIMER_HZ 3579545ull
#define SECOND_NS 1000000000ull
enum { TIMER_BITS = 24, TIMER_HALF = 1 << 23 };
enum { PM1_STS_BITS = PM1_TMROF | 1 << 4 | PM1_GBL | PM1_PWRBTN | PM1_SLPBTN | PM1_RTC | PM1_WAK };

/* Of any function that carries the chip: for offsets. */
struct carrier {
    struct {
        struct pci_state pci;
        struct acpi_pm_state pm;
    } st;
};

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
    struct acpi_pm_state *st = acpi_pm_st(dev);

    if (clock_ns(dev) >= st->overflow_ns) {
        st->pm1_sts |= PM1_TMROF;
        st->overflow_ns = next_flip_ns(dev);
    }
}

static void watch(struct device *dev)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);

    if (!st->overflow_ns)
        st->overflow_ns = next_flip_ns(dev);
    st->timer_ns = st->pm1_en & PM1_TMROF && !(st->pm1_sts & PM1_TMROF) ? st->overflow_ns : TIMER_OFF;
    timer_update(&acpi_pm(dev)->timer);
}

static void timer_fired(struct device *dev)
{
    status_update(dev);
    watch(dev);
}

static uint64_t sts_read(struct device *dev, uint32_t at)
{
    (void)at;
    status_update(dev);
    return acpi_pm_st(dev)->pm1_sts;
}

static void sts_write(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    status_update(dev);
    acpi_pm_st(dev)->pm1_sts &= ~(val & PM1_STS_BITS);
    watch(dev);
}

static void en_changed(struct device *dev, uint32_t at)
{
    (void)at;
    status_update(dev);
    watch(dev);
}

/* ACPI 4.7.3.1: a status that is set and enabled wakes, also one that was there before the machine slept: an alarm that
 * comes while the guest is on its way to sleep is not lost. */
static void suspend(struct device *dev)
{
    const struct acpi_pm_state *st = acpi_pm_st(dev);

    machine_request_suspend(dev->machine);
    if (st->pm1_sts & st->pm1_en & PM1_RTC)
        machine_request_wakeup(dev->machine, WAKEUP_RTC);
    else if (st->pm1_sts & st->pm1_en & PM1_PWRBTN)
        machine_request_wakeup(dev->machine, WAKEUP_OTHER);
}

static void sleep_enter(struct device *dev, unsigned type)
{
    if (type == SLP_S5)
        machine_request_shutdown(dev->machine, CAUSE_GUEST_SHUTDOWN);
    else if (type == SLP_S3)
        suspend(dev);
    else if (type == acpi_pm(dev)->s4_val)
        machine_request_suspend_disk(dev->machine);
    else
        guest_error(dev, "sleep type that stands for no state", type);
}

static void cnt_write(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    acpi_pm_st(dev)->pm1_cnt = val & ~PM1_SLP_EN;
    if (val & PM1_SLP_EN)
        sleep_enter(dev, val >> PM1_SLP_TYP_SHIFT & (SLP_TYPES - 1));
}

static uint64_t tmr_read(struct device *dev, uint32_t at)
{
    (void)at;
    return ticks(dev) & ((1u << TIMER_BITS) - 1);
}

static void apmc_changed(struct device *dev, uint32_t at)
{
    (void)at;
    acpi_pm(dev)->apm_command(dev, acpi_pm_st(dev)->apmc);
}

bool acpi_pm_sci(const struct device *dev)
{
    const struct acpi_pm_state *st = acpi_pm_st(dev);
    uint16_t fixed = st->pm1_sts & st->pm1_en & (PM1_TMROF | PM1_GBL | PM1_PWRBTN | PM1_RTC);
    uint8_t general = 0;

    for (unsigned i = 0; i < ACPI_GPE_BYTES; i++)
        general |= st->gpe_sts[i] & st->gpe_en[i];
    return st->pm1_cnt & PM1_SCI_EN && (fixed || general);
}

void acpi_pm_outputs(struct device *dev)
{
    machine_wakeup_enable(dev->machine, WAKEUP_RTC, acpi_pm_st(dev)->pm1_en & PM1_RTC);
}

void acpi_pm_sci_enable(struct device *dev, bool on)
{
    struct acpi_pm_state *st = acpi_pm_st(dev);

    st->pm1_cnt = (st->pm1_cnt & ~PM1_SCI_EN) | (on ? PM1_SCI_EN : 0);
}

/* ACPI 4.7.3.1: WAK_STS, and the status of what woke it; a user's wish counts as the button. */
static void woken(struct device *dev)
{
    acpi_pm_st(dev)->pm1_sts |= PM1_WAK | (dev->machine->power.reason == WAKEUP_RTC ? PM1_RTC : PM1_PWRBTN);
}

/* "RTC_STS: This bit is set when the RTC generates an alarm (assertion of the IRQ8# signal)": asleep or not. */
static void alarm(struct device *dev)
{
    acpi_pm_st(dev)->pm1_sts |= PM1_RTC;
}

static void hear(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    struct acpi_pm *pm = (struct acpi_pm *)((char *)o - offsetof(struct acpi_pm, observer));

    (void)cause;
    if (event == EVENT_WAKEUP)
        device_enter(pm->dev, woken);
    else if (event == EVENT_ALARM)
        device_enter(pm->dev, alarm);
}

static void gpe_take(struct device *dev)
{
    uint32_t pending = atomic_exchange(&acpi_pm(dev)->gpe_pending, 0);

    for (unsigned i = 0; i < 4 && i < acpi_pm(dev)->gpe_bytes; i++)
        acpi_pm_st(dev)->gpe_sts[i] |= pending >> 8 * i;
}

void acpi_gpe_raise(struct machine *m, enum acpi_gpe gpe)
{
    if (!m->pm)
        return;
    atomic_fetch_or(&acpi_pm(m->pm)->gpe_pending, 1u << gpe);
    work_post(&acpi_pm(m->pm)->gpe_work);
}

static void press(struct device *dev)
{
    acpi_pm_st(dev)->pm1_sts |= PM1_PWRBTN;
}

void acpi_power_button(struct machine *m)
{
    if (m->pm)
        device_enter(m->pm, press);
}

void acpi_system_states(struct machine *m, uint8_t states[static ACPI_SYSTEM_STATES])
{
    enum { SUPPORTED = 0x80 };
    const struct acpi_pm *pm = m->pm ? acpi_pm(m->pm) : NULL;

    memset(states, 0, ACPI_SYSTEM_STATES);
    states[0] = states[5] = SUPPORTED;
    if (!pm)
        return;
    states[3] = SLP_S3 | (pm->disable_s3 ? 0 : SUPPORTED);
    states[4] = pm->s4_val | (pm->disable_s4 ? 0 : SUPPORTED);
}

void acpi_pm_start(struct device *dev)
{
    struct acpi_pm *pm = acpi_pm(dev);

    pm->dev = dev;
    pm->observer = (struct machine_observer){ .fn = hear };
    timer_init(&pm->timer, dev, &acpi_pm_st(dev)->timer_ns, timer_fired);
    work_init(&pm->gpe_work, dev, gpe_take);
    machine_observe(dev->machine, &pm->observer);
    cpu_ost_start(dev);
    dev->machine->pm = dev;
    dev->machine->power.wakeup_supported = true;
}

void acpi_pm_stop(struct device *dev)
{
    machine_unobserve(&acpi_pm(dev)->observer);
    cpu_ost_stop(dev);
    if (dev->machine->pm == dev)
        dev->machine->pm = NULL;
}

void acpi_pm_resumed(struct device *dev)
{
    watch(dev);
}

#define C struct carrier

const struct reg acpi_pm_evt_regs[] = {
    REG(C, 0, "PM1_STS", pm.pm1_sts, .w1c = PM1_STS_BITS, .hw = 0xffff, .read = sts_read, .write = sts_write,
        .doc = "power management 1 status"),
    REG(C, 2, "PM1_EN", pm.pm1_en, .wmask = 0xffff, .changed = en_changed, .doc = "power management 1 enable"),
    {}
};

const struct reg acpi_pm_cnt_regs[] = {
    REG(C, 0, "PM1_CNT", pm.pm1_cnt, .wmask = 0xffff & ~PM1_SLP_EN, .hw = PM1_SCI_EN, .write = cnt_write,
        .doc = "power management 1 control"),
    {}
};

const struct reg acpi_pm_tmr_regs[] = {
    REG_FN(0, "PM1_TMR", 4, .read = tmr_read, .doc = "24-bit timer at 3.579545 MHz"),
    {}
};

const struct reg acpi_apm_regs[] = {
    REG(C, 0, "APM_CNT", pm.apmc, .wmask = 0xff, .changed = apmc_changed,
        .doc = "APM command: what SMM code is asked for, and ACPI mode on and off"),
    REG(C, 1, "APM_STS", pm.apms, .wmask = 0xff, .doc = "APM status: scratch"),
    {}
};

const struct field acpi_slots_fields[] = {
    ELEM(struct acpi_slots, "up", up), ELEM(struct acpi_slots, "down", down), {}
};
const struct section acpi_apm_section = {
    "APM State", 1, 1, .fields = (const struct field[]){
        ACPI_FIELD("apmc", apmc), ACPI_FIELD("apms", apms), {} },
};
