/* SPDX-License-Identifier: Apache-2.0 */

/*
 * i6300esb: the watchdog of Intel's 6300ESB I/O controller, a PCI function
 *
 * Two counts run one after the other; the end of the second one is what the user chose for watchdogs, unless the
 * guest has switched the output off.  Preloads and the reload bit are guarded by a sequence of two writes, and
 * what the lock register says can be locked until reset.  The function shows the configuration that the guest wrote
 * at the widths that the data sheet has; bytes of them at other widths are scratch, as in the reference.  Not
 * modelled: the interrupt at the end of the first count, the output pin.
 * Reference: Intel 6300ESB ICH data sheet (300641), chapter 16.
 *
 * Invariant: the timer runs while and only while `enabled`, until the second count has ended.
 */

#include "core/machine.h"
#include "core/power.h"
#include "hw/pci/pci.h"

#include <errno.h>

enum { CONFIG = 0x60, LOCK = 0x68 };
enum { CONFIG_INT_TYPE = 0x11, CONFIG_SCALE_1MHZ = 1 << 2, CONFIG_NO_REBOOT = 1 << 5 };
enum { LOCK_LOCKED = 1 << 0, LOCK_ENABLE = 1 << 1, LOCK_FREE_RUN = 1 << 2 };
enum { RELOAD = 1 << 8, TIMED_OUT = 1 << 9, TIMED_OUT_SHOWN = 0x1200 };
enum { UNLOCK_FIRST = 0x80, UNLOCK_SECOND = 0x86 };
enum { GUARDED, HALF_WAY, UNLOCKED };
enum { PRELOAD_MAX = 0xfffff, PCI_CLOCK_NS = 30, SHIFT_1KHZ = 15, SHIFT_1MHZ = 5 };

struct i6300esb {
    struct pci_device pci;
    struct i6300esb_state {
        struct pci_state pci;
        uint64_t deadline_ns;           /* of the present count; TIMER_OFF */
        uint32_t reboot_enabled, clock_scale, int_type, free_run, locked, enabled;
        uint32_t preload[2];
        uint32_t stage;                 /* which count runs: 1 or 2 */
        uint32_t unlock_state;
        uint32_t timed_out;             /* survives the reset that it causes */
        uint32_t spare;
    } st;
    struct timer timer;
};

static struct i6300esb *i6300esb(struct device *dev)
{
    return (struct i6300esb *)dev;
}

static void stop(struct i6300esb *w)
{
    w->st.deadline_ns = TIMER_OFF;
    timer_update(&w->timer);
}

/* A preload counts 1 kHz or 1 MHz, which are 2^15 or 2^5 of PCI's clock. */
static void start(struct i6300esb *w, uint32_t stage)
{
    uint64_t clocks = (uint64_t)w->st.preload[stage - 1] << (w->st.clock_scale ? SHIFT_1MHZ : SHIFT_1KHZ);

    w->st.stage = stage;
    w->st.deadline_ns = clock_ns(&w->pci.dev) + clocks * PCI_CLOCK_NS;
    timer_update(&w->timer);
}

static void defaults(struct i6300esb *w)
{
    struct i6300esb_state *st = &w->st;

    st->reboot_enabled = 1;
    st->clock_scale = st->int_type = st->free_run = st->locked = st->enabled = 0;
    st->preload[0] = st->preload[1] = PRELOAD_MAX;
    st->stage = 1;
    st->unlock_state = GUARDED;
    stop(w);
}

static void expired(struct device *dev)
{
    struct i6300esb *w = i6300esb(dev);

    if (w->st.stage == 1) {
        start(w, 2);
    } else if (w->st.reboot_enabled) {
        defaults(w);
        w->st.timed_out = 1;
        machine_watchdog_expired(dev->machine);
    } else if (w->st.free_run) {
        start(w, 1);
    } else {
        stop(w);
    }
}

static void config_set(struct i6300esb *w, uint16_t val)
{
    w->st.reboot_enabled = !(val & CONFIG_NO_REBOOT);
    w->st.clock_scale = !!(val & CONFIG_SCALE_1MHZ);
    w->st.int_type = val & CONFIG_INT_TYPE;
}

static uint16_t config_get(const struct i6300esb *w)
{
    return (w->st.reboot_enabled ? 0 : CONFIG_NO_REBOOT) | (w->st.clock_scale ? CONFIG_SCALE_1MHZ : 0) |
           w->st.int_type;
}

static void lock_set(struct i6300esb *w, uint8_t val)
{
    bool was_enabled = w->st.enabled;

    if (w->st.locked)
        return;
    w->st.locked = !!(val & LOCK_LOCKED);
    w->st.free_run = !!(val & LOCK_FREE_RUN);
    w->st.enabled = !!(val & LOCK_ENABLE);
    if (!w->st.enabled)
        stop(w);
    else if (!was_enabled)
        start(w, 1);
}

static uint8_t lock_get(const struct i6300esb *w)
{
    return (w->st.locked ? LOCK_LOCKED : 0) | (w->st.enabled ? LOCK_ENABLE : 0) | (w->st.free_run ? LOCK_FREE_RUN : 0);
}

