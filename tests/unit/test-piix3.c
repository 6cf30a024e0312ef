/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * PIIX3 after the Intel 82371SB data sheet: configuration registers (2.2), PIRQ routing (2.2.10), reset
 * control (2.5.5)
 */

#include "hw/intc/gsi.h"
#include "hw/isa/piix3.h"
#include "tests/unit/config-bits.h"
#include "tests/unit/pin-function.h"

static struct pci_bench p;
static struct device *piix3;

static void begin(void)
{
    pci_bench_init_i440fx(&p);
    piix3 = device_new(p.b.m, device_type_find("PIIX3"));
    piix3_set_gsi(piix3, &p.b.sink);
    CHECK(!device_set(piix3, "addr", "1.0", NULL) && !device_set(piix3, "multifunction", "on", NULL));
    CHECK(!device_realize(piix3, NULL, NULL, NULL));
}

static void end(void)
{
    pci_bench_fini(&p);
}

/* The ISA lines that are asserted, a bit each. */
static uint32_t lines(void)
{
    uint32_t bits = 0;

    for (unsigned n = 0; n < GSI_PINS; n++)
        bits |= (uint32_t)p.b.lines->level[GSI_PIRQ + n] << n;
    return bits;
}

static void route(unsigned pirq, uint8_t val)
{
    pci_out(&p, 1, 0, PIIX3_PIRQRC_A + pirq, 1, val);
}

static void identity(void)
{
    begin();
    CHECK_EQ(pci_in(&p, 1, 0, PCI_VENDOR, 4), 0x70008086);
    CHECK_EQ(pci_in(&p, 1, 0, PCI_REVISION, 4), 0x06010000);
    CHECK_EQ(pci_in(&p, 1, 0, PCI_HEADER, 1), 0x80);
    CHECK_EQ(pci_in(&p, 1, 0, PCI_COMMAND, 4), 0x02000000);     /* DEVSEL# timing: medium */
    CHECK_EQ(pci_in(&p, 1, 0, PCI_IRQ_PIN, 1), 0);
    end();
}

static const struct { uint8_t at, reset; } defaults[] = {
    { 0x4c, 0x4d }, { 0x4d, 0 }, { 0x4e, 3 }, { 0x4f, 0 }, { 0x60, 0x80 }, { 0x61, 0x80 }, { 0x62, 0x80 },
    { 0x63, 0x80 }, { 0x69, 2 }, { 0x6a, 0 }, { 0x70, 0x80 }, { 0x71, 0 }, { 0x76, 0x0c }, { 0x77, 0x0c },
    { 0x78, 2 }, { 0x79, 0 }, { 0xa0, 8 }, { 0xa8, 0x0f },
};

/* 2.2: "Default Value" of each register. */
static void registers_have_their_defaults_and_can_be_written(void)
{
    begin();
    for (unsigned i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        CHECK_EQ(pci_in(&p, 1, 0, defaults[i].at, 1), defaults[i].reset);
        pci_out(&p, 1, 0, defaults[i].at, 1, 0xff);
        CHECK_EQ(pci_in(&p, 1, 0, defaults[i].at, 1), 0xff);
        pci_out(&p, 1, 0, defaults[i].at, 1, 0);
        CHECK_EQ(pci_in(&p, 1, 0, defaults[i].at, 1), 0);
    }
    machine_reset(p.b.m, false);
    for (unsigned i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        CHECK_EQ(pci_in(&p, 1, 0, defaults[i].at, 1), defaults[i].reset);
    end();
}

/* 2.2: each register's size, and the bits that are read/write. */
static void registers_have_the_bits_of_the_data_sheet(void)
{
    static const struct config_bits bits[] = {
        { 0x4c, 1, 0x4d, 0xff }, { 0x4e, 2, 3, 0xffff }, { 0x60, 4, 0x80808080, 0xffffffff }, { 0x69, 1, 2, 0xff },
        { 0x70, 1, 0x80, 0xff }, { 0x76, 2, 0x0c0c, 0xffff }, { 0x78, 2, 2, 0xffff }, { 0x80, 1, 0, 0xff },
        { 0x82, 1, 0, 0xff }, { 0xa0, 1, 8, 0xff }, { 0xa2, 2, 0, 0xffff }, { 0xa4, 4, 0, 0xffffffff },
        { 0xa8, 1, 0x0f, 0xff }, { 0xaa, 2, 0, 0xffff }, { 0xac, 1, 0, 0xff }, { 0xae, 1, 0, 0xff },
    };

    begin();
    config_bits_check(&p, 1, 0, bits, sizeof(bits) / sizeof(bits[0]));
    end();
}

/* Pin A of slot 1 is PIRQA; each next slot and each next pin is one further. */
static void pins_turn_around_the_four_pirqs(void)
{
    for (unsigned slot = 2; slot < 32; slot++)
        for (unsigned pin = 0; pin < 4; pin++) {
            struct device *fn;

            begin();
            for (unsigned n = 0; n < 4; n++)
                route(n, 4 + n);
            fn = pin_new(p.b.m, slot, pin);
            pin_set(fn, true);
            CHECK_EQ(lines(), 1u << (4 + (slot - 1 + pin) % 4));
            pin_set(fn, false);
            CHECK_EQ(lines(), 0);
            end();
        }
}

/* 2.2.10: bit 7 "0 = Enable; 1 = Disable", bits 3:0 the line, 6:4 reserved. */
static void pirqrc_routes_to_any_of_the_sixteen_lines_or_nowhere(void)
{
    begin();
    pin_set(pin_new(p.b.m, 3, 0), true);
    CHECK_EQ(lines(), 0);
    for (unsigned val = 0; val < 256; val++) {
        route(2, val);
        CHECK_EQ(lines(), val < 16 ? 1u << val : 0);
    }
    end();
}

static void a_route_moves_while_the_pirq_is_asserted(void)
{
    begin();
    pin_set(pin_new(p.b.m, 3, 0), true);
    route(2, 10);
    CHECK_EQ(lines(), 1u << 10);
    route(2, 11);
    CHECK_EQ(lines(), 1u << 11);
    route(2, 0x8b);
    CHECK_EQ(lines(), 0);
    end();
}

/* 2.2.10: "PIRQx# can be steered to the same interrupt"; shared lines stay until the last has let go. */
static void pirqs_and_pins_share_lines(void)
{
    struct device *fn[3];

    begin();
    route(2, 11);
    route(3, 11);
    fn[0] = pin_new(p.b.m, 3, 0);
    fn[1] = pin_new(p.b.m, 7, 0);
    fn[2] = pin_new(p.b.m, 4, 0);
    for (unsigned i = 0; i < 3; i++)
        pin_set(fn[i], true);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(lines(), 1u << 11);
        pin_set(fn[i], false);
    }
    CHECK_EQ(lines(), 0);
    CHECK_EQ(p.b.lines->rose[GSI_PIRQ + 11], 1);
    end();
}

