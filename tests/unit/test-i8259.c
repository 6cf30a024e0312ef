/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/i8259.h"

/* The 8259A's data sheet (231468), its cascade in a PC, and the router before it. */

#include "hw/intc/apic.h"
#include "hw/intc/gsi.h"
#include "tests/unit/hw-bench.h"

static struct bench b;
static struct i8259_pair pair;
static struct irq line[16];

static bool intr(void)
{
    return !apic_new(b.m, b.m->vcpus[0], NULL) && b.m->vcpus[0]->intc->pending(b.m->vcpus[0]->intc_opaque);
}

/* As a BIOS does: vectors 0x08 and 0x70. */
static void program(uint8_t icw4)
{
    port_out(&b, 0x20, 0x11);
    port_out(&b, 0x21, 0x08);
    port_out(&b, 0x21, 0x04);
    port_out(&b, 0x21, icw4);
    port_out(&b, 0xa0, 0x11);
    port_out(&b, 0xa1, 0x70);
    port_out(&b, 0xa1, 0x02);
    port_out(&b, 0xa1, 0x01);
}

static void begin(void)
{
    bench_init(&b, 1);
    CHECK(!i8259_new_pair(b.m, &pair, NULL));
    for (unsigned i = 0; i < 16; i++)
        line[i] = (struct irq){ .sink = i8259_sink(i < 8 ? pair.master : pair.slave), .line = i % 8 };
    program(0x01);
}

static uint8_t irr(unsigned port)
{
    port_out(&b, port, 0x0a);
    return port_in(&b, port);
}

static uint8_t isr(unsigned port)
{
    port_out(&b, port, 0x0b);
    return port_in(&b, port);
}

static void pulse(unsigned n)
{
    irq_set(&line[n], true);
    irq_set(&line[n], false);
}

static void icw1_clears_mask_and_status_reads_irr(void)
{
    begin();
    port_out(&b, 0x21, 0xff);
    port_out(&b, 0x20, 0x0b);
    program(0x01);
    CHECK_EQ(port_in(&b, 0x21), 0);
    pulse(3);
    CHECK_EQ(port_in(&b, 0x20), 8);
    bench_fini(&b);
}

static void an_acknowledge_moves_the_request_into_service(void)
{
    begin();
    pulse(3);
    CHECK_EQ(i8259_ack(pair.master), 0x0b);
    CHECK_EQ(irr(0x20), 0);
    CHECK_EQ(isr(0x20), 8);
    port_out(&b, 0x20, 0x20);
    CHECK_EQ(isr(0x20), 0);
    bench_fini(&b);
}

static void ir0_has_the_highest_priority_and_service_blocks_lower_ones(void)
{
    begin();
    pulse(4);
    pulse(1);
    CHECK_EQ(i8259_ack(pair.master), 0x09);
    CHECK_EQ(i8259_ack(pair.master), 0x0f);     /* 4 is blocked: the spurious vector */
    CHECK_EQ(isr(0x20), 2);                     /* which is not in service */
    pulse(0);
    CHECK_EQ(i8259_ack(pair.master), 0x08);
    port_out(&b, 0x20, 0x20);
    port_out(&b, 0x20, 0x61);                   /* specific */
    CHECK_EQ(i8259_ack(pair.master), 0x0c);
    bench_fini(&b);
}

static void the_slave_answers_for_its_inputs(void)
{
    begin();
    pulse(8 + 5);
    pulse(8 + 6);
    CHECK_EQ(irr(0x20), 4);
    CHECK_EQ(i8259_ack(pair.master), 0x75);
    CHECK_EQ(isr(0x20), 4);
    CHECK_EQ(isr(0xa0), 0x20);
    port_out(&b, 0xa0, 0x20);                   /* INT rises again: an edge on IR2 */
    port_out(&b, 0x20, 0x20);
    CHECK_EQ(i8259_ack(pair.master), 0x76);
    bench_fini(&b);
}

static void automatic_eoi_leaves_nothing_in_service(void)
{
    begin();
    program(0x03);
    pulse(3);
    CHECK_EQ(i8259_ack(pair.master), 0x0b);
    CHECK_EQ(isr(0x20), 0);
    bench_fini(&b);
}

static void rotation_on_eoi_makes_the_served_input_lowest(void)
{
    begin();
    pulse(3);
    CHECK_EQ(i8259_ack(pair.master), 0x0b);
    port_out(&b, 0x20, 0xa0);
    pulse(3);
    pulse(4);
    CHECK_EQ(i8259_ack(pair.master), 0x0c);
    port_out(&b, 0x20, 0x20);
    port_out(&b, 0x20, 0xc7);                   /* set priority: 7 is the bottom, 0 the top */
    pulse(0);
    CHECK_EQ(i8259_ack(pair.master), 0x08);
    bench_fini(&b);
}

