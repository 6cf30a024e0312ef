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

/* 2.3.8: Tn_FSB_INT_DEL_CAP; the enable is writable without it, too, as in the reference. */
static void messages_are_not_announced_unless_asked_for(void)
{
    begin(NULL);
    set(0x100, 0xffffffff);
    CHECK_EQ(get(0x100), 0x7f4e | 0x30);
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
    last_vector = 0;
    set(0x100, 1 << 2);
    set(0x108, get(0xf0) + 100);
    machine_clock_step(b.m, 2000);
    CHECK_EQ(last_vector, 0);
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

/* What the lines into the router do: level now, and how often each rose. */
static bool high[GSI_LINES];
static unsigned rose[GSI_LINES];

static void look_on(void *opaque, const struct irq *irq, bool level)
{
    if (irq->sink->dev != gsi || irq->line >= GSI_LINES)
        return;
    rose[irq->line] += level && !high[irq->line];
    high[irq->line] = level;
}

static void begin_watched(const char *prop)
{
    begin(prop);
    memset(high, 0, sizeof(high));
    memset(rose, 0, sizeof(rose));
    b.m->irq_watch = (struct irq_watch){ .fn = look_on };
}

enum { T_LEVEL = 1 << 1, T_ENABLE = 1 << 2, T_PERIODIC = 1 << 3, T_SETVAL = 1 << 6, T_32 = 1 << 8 };

static void timer(unsigned n, unsigned route, uint32_t config, uint64_t cmp)
{
    set(0x100 + 0x20 * n, route << 9 | config);
    set(0x10c + 0x20 * n, cmp >> 32);
    set(0x108 + 0x20 * n, cmp);
}

static bool anything_high(void)
{
    for (unsigned n = GSI_LEGACY_TIMER; n < GSI_LINES; n++)
        if (high[n])
            return true;
    return false;
}

/* 2.3.8: "Tn_INT_TYPE_CNF 0: edge triggered ... an edge-type interrupt is generated"; no status bit then (2.3.6). */
static void an_edge_interrupt_is_one_edge_and_no_status(void)
{
    for (unsigned n = 0; n < 3; n++) {
        begin_watched(NULL);
        set(0x10, 1);
        timer(n, 16 + n, T_ENABLE, 100);
        machine_clock_step(b.m, 999);
        CHECK_EQ(rose[GSI_HPET + 16 + n], 0);
        machine_clock_step(b.m, 1);
        CHECK_EQ(rose[GSI_HPET + 16 + n], 1);
        CHECK(!anything_high() && get(0x20) == 0);
        machine_clock_step(b.m, 10000);
        CHECK_EQ(rose[GSI_HPET + 16 + n], 1);
        bench_fini(&b);
    }
}

/* 2.3.6: a status bit "is set ... remains until software writes 1"; other bits stay. */
static void a_level_interrupt_is_its_status_and_its_enable(void)
{
    begin_watched(NULL);
    set(0x10, 1);
    for (unsigned n = 0; n < 3; n++)
        timer(n, 16 + n, T_ENABLE | T_LEVEL, 100 * (n + 1));
    machine_clock_step(b.m, 2000);
    CHECK_EQ(get(0x20), 3);
    CHECK(high[GSI_HPET + 16] && high[GSI_HPET + 17] && !high[GSI_HPET + 18]);
    set(0x24, 1);                               /* the upper half has no bits */
    CHECK_EQ(get(0x20), 3);
    set(0x20, 1);
    CHECK(get(0x20) == 2 && !high[GSI_HPET + 16] && high[GSI_HPET + 17]);
    set(0x120, 17 << 9 | T_LEVEL);
    CHECK(get(0x20) == 2 && !high[GSI_HPET + 17]);
    set(0x120, 17 << 9 | T_LEVEL | T_ENABLE);
    CHECK(high[GSI_HPET + 17]);
    set(0x120, 17 << 9 | T_ENABLE);             /* "if edge: this bit should be ignored", and is 0 */
    CHECK(get(0x20) == 0 && !high[GSI_HPET + 17]);
    machine_clock_step(b.m, 2000);
    CHECK(get(0x20) == 4 && high[GSI_HPET + 18]);
    bench_fini(&b);
}

/* 2.3.5: LEG_RT_CNF sends timer 0 to IRQ0 (GSI 2) and timer 1 to IRQ8; the others keep their routes. */
static void legacy_replacement_routes_two_timers(void)
{
    begin_watched(NULL);
    set(0x10, 3);
    CHECK(high[GSI_LEGACY]);
    for (unsigned n = 0; n < 3; n++)
        timer(n, 20, T_ENABLE | T_LEVEL, 100);
    machine_clock_step(b.m, 2000);
    CHECK(high[GSI_LEGACY_TIMER] && high[GSI_LEGACY_RTC] && high[GSI_HPET + 20]);
    set(0x20, 1);
    CHECK(!high[GSI_LEGACY_TIMER] && high[GSI_LEGACY_RTC] && high[GSI_HPET + 20]);
    set(0x20, 4);
    CHECK(!high[GSI_LEGACY_TIMER] && high[GSI_LEGACY_RTC] && !high[GSI_HPET + 20]);
    set(0x20, 2);
    CHECK(!anything_high());
    for (unsigned n = 0; n < 3; n++)
        timer(n, 20, T_ENABLE, get(0xf0) + 100);
    memset(rose, 0, sizeof(rose));
    machine_clock_step(b.m, 2000);
    CHECK(rose[GSI_LEGACY_TIMER] == 1 && rose[GSI_LEGACY_RTC] == 1 && rose[GSI_HPET + 20] == 1);
    set(0x10, 1);
    CHECK(!high[GSI_LEGACY]);
    bench_fini(&b);
}

static void a_route_beyond_the_last_pin_leads_nowhere(void)
{
    begin_watched(NULL);
    set(0x10, 1);
    timer(0, 24, T_ENABLE, 100);
    timer(1, 31, T_ENABLE, 100);
    timer(2, 24, T_ENABLE | T_LEVEL, 100);
    memset(rose, 0, sizeof(rose));
    machine_clock_step(b.m, 2000);
    for (unsigned n = GSI_LEGACY_TIMER; n < GSI_LINES; n++)
        CHECK(!high[n] && !rose[n]);
    CHECK_EQ(get(0x20), 4);
    bench_fini(&b);
}

/* 2.3.8: "Tn_INT_ENB_CNF ... must be set to enable timer n to cause an interrupt". */
static void without_its_enable_or_the_counters_a_timer_is_not_waited_for(void)
{
    begin_watched(NULL);
    set(0x10, 3);                               /* legacy: the PIT waits for nothing, either */
    timer(0, 16, 0, 1000);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    set(0x100, 16 << 9 | T_ENABLE);
    CHECK_EQ(machine_clock_next(b.m), 10000);
    set(0x10, 2);
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    machine_clock_step(b.m, 600);
    set(0x10, 3);                               /* the counter stood meanwhile */
    CHECK_EQ(machine_clock_next(b.m), 10600);
    machine_clock_step(b.m, 600);
    set(0x10, 2);
    CHECK_EQ(get(0xf0), 60);
    set(0x10, 3);
    CHECK_EQ(machine_clock_next(b.m), 10600);
    bench_fini(&b);
}

/* 2.3.9.2.1: one-shot, in 32-bit mode it compares the low half alone. */
static void a_32_bit_comparator_compares_32_bits(void)
{
    begin_watched(NULL);
    set(0xf4, 5);
    set(0xf0, 0xfffffff0);
    set(0x10, 3);
    set(0x140, 16 << 9 | T_ENABLE | T_32);
    set(0x14c, 7);                              /* not writable then */
    set(0x148, 100);
    CHECK_EQ(mem_in(&b, BASE + 0x148, 8), 100);
    CHECK_EQ(machine_clock_next(b.m), 1160);
    set(0x140, 16 << 9 | T_ENABLE);             /* 64 bits: long passed */
    CHECK_EQ(machine_clock_next(b.m), TIMER_OFF);
    timer(2, 16, T_ENABLE, 0x600000064);
    CHECK_EQ(mem_in(&b, BASE + 0x148, 8), 0x600000064);
    CHECK_EQ(machine_clock_next(b.m), 1160);
    bench_fini(&b);
}

static void a_32_bit_period_wraps_with_its_comparator(void)
{
    begin_watched(NULL);
    set(0xf0, 0xfffffff0);
    set(0x10, 3);
    set(0x100, 16 << 9 | T_ENABLE | T_32 | T_PERIODIC | T_SETVAL);
    set(0x108, 0xfffffff8);
    set(0x108, 1000);
    CHECK_EQ(machine_clock_next(b.m), 1000);    /* 80 ns, and never sooner than 1 us */
    machine_clock_step(b.m, 1000);
    CHECK_EQ(rose[GSI_LEGACY_TIMER], 1);
    CHECK_EQ(mem_in(&b, BASE + 0x108, 8), 1000 - 8);
    machine_clock_step(b.m, 10079 - 1000);
    CHECK_EQ(rose[GSI_LEGACY_TIMER], 1);
    machine_clock_step(b.m, 1);
    CHECK_EQ(rose[GSI_LEGACY_TIMER], 2);
    CHECK_EQ(get(0x108), 2000 - 8);
    bench_fini(&b);
}

static void a_one_shot_that_was_just_passed_matches_at_once(void)
{
    begin_watched(NULL);
    set(0x10, 1);
    machine_clock_step(b.m, 10000);
    set(0x100, 16 << 9 | T_ENABLE);
    set(0x10c, 0);
    memset(rose, 0, sizeof(rose));
    set(0x108, 999);
    machine_clock_step(b.m, 1000);
    CHECK_EQ(rose[GSI_HPET + 16], 1);
    machine_clock_step(b.m, 1000000);
    CHECK_EQ(rose[GSI_HPET + 16], 1);
    bench_fini(&b);
}

/* 2.3.9.2.2: with interrupts off, "the timer will still operate": its comparator goes on. */
static void a_periodic_comparator_reads_ahead_of_the_counter(void)
{
    begin_watched(NULL);
    set(0x10, 1);
    set(0x100, T_PERIODIC | T_SETVAL | T_32);
    set(0x108, 300);
    set(0x108, 500);
    CHECK_EQ(get(0x108), 300);
    machine_clock_step(b.m, 2999);
    CHECK_EQ(get(0x108), 300);
    machine_clock_step(b.m, 1);
    CHECK_EQ(get(0x108), 800);
    machine_clock_step(b.m, 1000000);
    CHECK_EQ(get(0x108), 100300 + 500);
    bench_fini(&b);
}

/* Table 2-1: what lies between the registers is reserved. */
static void reserved_offsets_read_as_0(void)
{
    static const uint16_t hole[] = { 0x08, 0x18, 0x28, 0x80, 0xf8, 0x118, 0x138, 0x158 };

    begin(NULL);
    set(0xf0, 0x12345678);
    for (unsigned i = 0; i < sizeof(hole) / sizeof(hole[0]); i++) {
        set(hole[i], 0xffffffff);
        CHECK_EQ(mem_in(&b, BASE + hole[i], 8), 0);
    }
    CHECK_EQ(mem_in(&b, BASE + 0xf1, 2), 0x3456);
    CHECK_EQ(mem_in(&b, BASE, 1), 0x01);
    set(0x14, 0xffffffff);
    CHECK_EQ(mem_in(&b, BASE + 0x10, 8), 0);
    set(0x104, 0xffffffff);                     /* Tn_INT_ROUTE_CAP is read-only */
    CHECK_EQ(mem_in(&b, BASE + 0x100, 8), 0x00ff010400000030);
    set(0x10, 0xfffffffe);
    CHECK_EQ(mem_in(&b, BASE + 0x10, 8), 2);    /* bits 0 and 1 are there */
    bench_fini(&b);
}

static void a_write_to_the_running_counter_is_an_error_of_the_guest(void)
{
    begin(NULL);
    set(0xf0, 5);
    CHECK_EQ(b.m->guest_errors, 0);
    set(0x10, 1);
    set(0xf0, 6);
    CHECK_EQ(b.m->guest_errors, 1);
    CHECK_EQ(get(0xf0), 5);
    bench_fini(&b);
}

static void there_are_3_to_32_comparators(void)
{
    static const char *const good[] = { "3", "4", "24", "32" }, *const bad[] = { "2", "33" };
    static const uint8_t shown[] = { 2, 3, 23, 31 };
    struct device *dev;

    for (unsigned i = 0; i < 4; i++) {
        bench_init(&b, 0);
        dev = device_new(b.m, device_type_find("hpet"));
        CHECK(!device_set(dev, "timers", good[i], NULL) && !device_set(dev, "hpet-intcap", "0x4", NULL));
        CHECK(!device_realize(dev, NULL, NULL, NULL));
        CHECK_EQ(get(0) >> 8 & 0x1f, shown[i]);
        CHECK_EQ(mem_in(&b, BASE + 0x160, 8), i ? 0x400000030 : 0);
        CHECK_EQ(mem_in(&b, BASE + 0x3e0, 8), i > 1 ? 0x400000030 : 0);
        bench_reload(&b);
        bench_fini(&b);
    }
    bench_init(&b, 0);
    dev = device_new(b.m, device_type_find("hpet"));
    for (unsigned i = 0; i < 2; i++) {
        struct error *err = NULL;

        CHECK(device_set(dev, "timers", bad[i], &err) < 0);
        error_free(err);
    }
    bench_fini(&b);
}

/* facts/migration/vmstate-dump.json, "hpet", "hpet_timer", "hpet/offset". */
static void the_stream_is_checked_and_goes_on_elsewhere(void)
{
    static const uint8_t offset[] = "\x05\x0bhpet/offset\0\0\0\1";
    struct saved s;

    begin_watched(NULL);
    machine_clock_step(b.m, 5000);
    set(0x10, 3);
    timer(0, 16, T_ENABLE, 200);
    timer(1, 16, T_ENABLE | T_LEVEL, 1);
    machine_clock_step(b.m, 500);
    machine_clock_step(b.m, 500);
    CHECK_EQ(get(0x20), 2);
    s = bench_save(&b, "hpet");
    CHECK(!memcmp(s.fields + 151, offset, sizeof(offset) - 1));
    CHECK(bench_load_with(&b, &s, 7, 4) < 0);   /* config */
    CHECK(bench_load_with(&b, &s, 24, 4) < 0);  /* another number of timers */
    CHECK(!bench_load_with(&b, &s, 25, 31) && bench_load_with(&b, &s, 25, 32) < 0);
    CHECK(!bench_load_with(&b, &s, 25 + 33, 1) && bench_load_with(&b, &s, 25 + 33, 2) < 0);
    CHECK(bench_load_with(&b, &s, -1, 1) < 0 && bench_load_with(&b, &s, -1, 3) < 0);
    CHECK(bench_load_with(&b, &s, 151 + 16, 2) < 0);
    bench_fini(&b);
    begin_watched(NULL);
    machine_clock_step(b.m, 5500);
    CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
    CHECK(high[GSI_LEGACY] && high[GSI_LEGACY_RTC] && !high[GSI_LEGACY_TIMER]);
    wire_fini(&s.w);
    CHECK_EQ(get(0xf0), 50);
    CHECK_EQ(machine_clock_next(b.m), 7000);
    machine_clock_step(b.m, 1500);
    CHECK_EQ(rose[GSI_LEGACY_TIMER], 1);
    bench_fini(&b);
}

/* "hpet-offset-saved" off, as old machines have it: the counter's value alone. */
static void a_stream_without_the_offset_tells_the_counter(void)
{
    struct saved s;

    for (unsigned i = 0; i < 2; i++) {
        struct device *dev;

        bench_init(&b, 0);
        dev = device_new(b.m, device_type_find("hpet"));
        CHECK(!device_set(dev, "hpet-offset-saved", "off", NULL) && !device_realize(dev, NULL, NULL, NULL));
        if (!i) {
            machine_clock_step(b.m, 5000);
            set(0x10, 1);
            machine_clock_step(b.m, 1000);
            s = bench_save(&b, "hpet");
            CHECK_EQ(s.fields[151], 0x7e);
        } else {
            machine_clock_step(b.m, 300);
            CHECK(!bench_load(&b, &(struct wire){ .buf = s.w.buf, .len = s.w.at }, NULL));
            CHECK_EQ(get(0xf0), 100);
            machine_clock_step(b.m, 10);
            CHECK_EQ(get(0xf0), 101);
            wire_fini(&s.w);
        }
        bench_fini(&b);
    }
}

int main(void)
{
    epoch_thread_init();
    TEST(capabilities_after_reset);
    TEST(the_counter_runs_while_enabled_and_can_be_written_while_not);
    TEST(a_one_shot_level_interrupt_stays_until_its_status_is_cleared);
    TEST(a_periodic_timer_accumulates);
    TEST(legacy_replacement_takes_the_place_of_pit_and_rtc);
    TEST(messages_are_not_announced_unless_asked_for);
    TEST(the_stream_is_the_references);
    TEST(an_edge_interrupt_is_one_edge_and_no_status);
    TEST(a_level_interrupt_is_its_status_and_its_enable);
    TEST(legacy_replacement_routes_two_timers);
    TEST(a_route_beyond_the_last_pin_leads_nowhere);
    TEST(without_its_enable_or_the_counters_a_timer_is_not_waited_for);
    TEST(a_32_bit_comparator_compares_32_bits);
    TEST(a_32_bit_period_wraps_with_its_comparator);
    TEST(a_one_shot_that_was_just_passed_matches_at_once);
    TEST(a_periodic_comparator_reads_ahead_of_the_counter);
    TEST(reserved_offsets_read_as_0);
    TEST(a_write_to_the_running_counter_is_an_error_of_the_guest);
    TEST(there_are_3_to_32_comparators);
    TEST(the_stream_is_checked_and_goes_on_elsewhere);
    TEST(a_stream_without_the_offset_tells_the_counter);
    epoch_thread_fini();
    return test_end();
}
