/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/tco.h"

/*
 * TCO: the watchdog of the ICH9 and the mailboxes beside it (see tco.h)
 *
 * The count goes down every 0.6 s while it is not halted.  When it ends, TIMEOUT is set and an SMI asked for, and it
 * starts again; when it ends a second time without a reload in between, SECOND_TO_STS is set and the carrier told.
 * Reference: Intel I/O Controller Hub 9 data sheet, section 13.9.  As the reference has it, the count stands after
 * reset until the first reload, and BOOT_STS is set with SECOND_TO_STS; reserved bits store.
 * Left out: NMI_NOW, NMI2SMI and SEND_NOW, intruder detection, the interrupts that SW_IRQ_GEN and TCO_DAT_OUT cause.
 * Invariant: timer_ns and expire_ns agree, and are off exactly while the count stands.
 */

#include "core/machine.h"
#include "hw/acpi/pm-chip.h"

enum { STS1_SW_SMI = 1 << 1, STS1_INT = 1 << 2, STS1_TIMEOUT = 1 << 3, STS2_SECOND = 1 << 1, STS2_BOOT = 1 << 2 };
enum { CNT1_HALT = 1 << 11, COUNT = 0x3ff };
#define TICK_NS 600000000ull

static struct tco *tco_of(const struct device *dev)
{
    return acpi_pm(dev)->tco;
}

static void arm(struct device *dev, uint64_t at_ns)
{
    struct tco *t = tco_of(dev);

    t->st->timer_ns = t->st->expire_ns = at_ns;
    timer_update(&t->timer);
}

static bool counts(const struct tco_state *st)
{
    return st->timer_ns != TIMER_OFF;
}

static uint16_t left(struct device *dev)
{
    const struct tco_state *st = tco_of(dev)->st;
    uint64_t now = clock_ns(dev);

    if (!counts(st))
        return st->rld & COUNT;
    return st->timer_ns > now ? (st->timer_ns - now) / TICK_NS : 0;
}

/* "Values of 0000h or 0001h will be ignored": there, nothing is counted. */
static void count_from(struct device *dev, uint16_t count)
{
    struct tco_state *st = tco_of(dev)->st;
    bool go = !(st->cnt1 & CNT1_HALT) && (st->tmr & COUNT) > 1;

    st->rld = count;
    arm(dev, go ? clock_ns(dev) + count * TICK_NS : TIMER_OFF);
}

uint64_t tco_rld_read(struct device *dev, uint32_t at)
{
    (void)at;
    return left(dev);
}

void tco_rld_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct tco_state *st = tco_of(dev)->st;

    (void)at;
    (void)val;
    st->timeouts = 0;
    count_from(dev, st->tmr & COUNT);
}

void tco_din_changed(struct device *dev, uint32_t at)
{
    (void)at;
    tco_of(dev)->st->sts1 |= STS1_SW_SMI;
    tco_of(dev)->smi(dev);
}

void tco_dout_changed(struct device *dev, uint32_t at)
{
    (void)at;
    tco_of(dev)->st->sts1 |= STS1_INT;
}

/* "TCO_LOCK ... Once set, ... can only be cleared by PLTRST#".  Halting keeps the count, and letting go resumes it. */
void tco_cnt1_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct tco_state *st = tco_of(dev)->st;
    uint16_t was = st->cnt1, count = left(dev);

    (void)at;
    st->cnt1 = (val & TCO_CNT1_BITS) | (was & TCO_CNT1_LOCK);
    if ((was ^ st->cnt1) & CNT1_HALT)
        count_from(dev, count ? count : st->tmr & COUNT);
}

static void fired(struct device *dev)
{
    struct tco *t = tco_of(dev);

    t->st->sts1 |= STS1_TIMEOUT;
    if (t->st->timeouts++) {
        t->st->timeouts = 0;
        t->st->sts2 |= STS2_SECOND | STS2_BOOT;
        t->expired(dev);
    }
    t->smi(dev);
    count_from(dev, t->st->tmr & COUNT);
}

void tco_start(struct device *dev)
{
    struct tco *t = tco_of(dev);

    timer_init(&t->timer, dev, &t->st->timer_ns, fired);
}

void tco_resumed(struct device *dev)
{
    timer_update(&tco_of(dev)->timer);
}
