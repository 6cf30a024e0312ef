/* SPDX-License-Identifier: Apache-2.0 */
#include "core/power.h"
#include "tests/unit/pci-bench.h"

/* ib700, i6300esb (Intel 300641, chapter 16): when they expire. */

#define S 1000000000ull

static struct pci_bench p;
static struct device *dev;

static bool expired(void)
{
    bool was = p.b.m->power.watchdog_expired;

    p.b.m->power.watchdog_expired = false;
    return was;
}

static void step(uint64_t ns)
{
    machine_clock_step(p.b.m, ns);
}

static void ib700_lasts_as_long_as_it_is_told(void)
{
    bench_init(&p.b, 0);
    bench_device(&p.b, "ib700");
    for (unsigned v = 0; v < 16; v++) {
        uint64_t s = 30 - 2 * v;

        port_out(&p.b, 0x443, v | 0xf0);
        if (s) {
            step(s * S - 1);
            CHECK(!expired());
        }
        step(s ? 1 : TIMER_STEP_NS);
        CHECK(expired());
        step(100 * S);
        CHECK(!expired());                      /* once */
    }
    bench_fini(&p.b);
}

static void ib700_is_fed_and_stopped(void)
{
    bench_init(&p.b, 0);
    bench_device(&p.b, "ib700");
    CHECK_EQ(port_in(&p.b, 0x441), 0xff);
    CHECK_EQ(port_in(&p.b, 0x443), 0xff);
    for (unsigned i = 0; i < 5; i++) {
        port_out(&p.b, 0x443, 14);
        step(S);
    }
    CHECK(!expired());
    port_out(&p.b, 0x441, 0);
    step(100 * S);
    CHECK(!expired());
    port_out(&p.b, 0x443, 14);
    step(S);
    bench_reload(&p.b);
    step(S - 1);
    CHECK(!expired());
    step(1);
    CHECK(expired());
    port_out(&p.b, 0x443, 14);
    machine_reset(p.b.m, false);
    step(100 * S);
    CHECK(!expired());
    bench_fini(&p.b);
}

/* The ports beside its two are anybody's. */
static void ib700_has_two_ports(void)
{
    bench_init(&p.b, 0);
    bench_device(&p.b, "ib700");
    port_out(&p.b, 0x444, 14);
    port_out(&p.b, 0x442, 14);
    step(100 * S);
    CHECK(!expired());
    port_out(&p.b, 0x443, 14);
    port_out(&p.b, 0x442, 0);
    port_out(&p.b, 0x440, 0);
    step(2 * S - 1);
    port_out(&p.b, 0x444, 0);
    step(1);
    CHECK(expired());
    bench_fini(&p.b);
}

/* A machine that loads a stream may have stopped its own. */
static void ib700_runs_on_after_a_load(void)
{
    struct saved s;
    struct wire in;

    bench_init(&p.b, 0);
    bench_device(&p.b, "ib700");
    port_out(&p.b, 0x443, 14);
    step(S);
    s = bench_save(&p.b, "ib700_wdt");
    port_out(&p.b, 0x441, 0);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK_EQ(bench_load(&p.b, &in, NULL), 0);
    step(S - 1);
    CHECK(!expired());
    step(1);
    CHECK(expired());
    wire_fini(&s.w);
    bench_fini(&p.b);
}

enum { BAR = 0xfe000000, CONFIG = 0x60, LOCK = 0x68, ENABLE = 2, LOCKED = 1, FREE_RUN = 4, NO_REBOOT = 0x20, MHZ = 4 };

