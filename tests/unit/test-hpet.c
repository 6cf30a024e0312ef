/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/hpet.h"

/* The HPET after the IA-PC HPET specification 1.0a; section numbers are its own. */

#include "hw/intc/gsi.h"
#include "hw/intc/ioapic.h"
#include "tests/unit/hw-bench.h"

#define BASE 0xfed00000u

static struct bench b;
static struct device *ioapic, *gsi;

static uint32_t get(unsigned at)
{
    return mem_in(&b, BASE + at, 4);
}

static void set(unsigned at, uint32_t val)
{
    mem_out(&b, BASE + at, 4, val);
}

static unsigned last_vector;
static void sent(void *opaque, uint64_t addr, uint32_t data)
{
    last_vector = data;
}

/* Router and IOAPIC, whose pins deliver their own number. */
static void begin(const char *prop)
{
    struct device *dev;

    bench_init(&b, 0);
    CHECK(!gsi_new(b.m, &gsi, NULL) && !ioapic_new(b.m, NULL, &ioapic, NULL));
    gsi_connect(gsi, NULL, NULL, ioapic);
    b.isa.gsi = gsi_sink(gsi);
    dev = device_new(b.m, device_type_find("hpet"));
    if (prop)
        CHECK(!device_set(dev, prop, "on", NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
    bench_device(&b, "isa-pit");
}

/* Remote IRR of a level pin tells that it was reached. */
static void level_pin(unsigned pin, uint32_t entry)
{
    mem_out(&b, IOAPIC_ADDR, 4, 0x10 + 2 * pin);
    mem_out(&b, IOAPIC_ADDR + 0x10, 4, entry);
}

static bool reached(unsigned pin)
{
    bool yes;

    mem_out(&b, IOAPIC_ADDR, 4, 0x10 + 2 * pin);
    yes = mem_in(&b, IOAPIC_ADDR + 0x10, 4) >> 14 & 1;
    mem_out(&b, IOAPIC_ADDR + 0x40, 4, 0x30 + pin);
    return yes;
}

static void capabilities_after_reset(void)
{
    begin(NULL);
    CHECK_EQ(mem_in(&b, BASE, 8), 0x009896808086a201);
    for (unsigned n = 0; n < 3; n++) {
        CHECK_EQ(mem_in(&b, BASE + 0x100 + 0x20 * n, 8), 0x00ff010400000030);
        CHECK_EQ(mem_in(&b, BASE + 0x108 + 0x20 * n, 8), UINT64_MAX);
    }
    CHECK_EQ(get(0x160), 0);                    /* there is no fourth */
    bench_fini(&b);
}

static void the_counter_runs_while_enabled_and_can_be_written_while_not(void)
{
    begin(NULL);
    machine_clock_step(b.m, 1000);
    CHECK_EQ(get(0xf0), 0);
    set(0xf0, 0xfffffff0);
    set(0xf4, 1);
    set(0x10, 1);
    machine_clock_step(b.m, 320);
    CHECK_EQ(mem_in(&b, BASE + 0xf0, 8), 0x200000010);
    set(0xf0, 5);                               /* refused */
    CHECK_EQ(get(0xf0), 0x10);
    set(0x10, 0);
    machine_clock_step(b.m, 320);
    CHECK_EQ(get(0xf0), 0x10);
    bench_fini(&b);
}

static void a_one_shot_level_interrupt_stays_until_its_status_is_cleared(void)
{
    begin(NULL);
    level_pin(16, 0x8000 | (0x30 + 16));
    set(0x10, 1);
    set(0x100, 16 << 9 | 1 << 2 | 1 << 1);
    set(0x108, 1000);
    set(0x10c, 0);
    machine_clock_step(b.m, 9999);
    CHECK(!reached(16));
    machine_clock_step(b.m, 1);
    CHECK(reached(16) && get(0x20) == 1);
    CHECK(reached(16));                         /* again after the EOI */
    set(0x20, 1);
    reached(16);
    CHECK(!reached(16) && get(0x20) == 0);
    machine_clock_step(b.m, 100000);
    CHECK_EQ(get(0x20), 0);
    bench_fini(&b);
}

static void a_periodic_timer_accumulates(void)
{
    begin(NULL);
    set(0x10, 1);
    set(0x100, 16 << 9 | 1 << 8 | 1 << 6 | 1 << 3 | 1 << 2 | 1 << 1);
    set(0x108, 500);                            /* SETVAL: the comparator */
    set(0x108, 1000);                           /* then the period (2.3.9.2.2) */
    CHECK_EQ(get(0x108), 500);
    machine_clock_step(b.m, 5000);
    CHECK_EQ(get(0x20), 1);
    CHECK_EQ(get(0x108), 1500);
    set(0x20, 1);
    machine_clock_step(b.m, 9999);
    CHECK_EQ(get(0x20), 0);
    machine_clock_step(b.m, 1);
    CHECK_EQ(get(0x20), 1);
    CHECK_EQ(get(0x108), 2500);
    set(0x100, 16 << 9 | 1 << 8 | 1 << 6 | 1 << 3 | 1 << 2);
    set(0x108, get(0xf0) + 1);
    set(0x108, 1);                              /* 10 ns: bounded */
    machine_clock_step(b.m, 1000000);
    bench_fini(&b);
}

static void legacy_replacement_takes_the_place_of_pit_and_rtc(void)
{
    begin(NULL);
    level_pin(2, 0x8000 | (0x30 + 2));
    machine_clock_step(b.m, 60000000);          /* the PIT's square wave */
    CHECK(reached(2));
    set(0x100, 1 << 2 | 1 << 1);
    set(0x10, 3);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);       /* and the PIT sleeps */
    reached(2);
    CHECK(!reached(2));
    set(0x108, get(0xf0) + 100);
    set(0x10c, 0);
    machine_clock_step(b.m, 1000);
    CHECK(reached(2));
    set(0x20, 1);
    set(0x10, 1);
    CHECK(machine_clock_next(b.m) != TIMER_OFF);
    bench_fini(&b);
}

static void messages_are_off_unless_asked_for(void)
{
    begin(NULL);
    set(0x100, 0xffffffff);
    CHECK_EQ(get(0x100), 0x3f4e | 0x30);
    bench_fini(&b);
    begin("msi");
    b.m->msi.send = sent;
    CHECK_EQ(get(0x100) & 0x8000, 0x8000);
    set(0x110, 0x4041);
    set(0x114, 0xfee00000);
    set(0x10, 1);
    set(0x100, 1 << 14 | 1 << 2);
    set(0x108, 100);
    set(0x10c, 0);
    machine_clock_step(b.m, 1000);
    CHECK_EQ(last_vector, 0x4041);
    bench_fini(&b);
}

static void the_stream_is_the_references(void)
{
    static const uint8_t timer0[] = { 0, 0, 0xff, 0x01, 0x04, 0, 0, 0, 0x30, 0xff };
    struct saved s;

    begin(NULL);
    s = bench_save(&b, "hpet");
    CHECK(s.fields[24] == 3 && s.fields[151] == 0x7e && !memcmp(s.fields + 25, timer0, sizeof(timer0)));
    wire_fini(&s.w);
    machine_clock_step(b.m, 12345);
    set(0x10, 1);
    set(0x108, 5000);
    machine_clock_step(b.m, 1000);
    s = bench_save(&b, "hpet");
    CHECK_EQ(s.fields[23], 100);                /* the counter */
    CHECK(!memcmp(s.fields + 151, "\x05\x0bhpet/offset", 13));
    wire_fini(&s.w);
    bench_reload(&b);
    CHECK_EQ(get(0xf0), 100);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(capabilities_after_reset);
    TEST(the_counter_runs_while_enabled_and_can_be_written_while_not);
    TEST(a_one_shot_level_interrupt_stays_until_its_status_is_cleared);
    TEST(a_periodic_timer_accumulates);
    TEST(legacy_replacement_takes_the_place_of_pit_and_rtc);
    TEST(messages_are_off_unless_asked_for);
    TEST(the_stream_is_the_references);
    epoch_thread_fini();
    return test_end();
}
