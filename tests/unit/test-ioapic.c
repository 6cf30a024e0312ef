/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/ioapic.h"

/* The I/O APIC after the 82093AA's data sheet (290566), and the EOI that comes back to it. */

#include "hw/intc/apic.h"
#include "tests/unit/hw-bench.h"

static struct bench b;
static struct device *ioapic;
static struct irq pin[IOAPIC_PINS];

static uint32_t get(uint8_t reg)
{
    mem_out(&b, IOAPIC_ADDR, 4, reg);
    return mem_in(&b, IOAPIC_ADDR + 0x10, 4);
}

static void set(uint8_t reg, uint32_t val)
{
    mem_out(&b, IOAPIC_ADDR, 4, reg);
    mem_out(&b, IOAPIC_ADDR + 0x10, 4, val);
}

static int take(unsigned cpu)
{
    return b.m->vcpus[cpu]->intc->take(b.m->vcpus[cpu]->intc_opaque);
}

static void eoi(unsigned cpu)
{
    address_space_write(&b.m->vcpus[cpu]->as, 0xfee000b0, 4, 0, NULL);
}

static void begin(void)
{
    bench_init(&b, 2);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(!apic_new(b.m, b.m->vcpus[i], NULL));
        address_space_write(&b.m->vcpus[i]->as, 0xfee000f0, 4, 0x1ff, NULL);
        address_space_write(&b.m->vcpus[i]->as, 0xfee000d0, 4, 1u << (24 + i), NULL);
    }
    CHECK(!ioapic_new(b.m, NULL, &ioapic, NULL));
    for (unsigned i = 0; i < IOAPIC_PINS; i++)
        pin[i] = (struct irq){ .sink = ioapic_sink(ioapic), .line = i };
}

static void registers_after_reset(void)
{
    begin();
    CHECK_EQ(get(0), 0);
    CHECK_EQ(get(1), 0x00170020);
    for (unsigned i = 0; i < IOAPIC_PINS; i++) {
        CHECK_EQ(get(0x10 + 2 * i), 0x10000);
        CHECK_EQ(get(0x11 + 2 * i), 0);
    }
    CHECK_EQ(get(0x40), 0);
    set(0, 0xff000000);
    CHECK_EQ(get(0), 0x0f000000);
    CHECK_EQ(get(2), 0x0f000000);
    bench_fini(&b);
}

static void delivery_status_and_remote_irr_are_read_only(void)
{
    begin();
    set(0x14, 0xffffffff);
    CHECK_EQ(get(0x14), 0xffffafff);
    set(0x15, 0xffffffff);
    CHECK_EQ(get(0x15), 0xffffffff);
    bench_fini(&b);
}

static void an_edge_is_delivered_once(void)
{
    begin();
    set(0x10 + 8, 0x0041);
    irq_set(&pin[4], true);
    CHECK_EQ(take(0), 0x41);
    eoi(0);
    CHECK_EQ(take(0), -1);
    irq_set(&pin[4], false);
    irq_set(&pin[4], true);
    CHECK_EQ(take(0), 0x41);
    bench_fini(&b);
}

static void an_edge_on_a_masked_pin_is_lost(void)
{
    begin();
    set(0x10 + 8, 0x10041);
    irq_set(&pin[4], true);
    set(0x10 + 8, 0x0041);
    CHECK_EQ(take(0), -1);
    bench_fini(&b);
}

static void a_level_is_delivered_again_after_its_eoi(void)
{
    begin();
    set(0x10 + 20, 0x8051);
    irq_set(&pin[10], true);
    CHECK_EQ(get(0x10 + 20), 0xc051);           /* remote IRR */
    CHECK_EQ(take(0), 0x51);
    eoi(0);
    CHECK_EQ(take(0), 0x51);                    /* the line is still high */
    irq_set(&pin[10], false);
    eoi(0);
    CHECK_EQ(get(0x10 + 20), 0x8051);
    CHECK_EQ(take(0), -1);
    bench_fini(&b);
}

static void a_level_on_a_masked_pin_waits(void)
{
    begin();
    set(0x10 + 20, 0x18051);
    irq_set(&pin[10], true);
    CHECK_EQ(take(0), -1);
    set(0x10 + 20, 0x8051);
    CHECK_EQ(take(0), 0x51);
    set(0x10 + 20, 0x0051);                     /* edge: remote IRR is forgotten */
    set(0x10 + 20, 0x8051);
    CHECK_EQ(get(0x10 + 20), 0xc051);           /* and the level delivered anew */
    bench_fini(&b);
}

static void the_eoi_register_ends_by_vector(void)
{
    begin();
    set(0x10 + 20, 0x8051);
    irq_set(&pin[10], true);
    irq_set(&pin[10], false);
    mem_out(&b, IOAPIC_ADDR + 0x40, 4, 0x52);
    CHECK_EQ(get(0x10 + 20), 0xc051);
    mem_out(&b, IOAPIC_ADDR + 0x40, 4, 0x51);
    CHECK_EQ(get(0x10 + 20), 0x8051);
    bench_fini(&b);
}

static void destinations(void)
{
    begin();
    set(0x10 + 8, 0x0041);
    set(0x11 + 8, 1u << 24);
    irq_set(&pin[4], true);
    CHECK(take(0) == -1 && take(1) == 0x41);
    set(0x10 + 10, 0x0842);                     /* logical, both */
    set(0x11 + 10, 3u << 24);
    eoi(1);
    irq_set(&pin[5], true);
    CHECK(take(0) == 0x42 && take(1) == 0x42);
    bench_fini(&b);
}

static void the_stream_has_206_bytes(void)
{
    struct saved s;

    begin();
    s = bench_save(&b, "ioapic");
    CHECK_EQ(s.fields[206], 0x7e);
    CHECK_EQ(s.fields[14 + 5], 1);
    wire_fini(&s.w);
    set(0x10 + 20, 0x8051);
    irq_set(&pin[10], true);
    bench_reload(&b);
    CHECK_EQ(get(0x10 + 20), 0xc051);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(registers_after_reset);
    TEST(delivery_status_and_remote_irr_are_read_only);
    TEST(an_edge_is_delivered_once);
    TEST(an_edge_on_a_masked_pin_is_lost);
    TEST(a_level_is_delivered_again_after_its_eoi);
    TEST(a_level_on_a_masked_pin_waits);
    TEST(the_eoi_register_ends_by_vector);
    TEST(destinations);
    TEST(the_stream_has_206_bytes);
    epoch_thread_fini();
    return test_end();
}