static void interrupt_disable_keeps_the_line_down(void)
{
    begin();
    route(2, 11);
    pin_set(pin_new(p.b.m, 3, 0), true);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_NO_INTX);
    CHECK_EQ(lines(), 0);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, 0);
    CHECK_EQ(lines(), 1u << 11);
    end();
}

/* 2.5.5: bit 2 "RCPU", bit 1 "SRST": a hard reset or not. */
static void the_reset_control_register_resets_on_bit_2(void)
{
    begin();
    CHECK_EQ(port_in(&p.b, 0xcf9), 0);
    CHECK_EQ(port_in(&p.b, 0xcfa), 0xff);       /* one port only */
    port_out(&p.b, 0xcf9, 0xfb);
    CHECK_EQ(port_in(&p.b, 0xcf9), 2);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    port_out(&p.b, 0xcf9, 0x06);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_GUEST_RESET);
    CHECK_EQ(port_in(&p.b, 0xcf9), 2);
    machine_reset(p.b.m, false);
    CHECK_EQ(port_in(&p.b, 0xcf9), 0);
    end();
}

/* Port CF9h does not disturb the doubleword at CF8h around it. */
static void the_reset_control_register_lies_inside_the_configuration_address(void)
{
    begin();
    pci_in(&p, 1, 0, 0x60, 4);
    port_out(&p.b, 0xcf9, 2);
    CHECK_EQ(port_in(&p.b, 0xcfc), 0x80);
    CHECK_EQ(pci_in(&p, 1, 0, 0, 2), 0x8086);
    end();
}

/* Section PIIX3: the function, the four PIRQs' levels as be32, and PIIX3/rcr while the register is not 0. */
static void the_stream_has_levels_and_reset_control(void)
{
    struct saved s;
    struct wire in;

    begin();
    route(2, 10);
    pin_set(pin_new(p.b.m, 3, 0), true);
    pin_set(pin_new(p.b.m, 7, 0), true);
    s = bench_save(&p.b, "0000:00:01.0/PIIX3");
    for (unsigned n = 0; n < 4; n++)
        CHECK_EQ(s.fields[276 + 4 * n + 3], n == 2);
    CHECK_EQ(s.fields[292], 0x7e);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    route(2, 0x80);
    CHECK(!bench_load(&p.b, &in, NULL));
    CHECK_EQ(lines(), 1u << 10);
    wire_fini(&s.w);
    port_out(&p.b, 0xcf9, 2);
    s = bench_save(&p.b, "PIIX3/rcr");
    CHECK_EQ(s.fields[-4], 2);                          /* a subsection has no instance */
    CHECK_EQ(s.fields[-3], 0x7e);
    wire_fini(&s.w);
    bench_reload(&p.b);
    CHECK_EQ(port_in(&p.b, 0xcf9), 2);
    end();
}

static void the_bus_of_four_pirqs_is_saved(void)
{
    struct saved s;

    begin();
    pin_set(pin_new(p.b.m, 3, 0), true);
    pin_set(pin_new(p.b.m, 7, 0), true);
    s = bench_save(&p.b, "PCIBUS");
    CHECK_EQ(s.fields[3], 4);
    for (unsigned n = 0; n < 4; n++)
        CHECK_EQ(s.fields[4 + 4 * n + 3], n == 2 ? 2 : 0);
    CHECK_EQ(s.fields[20], 0x7e);
    CHECK_EQ(s.fields[-1], 1);                          /* version */
    wire_fini(&s.w);
    bench_reload(&p.b);
    end();
}

static void it_owns_the_isa_bus(void)
{
    begin();
    CHECK_STR(piix3_isa(piix3)->bus.name, "isa.0");
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(identity);
    TEST(registers_have_their_defaults_and_can_be_written);
    TEST(registers_have_the_bits_of_the_data_sheet);
    TEST(pins_turn_around_the_four_pirqs);
    TEST(pirqrc_routes_to_any_of_the_sixteen_lines_or_nowhere);
    TEST(a_route_moves_while_the_pirq_is_asserted);
    TEST(pirqs_and_pins_share_lines);
    TEST(interrupt_disable_keeps_the_line_down);
    TEST(the_reset_control_register_resets_on_bit_2);
    TEST(the_reset_control_register_lies_inside_the_configuration_address);
    TEST(the_stream_has_levels_and_reset_control);
    TEST(the_bus_of_four_pirqs_is_saved);
    TEST(it_owns_the_isa_bus);
    epoch_thread_fini();
    return test_end();
}
