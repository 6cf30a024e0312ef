/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/gsi.h"

/*
 * Global system interrupts: which pins of 8259s and I/O APIC a device's line reaches
 *
 * After the MultiProcessor Specification 1.4, 3.6 (ISA lines on an I/O APIC; the timer on pin 2) and the IA-PC HPET
 * specification, 2.3.4 (legacy replacement: timer 0 for IRQ0, timer 1 for IRQ8).
 */

#include "hw/intc/i8259.h"
#include "hw/intc/info.h"
#include "hw/intc/ioapic.h"
#include "tests/unit/hw-bench.h"

static struct bench b;
static struct device *gsi;
static struct irq line[GSI_LINES];
static uint32_t pins;

/* Of the I/O APIC's request register, which the monitor prints: "  IRR      4 20". */
static void add_line(void *opaque, const char *text)
{
    static const char head[] = "  IRR";
    unsigned pin;
    int n;

    if (strncmp(text, head, sizeof(head) - 1))
        return;
    for (text += sizeof(head) - 1; sscanf(text, " %u%n", &pin, &n) == 1; text += n)
        pins |= 1u << pin;
}

static uint8_t irr(uint16_t port)
{
    port_out(&b, port, 0x0a);
    return port_in(&b, port);
}

/* Inputs 0 to 15 of the 8259s; the cascade, which is the slave's, is left out. */
static uint32_t inputs(void)
{
    return (irr(0x20) & ~4u) | (uint32_t)irr(0xa0) << 8;
}

static uint32_t apic_pins(void)
{
    pins = 0;
    intc_print(b.m, add_line, NULL);
    return pins;
}

static void begin(void)
{
    struct i8259_pair pair;
    struct device *ioapic;

    bench_init(&b, 0);
    CHECK(!gsi_new(b.m, &gsi, NULL) && !ioapic_new(b.m, NULL, &ioapic, NULL) && !i8259_new_pair(b.m, &pair, NULL));
    gsi_connect(gsi, pair.master, pair.slave, ioapic);
    for (unsigned i = 0; i < GSI_LINES; i++)
        line[i] = (struct irq){ .sink = gsi_sink(gsi), .line = i };
    for (unsigned i = 0; i < 2; i++) {                  /* 8259s: level-triggered, so that requests show levels */
        uint16_t port = i ? 0xa0 : 0x20;

        port_out(&b, port, 0x11);
        port_out(&b, port + 1, 0x20 + 8 * i);
        port_out(&b, port + 1, i ? 2 : 4);
        port_out(&b, port + 1, 1);
        port_out(&b, 0x4d0 + i, i ? 0xde : 0xf8);
    }
    for (unsigned pin = 0; pin < GSI_PINS; pin++) {     /* the I/O APIC: the same, masked */
        mem_out(&b, IOAPIC_ADDR, 4, 0x10 + 2 * pin);
        mem_out(&b, IOAPIC_ADDR + 0x10, 4, 0x18000 | (0x30 + pin));
    }
}

static void check_reaches(uint32_t want_inputs, uint32_t want_pins)
{
    CHECK_EQ(inputs(), want_inputs);
    CHECK_EQ(apic_pins(), want_pins);
}

/* Which a GSI is for: input n unless that is the cascade, pin n; the timer's pin is 2. */
static uint32_t inputs_of(unsigned n)
{
    return n < GSI_ISA && n != 2 ? 1u << n : 0;
}

static uint32_t pins_of(unsigned n)
{
    return n ? 1u << n : 1u << 2;
}

static void each_gsi_reaches_its_input_and_its_pin(void)
{
    static const unsigned wires[] = { 0, GSI_HPET, GSI_PIRQ };

    for (unsigned wire = 0; wire < 3; wire++)
        for (unsigned n = 0; n < GSI_PINS; n++) {
            begin();
            irq_set(&line[wires[wire] + n], true);
            check_reaches(inputs_of(n), pins_of(n));
            bench_fini(&b);
        }
}

/* Wires that share a GSI: its level is high while any of theirs is. */
static void wires_of_a_gsi_are_ored(void)
{
    enum { N = 10 };

    begin();
    irq_set(&line[N], true);
    irq_set(&line[GSI_PIRQ + N], true);
    irq_set(&line[GSI_HPET + N], true);
    irq_set(&line[N], false);
    check_reaches(inputs_of(N), pins_of(N));
    irq_set(&line[GSI_PIRQ + N], false);
    check_reaches(inputs_of(N), pins_of(N));
    irq_set(&line[GSI_HPET + N], false);
    check_reaches(0, 0);
    bench_fini(&b);
}

/* "LEG_RT_CNF: ... Timer 0 will be routed to IRQ0 in non-APIC or IRQ2 in the I/O APIC, timer 1 to IRQ8"; PIT and RTC
 * are not, and nobody else is affected. */
static void legacy_replacement_cuts_timer_and_clock_off(void)
{
    for (unsigned legacy = 0; legacy < 2; legacy++)
        for (unsigned n = 0; n < GSI_PINS; n++) {
            bool cut = legacy && (n == 0 || n == 8);

            begin();
            irq_set(&line[GSI_LEGACY], legacy);
            irq_set(&line[n], true);
            check_reaches(cut ? 0 : inputs_of(n), cut ? 0 : pins_of(n));
            bench_fini(&b);
        }
    begin();
    irq_set(&line[GSI_LEGACY_TIMER], true);
    irq_set(&line[GSI_LEGACY_RTC], true);
    check_reaches(0, 0);                                /* not without the mode */
    irq_set(&line[GSI_LEGACY], true);
    check_reaches(inputs_of(0) | inputs_of(8), pins_of(0) | pins_of(8));
    irq_set(&line[GSI_LEGACY_TIMER], false);
    CHECK_EQ(apic_pins(), pins_of(8));                  /* 0 and 8 of the 8259s hold an edge until it is taken */
    irq_set(&line[GSI_LEGACY_RTC], false);
    CHECK_EQ(apic_pins(), 0);
    bench_fini(&b);
}

static void any_controller_may_be_missing(void)
{
    struct irq none;

    bench_init(&b, 0);
    CHECK(!gsi_find(b.m));
    CHECK(!gsi_new(b.m, &gsi, NULL));
    CHECK(gsi_find(b.m) == gsi);
    gsi_connect(gsi, NULL, NULL, NULL);
    for (unsigned i = 0; i < GSI_LINES; i++) {
        none = (struct irq){ .sink = gsi_sink(gsi), .line = i };
        irq_set(&none, true);
    }
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(each_gsi_reaches_its_input_and_its_pin);
    TEST(wires_of_a_gsi_are_ored);
    TEST(legacy_replacement_cuts_timer_and_clock_off);
    TEST(any_controller_may_be_missing);
    epoch_thread_fini();
    return test_end();
}