static uint64_t space_read(struct device *dev, uint64_t at, unsigned size)
{
    if (at == CONFIG && size == 2)
        return config_get(i6300esb(dev));
    if (at == LOCK && size == 1)
        return lock_get(i6300esb(dev));
    return pci_config_read(dev, at, size);
}

static void space_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    if (at == CONFIG && size == 2)
        config_set(i6300esb(dev), val);
    else if (at == LOCK && size == 1)
        lock_set(i6300esb(dev), val);
    else
        pci_config_write(dev, at, size, val);
}

static void preload_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct i6300esb *w = i6300esb(dev);

    if (w->st.unlock_state == UNLOCKED)
        w->st.preload[at / 4] = val & PRELOAD_MAX;
    w->st.unlock_state = GUARDED;
}

static void reload_write(struct device *dev, uint32_t at, uint64_t val)
{
    struct i6300esb *w = i6300esb(dev);

    if (val == UNLOCK_FIRST) {
        w->st.unlock_state = HALF_WAY;
    } else if (val == UNLOCK_SECOND && w->st.unlock_state == HALF_WAY) {
        w->st.unlock_state = UNLOCKED;
    } else if (w->st.unlock_state == UNLOCKED) {
        if (val & RELOAD && w->st.enabled)
            start(w, 1);
        if (val & TIMED_OUT)
            w->st.timed_out = 0;
        w->st.unlock_state = GUARDED;
    }
}

static uint64_t reload_read(struct device *dev, uint32_t at)
{
    return i6300esb(dev)->st.timed_out ? TIMED_OUT_SHOWN : 0;
}

#define W struct i6300esb

static const struct reg i6300esb_regs[] = {
    REG_FN(0x0, "PRELOAD", 4, .count = 2, .write = preload_write, .doc = "of the two counts; guarded; reads as 0"),
    REG_FN(0xc, "RELOAD", 2, .read = reload_read, .write = reload_write,
           .doc = "80h, 86h lift the guard; bit 8 starts the counts anew, bit 9 says and clears that they ended"),
    {}
};
enum { REGION_CONFIG, REGION_MEMORY };
static const struct region_type i6300esb_regions[] = {
    { .name = "pci-config", .size = PCI_CONFIG, .min = 1, .max = 4, .read = space_read, .write = space_write },
    { .name = "i6300esb", .size = 16, .min = 1, .max = 4, .regs = i6300esb_regs },
    {}
};
static const struct pci_bar i6300esb_bars[] = { { .index = 0, .region = REGION_MEMORY, .size = 16 }, {} };

static int i6300esb_check(const struct device *dev, const void *state, struct error **err)
{
    const struct i6300esb_state *st = state;

    if (!st->stage)
        return error_set(err, -ERANGE, ERROR_RANGE, "i6300esb_wdt.stage", "0", "1 to 2");
    return 0;
}

static const struct section i6300esb_section = {
    "i6300esb_wdt", 10000, 10000, .check = i6300esb_check, .fields = (const struct field[]){
        STRUCT(W, "dev", pci, pci_state_fields),
        FIELD(W, "reboot_enabled", reboot_enabled, .type = "int32", .reset = 1, .max = 1),
        FIELD(W, "clock_scale", clock_scale, .type = "int32", .max = 1),
        FIELD(W, "int_type", int_type, .type = "int32", .max = CONFIG_INT_TYPE),
        FIELD(W, "free_run", free_run, .type = "int32", .max = 1),
        FIELD(W, "locked", locked, .type = "int32", .max = 1),
        FIELD(W, "enabled", enabled, .type = "int32", .max = 1),
        FIELD(W, "timer", deadline_ns, .type = "timer", .reset = TIMER_OFF),
        FIELD(W, "timer1_preload", preload[0], .reset = PRELOAD_MAX, .max = PRELOAD_MAX),
        FIELD(W, "timer2_preload", preload[1], .reset = PRELOAD_MAX, .max = PRELOAD_MAX),
        FIELD(W, "stage", stage, .type = "int32", .reset = 1, .max = 2),
        FIELD(W, "unlock_state", unlock_state, .type = "int32", .max = UNLOCKED),
        FIELD(W, "previous_reboot_flag", timed_out, .type = "int32", .keep = true, .max = 1),
        FIELD(W, "spare", spare, .hidden = true),
        {} },
};

static int i6300esb_realize(struct device *dev, struct error **err)
{
    timer_init(&i6300esb(dev)->timer, dev, &i6300esb(dev)->st.deadline_ns, expired);
    return pci_realize(dev, err);
}

static void i6300esb_resumed(struct device *dev)
{
    pci_resumed(dev);
    timer_update(&i6300esb(dev)->timer);
}

static const struct pci_type i6300esb_type = {
    .dev = {
        .type = { .name = "i6300esb", .parent = "pci-device", .category = "watchdog", .doc = "Intel 6300ESB watchdog",
                  DEVICE(W), TYPE_STATE(W), .state = &i6300esb_section },
        .bus = "PCI",
        .regions = i6300esb_regions,
        .realize = i6300esb_realize,
        .reset = pci_reset,
        .resumed = i6300esb_resumed,
    },
    .vendor = 0x8086, .device = 0x25ab, .class = 0x088000,
    .bars = i6300esb_bars,
};
TYPE_IN(i6300esb_type, i6300esb_type.dev.type);