static void special_mask_mode_lets_others_through(void)
{
    begin();
    pulse(1);
    CHECK_EQ(i8259_ack(pair.master), 0x09);
    pulse(4);
    CHECK_EQ(i8259_ack(pair.master), 0x0f);
    port_out(&b, 0x21, 0x02);
    port_out(&b, 0x20, 0x68);
    CHECK_EQ(i8259_ack(pair.master), 0x0c);
    bench_fini(&b);
}

static void a_poll_is_an_acknowledge(void)
{
    begin();
    port_out(&b, 0x20, 0x0c);
    CHECK_EQ(port_in(&b, 0x20), 0);
    pulse(5);
    port_out(&b, 0x20, 0x0c);
    CHECK_EQ(port_in(&b, 0x20), 0x85);
    CHECK_EQ(isr(0x20), 0x20);
    bench_fini(&b);
}

static void elcr_makes_an_input_follow_its_level(void)
{
    begin();
    port_out(&b, 0x4d0, 0xff);
    CHECK_EQ(port_in(&b, 0x4d0), 0xf8);         /* timer, keyboard and cascade stay edges */
    port_out(&b, 0x4d1, 0xff);
    CHECK_EQ(port_in(&b, 0x4d1), 0xde);
    irq_set(&line[5], true);
    CHECK_EQ(i8259_ack(pair.master), 0x0d);
    port_out(&b, 0x20, 0x20);
    CHECK_EQ(irr(0x20), 0x20);
    irq_set(&line[5], false);
    CHECK_EQ(irr(0x20), 0);
    bench_fini(&b);
}

static void int_reaches_the_processor_through_lint0(void)
{
    struct vcpu *cpu;

    begin();
    CHECK(!intr());
    cpu = b.m->vcpus[0];
    pulse(3);
    CHECK(!cpu->intc->pending(cpu->intc_opaque));       /* masked */
    address_space_write(&cpu->as, 0xfee000f0, 4, 0x1ff, NULL);
    address_space_write(&cpu->as, 0xfee00350, 4, 0x700, NULL);
    CHECK(cpu->intc->pending(cpu->intc_opaque));
    CHECK_EQ(cpu->intc->take(cpu->intc_opaque), 0x0b);
    CHECK(!cpu->intc->pending(cpu->intc_opaque));
    bench_fini(&b);
}

static void the_stream_has_sixteen_bytes(void)
{
    static const uint8_t reset[16] = { 0 };
    struct saved s;

    bench_init(&b, 1);
    CHECK(!i8259_new_pair(b.m, &pair, NULL));
    s = bench_save(&b, "i8259");
    CHECK(!memcmp(s.fields, reset, 16) && s.fields[16] == 0x7e);
    wire_fini(&s.w);
    bench_reload(&b);
    bench_fini(&b);
}

static void gsi_n_reaches_input_n_and_pin_n(void)
{
    struct device *gsi;
    struct irq irq[GSI_LINES];

    begin();
    CHECK(!gsi_new(b.m, &gsi, NULL) && gsi_find(b.m) == gsi);
    gsi_connect(gsi, pair.master, pair.slave, NULL);
    for (unsigned i = 0; i < GSI_LINES; i++)
        irq[i] = (struct irq){ .sink = gsi_sink(gsi), .line = i };
    irq_set(&irq[4], true);
    irq_set(&irq[12], true);
    irq_set(&irq[20], true);
    CHECK_EQ(irr(0x20), 0x14);
    CHECK_EQ(irr(0xa0), 0x10);
    irq_set(&irq[GSI_LEGACY], true);
    irq_set(&irq[0], true);                     /* the PIT is cut off */
    CHECK_EQ(irr(0x20), 0x14);
    irq_set(&irq[GSI_LEGACY_TIMER], true);
    CHECK_EQ(irr(0x20), 0x15);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(icw1_clears_mask_and_status_reads_irr);
    TEST(an_acknowledge_moves_the_request_into_service);
    TEST(ir0_has_the_highest_priority_and_service_blocks_lower_ones);
    TEST(the_slave_answers_for_its_inputs);
    TEST(automatic_eoi_leaves_nothing_in_service);
    TEST(rotation_on_eoi_makes_the_served_input_lowest);
    TEST(special_mask_mode_lets_others_through);
    TEST(a_poll_is_an_acknowledge);
    TEST(elcr_makes_an_input_follow_its_level);
    TEST(int_reaches_the_processor_through_lint0);
    TEST(the_stream_has_sixteen_bytes);
    TEST(gsi_n_reaches_input_n_and_pin_n);
    epoch_thread_fini();
    return test_end();
}