static void esb_init(void)
{
    pci_bench_init(&p);
    dev = bench_device(&p.b, "i6300esb");
    device_write(dev, 0, PCI_BAR, 4, BAR);
    device_write(dev, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static void esb_fini(void)
{
    pci_bench_fini(&p);
}

static void config(unsigned at, unsigned size, uint32_t val)
{
    device_write(dev, 0, at, size, val);
}

static uint32_t config_of(unsigned at, unsigned size)
{
    return device_read(dev, 0, at, size);
}

static void reg(unsigned at, unsigned size, uint32_t val)
{
    mem_out(&p.b, BAR + at, size, val);
}

static void unlock(void)
{
    reg(0xc, 2, 0x80);
    reg(0xc, 2, 0x86);
}

static void preload(uint32_t first, uint32_t second)
{
    unlock();
    reg(0, 4, first);
    unlock();
    reg(4, 4, second);
}

static void esb_shows_its_identity(void)
{
    esb_init();
    CHECK_EQ(config_of(0, 4), 0x25ab8086);
    CHECK_EQ(config_of(8, 4), 0x08800000);
    CHECK_EQ(config_of(0x10, 4), BAR);
    CHECK_EQ(mem_in(&p.b, BAR + 0, 4), 0);      /* preloads are written only */
    CHECK_EQ(mem_in(&p.b, BAR + 8, 4), 0);
    esb_fini();
}

static void esb_configuration_has_its_widths(void)
{
    esb_init();
    config(CONFIG, 2, 0xffff);
    CHECK_EQ(config_of(CONFIG, 2), 0x35);
    CHECK_EQ(config_of(CONFIG, 1), 0);          /* another width is scratch */
    config(CONFIG, 1, 0xaa);
    CHECK_EQ(config_of(CONFIG, 1), 0xaa);
    CHECK_EQ(config_of(CONFIG, 2), 0x35);
    for (unsigned bit = 0; bit < 16; bit++) {
        config(CONFIG, 2, 1u << bit);
        CHECK_EQ(config_of(CONFIG, 2), 1u << bit & 0x35);
    }
    config(LOCK, 1, FREE_RUN);
    CHECK_EQ(config_of(LOCK, 1), FREE_RUN);
    config(LOCK, 1, 0xf8);
    CHECK_EQ(config_of(LOCK, 1), 0);
    config(LOCK, 2, ENABLE);
    CHECK_EQ(config_of(LOCK, 1), 0);
    esb_fini();
}

static void esb_counts_twice(void)
{
    const uint64_t first = (1000ull << 15) * 30, second = (2000ull << 15) * 30;

    esb_init();
    preload(1000, 2000);
    step(1000 * S);
    CHECK(!expired());                          /* not enabled */
    config(LOCK, 1, ENABLE);
    step(first + second - 1);
    CHECK(!expired());
    step(1);
    CHECK(expired());
    CHECK_EQ(config_of(LOCK, 1), 0);            /* as after reset */
    step(1000 * S);
    CHECK(!expired());
    esb_fini();
}

static void esb_counts_megahertz(void)
{
    esb_init();
    preload(1000, 2000);
    config(CONFIG, 2, MHZ);
    config(LOCK, 1, ENABLE);
    step((3000ull << 5) * 30 - 1);
    CHECK(!expired());
    step(1);
    CHECK(expired());
    CHECK_EQ(config_of(CONFIG, 2), 0);
    esb_fini();
}

static void esb_reload_starts_anew(void)
{
    const uint64_t count = (1000ull << 15) * 30;

    esb_init();
    preload(1000, 1000);
    config(LOCK, 1, ENABLE);
    for (unsigned i = 0; i < 4; i++) {
        step(count + count / 2);
        unlock();
        reg(0xc, 2, 0x100);
    }
    CHECK(!expired());
    step(count);
    reg(0xc, 2, 0x100);                         /* guarded */
    step(count);
    CHECK(expired());
    unlock();
    reg(0xc, 2, 0x100);                         /* not enabled any more */
    step(10 * count);
    CHECK(!expired());
    esb_fini();
}

static void esb_writes_are_guarded(void)
{
    const uint64_t longest = (0xfffffull << 15) * 30;

    esb_init();
    reg(0, 4, 1);
    reg(4, 4, 1);
    reg(0xc, 2, 0x86);                          /* only the second write */
    reg(0, 4, 1);
    reg(0xc, 2, 0x80);
    reg(0, 4, 1);                               /* only the first */
    reg(0xc, 2, 0x86);
    reg(4, 4, 1);
    unlock();
    reg(0xc, 2, 0);                             /* uses it up */
    reg(4, 4, 1);
    config(LOCK, 1, ENABLE);
    step(2 * longest - 1);
    CHECK(!expired());
    step(1);
    CHECK(expired());
    unlock();
    reg(0, 4, 0xfff00001);                      /* twenty bits */
    unlock();
    reg(4, 4, 1);
    config(LOCK, 1, ENABLE);
    step((2ull << 15) * 30);
    CHECK(expired());
    esb_fini();
}

static void esb_remembers_that_it_expired(void)
{
    esb_init();
    CHECK_EQ(mem_in(&p.b, BAR + 0xc, 2), 0);
    preload(1, 1);
    config(LOCK, 1, ENABLE);
    step(S);
    CHECK(expired());
    CHECK_EQ(mem_in(&p.b, BAR + 0xc, 2), 0x1200);
    machine_reset(p.b.m, false);
    device_write(dev, 0, PCI_BAR, 4, BAR);
    device_write(dev, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CHECK_EQ(mem_in(&p.b, BAR + 0xc, 2), 0x1200);
    reg(0xc, 2, 0x200);
    CHECK_EQ(mem_in(&p.b, BAR + 0xc, 2), 0x1200);
    unlock();
    reg(0xc, 2, 0x200);
    CHECK_EQ(mem_in(&p.b, BAR + 0xc, 2), 0);
    esb_fini();
}

static void esb_without_output_does_nothing_at_the_end(void)
{
    esb_init();
    preload(1000, 1000);
    config(CONFIG, 2, NO_REBOOT);
    config(LOCK, 1, ENABLE);
    step(100 * S);
    CHECK(!expired());
    CHECK_EQ(config_of(LOCK, 1), ENABLE);
    config(LOCK, 1, 0);
    config(LOCK, 1, ENABLE | FREE_RUN);         /* runs on and on */
    step((2000ull << 15) * 30);
    config(CONFIG, 2, 0);
    step((2000ull << 15) * 30 - 1);
    CHECK(!expired());
    step(1);
    CHECK(expired());
    esb_fini();
}

static void esb_is_stopped_unless_it_is_locked(void)
{
    esb_init();
    preload(1000, 1000);
    config(LOCK, 1, ENABLE);
    step(S);
    config(LOCK, 1, 0);
    step(100 * S);
    CHECK(!expired());
    config(LOCK, 1, ENABLE | LOCKED);
    config(LOCK, 1, 0);
    CHECK_EQ(config_of(LOCK, 1), ENABLE | LOCKED);
    step(S);
    bench_reload(&p.b);
    step(S);
    CHECK(expired());
    config(LOCK, 1, LOCKED);
    machine_reset(p.b.m, false);
    CHECK_EQ(config_of(LOCK, 1), 0);
    esb_fini();
}

static void esb_writing_enable_again_does_not_feed(void)
{
    esb_init();
    preload(1000, 1000);
    config(LOCK, 1, ENABLE);
    for (unsigned i = 0; i < 4; i++) {
        step(S / 2);
        config(LOCK, 1, ENABLE);
    }
    CHECK(expired());
    esb_fini();
}

static void esb_streams_are_checked(void)
{
    struct error *err = NULL;
    struct saved s;
    struct wire in;

    esb_init();
    s = bench_save(&p.b, "0000:00:01.0/i6300esb_wdt");
    CHECK_EQ(s.fields[4 + 256 + 16 + 3], 1);    /* reboot_enabled, after the function's own */
    CHECK_EQ(s.fields[276 + 24 + 7], 0xff);     /* no deadline */
    CHECK_EQ(s.fields[276 + 32 + 8 + 3], 1);
    ((uint8_t *)s.fields)[276 + 32 + 8 + 3] = 0;
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(bench_load(&p.b, &in, &err) < 0);
    error_free(err);
    wire_fini(&s.w);
    esb_fini();
}

static void pvpanic_pci_is_one_byte_of_memory(void)
{
    pci_bench_init(&p);
    dev = bench_device(&p.b, "pvpanic-pci");
    CHECK_EQ(config_of(0, 4), 0x00111b36);
    CHECK_EQ(config_of(8, 4), 0x08800001);
    device_write(dev, 0, PCI_BAR, 4, BAR);
    device_write(dev, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CHECK_EQ(mem_in(&p.b, BAR, 1), 3);
    CHECK_EQ(mem_in(&p.b, BAR + 1, 1), 0);
    mem_out(&p.b, BAR, 1, 2);
    CHECK(!p.b.m->power.panicked && p.b.m->power.crash_loaded);
    mem_out(&p.b, BAR, 1, 1);
    CHECK(p.b.m->power.panicked);
    pci_bench_fini(&p);
}

static void pvpanic_pci_offers_what_the_user_chose(void)
{
    pci_bench_init(&p);
    dev = device_new(p.b.m, device_type_find("pvpanic-pci"));
    CHECK(device_set(dev, "events", "4", NULL) < 0);
    CHECK(!device_set(dev, "events", "2", NULL) && !device_realize(dev, NULL, NULL, NULL));
    device_write(dev, 0, PCI_BAR, 4, BAR);
    device_write(dev, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CHECK_EQ(mem_in(&p.b, BAR, 1), 2);
    mem_out(&p.b, BAR, 1, 1);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(ib700_lasts_as_long_as_it_is_told);
    TEST(ib700_is_fed_and_stopped);
    TEST(ib700_has_two_ports);
    TEST(ib700_runs_on_after_a_load);
    TEST(esb_shows_its_identity);
    TEST(esb_configuration_has_its_widths);
    TEST(esb_counts_twice);
    TEST(esb_counts_megahertz);
    TEST(esb_reload_starts_anew);
    TEST(esb_writes_are_guarded);
    TEST(esb_remembers_that_it_expired);
    TEST(esb_without_output_does_nothing_at_the_end);
    TEST(esb_is_stopped_unless_it_is_locked);
    TEST(esb_writing_enable_again_does_not_feed);
    TEST(esb_streams_are_checked);
    TEST(pvpanic_pci_is_one_byte_of_memory);
    TEST(pvpanic_pci_offers_what_the_user_chose);
    epoch_thread_fini();
    return test_end();
}
