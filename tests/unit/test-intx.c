/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * Interrupt pins after the PCI Local Bus Specification 3.0 (2.2.6, 6.2.2, 6.2.3), and their way through
 * the ICH9: PIRQ[n]_ROUT (13.1.17) and DnnIR (10.1.46)
 */

#include "hw/intc/gsi.h"
#include "hw/isa/ich9-lpc.h"
#include "tests/unit/pin-function.h"

enum { ROUT_A = 0x60, ROUT_E = 0x68, PIRQ_A = 0, PIRQ_E = 4, PIRQ_F, PIRQ_G, PIRQ_H };

static struct pci_bench p;
static struct device *lpc;

static void begin(void)
{
    pci_bench_init(&p);
    lpc = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && !device_set(lpc, "multifunction", "on", NULL));
    CHECK(!device_realize(lpc, NULL, NULL, NULL));
    pci_out(&p, 0x1f, 0, LPC_RCBA, 4, 0xfed1c001);
}

static void end(void)
{
    pci_bench_fini(&p);
}

static bool gsi(unsigned n)
{
    return p.b.lines->level[GSI_PIRQ + n];
}

static bool pirq(unsigned n)
{
    return gsi(16 + n);
}

/* The PIRQs and inputs of the 8259s that are asserted, a bit per GSI. */
static uint32_t gsis(void)
{
    uint32_t bits = 0;

    for (unsigned n = 0; n < GSI_PINS; n++)
        bits |= (uint32_t)gsi(n) << n;
    return bits;
}

static void rout_set(unsigned pirq, uint8_t val)
{
    pci_out(&p, 0x1f, 0, pirq < 4 ? ROUT_A + pirq : ROUT_E + pirq - 4, 1, val);
}

/* A slot needs no function for that: so a picture of the wiring can be drawn, pin by pin. */
static void every_pin_is_an_input_of_the_bridge(void)
{
    begin();
    CHECK_EQ(lpc->n_inputs, PCI_INTX_LINES);
    for (unsigned slot = 0; slot < 24; slot++)
        for (unsigned pin = 0; pin < PCI_PINS; pin++) {
            struct irq irq = { .sink = lpc->inputs, .line = pci_intx_line(slot << 3, pin) };

            irq_set(&irq, true);
            CHECK_EQ(gsis(), 1u << (16 + PIRQ_E + (slot + pin) % 4));
            irq_set(&irq, false);
            CHECK_EQ(gsis(), 0);
        }
    end();
}

/* 6.2.3: Interrupt Status "reflects the state of the interrupt in the device/function". */
static void the_status_bit_shows_the_level_of_the_pin(void)
{
    struct device *fn;

    begin();
    fn = pin_new(p.b.m, 3, 0);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_STATUS, 2) & PCI_STATUS_INTX, 0);
    pin_set(fn, true);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_STATUS, 2) & PCI_STATUS_INTX, PCI_STATUS_INTX);
    pci_out(&p, 3, 0, PCI_STATUS, 2, 0xffff);           /* and is read-only */
    CHECK_EQ(pci_in(&p, 3, 0, PCI_STATUS, 2) & PCI_STATUS_INTX, PCI_STATUS_INTX);
    pin_set(fn, false);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_STATUS, 2) & PCI_STATUS_INTX, 0);
    end();
}

/* 6.2.2, bit 10: "a value of 1 disables the device/function from asserting INTx#"; 6.2.3: "setting the
 * Interrupt Disable bit to a 1 has no effect on the state of this bit". */
static void interrupt_disable_keeps_the_pin_quiet(void)
{
    struct device *fn;

    begin();
    fn = pin_new(p.b.m, 4, 0);
    pin_set(fn, true);
    CHECK(pirq(PIRQ_E));
    pci_out(&p, 4, 0, PCI_COMMAND, 2, PCI_COMMAND_NO_INTX);
    CHECK(!pirq(PIRQ_E));
    CHECK_EQ(pci_in(&p, 4, 0, PCI_STATUS, 2) & PCI_STATUS_INTX, PCI_STATUS_INTX);
    pci_out(&p, 4, 0, PCI_COMMAND, 2, 0);
    CHECK(pirq(PIRQ_E));
    pci_out(&p, 4, 0, PCI_COMMAND, 2, PCI_COMMAND_NO_INTX);
    pin_set(fn, false);
    pci_out(&p, 4, 0, PCI_COMMAND, 2, 0);
    CHECK(!pirq(PIRQ_E));
    end();
}

/* Slots of the board: pin A of slot 0 is PIRQE, each next slot and each next pin is one further. */
static void slots_of_the_board_turn_around_e_to_h(void)
{
    for (unsigned slot = 1; slot < 25; slot++)
        for (unsigned pin = 0; pin < 4; pin++) {
            struct device *fn;

            begin();
            fn = pin_new(p.b.m, slot, pin);
            pin_set(fn, true);
            CHECK_EQ(gsis(), 1u << (16 + PIRQ_E + (slot + pin) % 4));
            pin_set(fn, false);
            CHECK_EQ(gsis(), 0);
            end();
        }
}

/* DnnIR at reset: 3210h, pin A is PIRQA, pin B is PIRQB ...; what is behind the DMI bridge begins at PIRQE. */
static void the_chipsets_own_slots_begin_at_a(void)
{
    for (unsigned slot = 25; slot < 31; slot++)
        for (unsigned pin = 0; pin < 4; pin++) {
            struct device *fn;

            begin();
            fn = pin_new(p.b.m, slot, pin);
            pin_set(fn, true);
            CHECK_EQ(gsis(), 1u << (16 + (slot == 30 ? 4 : 0) + pin));
            end();
        }
}

static void dnnir_says_where_a_pin_goes(void)
{
    static const struct { unsigned slot, at; } dir[] = {
        { 29, 0x3144 }, { 28, 0x3146 }, { 27, 0x3148 }, { 26, 0x314c }, { 25, 0x3150 },
    };

    begin();
    CHECK_EQ(mem_in(&p.b, 0xfed1c000 + 0x3140, 2), 0x3210);     /* of function 1f.x */
    for (unsigned i = 0; i < sizeof(dir) / sizeof(dir[0]); i++) {
        struct device *fn = pin_new(p.b.m, dir[i].slot, 1);

        CHECK_EQ(mem_in(&p.b, 0xfed1c000 + dir[i].at, 2), 0x3210);
        pin_set(fn, true);
        CHECK_EQ(gsis(), 1u << 17);
        mem_out(&p.b, 0xfed1c000 + dir[i].at, 2, 0x3270);       /* pin B to PIRQH, while it is asserted */
        CHECK_EQ(gsis(), 1u << 23);
        mem_out(&p.b, 0xfed1c000 + dir[i].at, 2, 0x32f0);       /* the fourth bit is reserved */
        CHECK_EQ(gsis(), 1u << 23);
        pin_set(fn, false);
        CHECK_EQ(gsis(), 0);
    }
    end();
}

/* 2.2.6: "the system vendor is free to combine the various INTx# signals in any way". */
static void a_shared_line_stays_until_the_last_has_let_go(void)
{
    struct device *one, *other;

    begin();
    one = pin_new(p.b.m, 4, 0);
    other = pin_new(p.b.m, 8, 0);
    pin_set(one, true);
    pin_set(other, true);
    pin_set(other, true);
    pin_set(one, false);
    CHECK(pirq(PIRQ_E));
    CHECK_EQ(p.b.lines->rose[GSI_PIRQ + 20], 1);
    pin_set(other, false);
    CHECK(!pirq(PIRQ_E));
    end();
}

/* 13.1.17: bit 7 "when cleared, the PIRQ is routed to one of the 8259s' inputs", bits 3:0 which. */
static void pirq_rout_chooses_an_input_of_the_8259s(void)
{
    begin();
    for (unsigned n = 0; n < 8; n++) {
        struct device *fn = pin_new(p.b.m, n < 4 ? 25 : n, n < 4 ? n : 0);

        pin_set(fn, true);
        CHECK_EQ(gsis(), 1u << (16 + n));
        rout_set(n, 0x0b);
        CHECK_EQ(gsis(), 1u << (16 + n) | 1u << 11);
        rout_set(n, 0x0a);                              /* while it is asserted */
        CHECK_EQ(gsis(), 1u << (16 + n) | 1u << 10);
        rout_set(n, 0x8a);
        CHECK_EQ(gsis(), 1u << (16 + n));
        pin_set(fn, false);
        device_free(fn);
    }
    end();
}

static void two_pirqs_may_share_an_input(void)
{
    struct device *e, *f;

    begin();
    e = pin_new(p.b.m, 4, 0);
    f = pin_new(p.b.m, 5, 0);
    rout_set(PIRQ_E, 11);
    rout_set(PIRQ_F, 11);
    pin_set(e, true);
    pin_set(f, true);
    pin_set(e, false);
    CHECK_EQ(gsis(), 1u << 11 | 1u << 21);
    pin_set(f, false);
    CHECK_EQ(gsis(), 0);
    end();
}

static void reset_lets_go(void)
{
    begin();
    pin_set(pin_new(p.b.m, 4, 0), true);
    rout_set(PIRQ_E, 11);
    machine_reset(p.b.m, false);
    CHECK_EQ(gsis(), 0);
    CHECK_EQ(pci_in(&p, 4, 0, PCI_STATUS, 2), 0);
    CHECK_EQ(pci_in(&p, 0x1f, 0, ROUT_E, 1), 0x80);
    end();
}

static void a_function_that_leaves_lets_go(void)
{
    struct device *fn;

    begin();
    fn = pin_new(p.b.m, 4, 0);
    pin_set(fn, true);
    device_free(fn);
    CHECK_EQ(gsis(), 0);
    pin_set(pin_new(p.b.m, 4, 0), true);
    CHECK(pirq(PIRQ_E));
    end();
}

/* A bridge that comes after the functions finds their pins as they are. */
static void a_late_router_learns_the_levels(void)
{
    pci_bench_init(&p);
    pin_set(pin_new(p.b.m, 4, 0), true);
    lpc = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && !device_realize(lpc, NULL, NULL, NULL));
    CHECK(pirq(PIRQ_E));
    end();
}

static void a_router_that_leaves_lets_go(void)
{
    begin();
    pin_set(pin_new(p.b.m, 4, 0), true);
    CHECK(pirq(PIRQ_E));
    device_free(lpc);
    CHECK_EQ(gsis(), 0);
    end();
}

static void levels_come_back_with_the_state(void)
{
    struct device *fn;
    struct saved s;
    struct wire in;

    begin();
    fn = pin_new(p.b.m, 4, 0);
    rout_set(PIRQ_E, 10);
    pin_set(fn, true);
    s = bench_save(&p.b, "0000:00:04.0/pin");
    CHECK_EQ(s.fields[4 + 256 + 3], 1);                 /* irq_state[0], as be32 */
    pin_set(fn, false);
    rout_set(PIRQ_E, 0x80);
    CHECK_EQ(gsis(), 0);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(!bench_load(&p.b, &in, NULL));
    CHECK_EQ(gsis(), 1u << 10 | 1u << 20);
    wire_fini(&s.w);
    end();
}

/* Section PCIBUS: nirq, then irq_count[nirq], all be32. */
static void the_stream_counts_the_pins_of_each_pirq(void)
{
    struct saved s;
    struct wire in;

    begin();
    pin_set(pin_new(p.b.m, 4, 0), true);
    pin_set(pin_new(p.b.m, 8, 0), true);
    pin_set(pin_new(p.b.m, 25, 2), true);
    s = bench_save(&p.b, "PCIBUS");
    for (unsigned i = 0; i < 9; i++) {
        static const uint8_t want[9] = { 8, [1 + 2] = 1, [1 + PIRQ_E] = 2 };

        CHECK_EQ(s.fields[4 * i + 3], want[i]);
    }
    CHECK_EQ(s.fields[-1], 1);                          /* version */
    CHECK_EQ(s.fields[36], 0x7e);
    ((uint8_t *)s.fields)[3] = 4;                       /* a bus of another kind */
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(bench_load(&p.b, &in, NULL));
    wire_fini(&s.w);
    end();
}

/* From several vCPUs at once nothing is lost: when all is quiet the lines follow from the pins. */
static void *toggle(void *opaque)
{
    for (unsigned i = 0; i < 20000; i++)
        pin_set(opaque, !(i & 1));
    return NULL;
}

static void *reroute(void *opaque)
{
    for (unsigned i = 0; i < 20000; i++)
        device_write(lpc, 0, ROUT_E, 1, i & 1 ? 10 : 11);
    return NULL;
}

static void concurrent_pins_and_routes_settle(void)
{
    struct device *one, *other;
    pthread_t t[3];

    begin();
    one = pin_new(p.b.m, 4, 0);
    other = pin_new(p.b.m, 8, 0);
    CHECK(!pthread_create(&t[0], NULL, toggle, one) && !pthread_create(&t[1], NULL, toggle, other));
    CHECK(!pthread_create(&t[2], NULL, reroute, NULL));
    for (unsigned i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(gsis(), 0);
    pin_set(one, true);
    CHECK_EQ(gsis(), 1u << 10 | 1u << 20);
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(the_status_bit_shows_the_level_of_the_pin);
    TEST(interrupt_disable_keeps_the_pin_quiet);
    TEST(every_pin_is_an_input_of_the_bridge);
    TEST(slots_of_the_board_turn_around_e_to_h);
    TEST(the_chipsets_own_slots_begin_at_a);
    TEST(dnnir_says_where_a_pin_goes);
    TEST(a_shared_line_stays_until_the_last_has_let_go);
    TEST(pirq_rout_chooses_an_input_of_the_8259s);
    TEST(two_pirqs_may_share_an_input);
    TEST(reset_lets_go);
    TEST(a_function_that_leaves_lets_go);
    TEST(a_late_router_learns_the_levels);
    TEST(a_router_that_leaves_lets_go);
    TEST(levels_come_back_with_the_state);
    TEST(the_stream_counts_the_pins_of_each_pirq);
    TEST(concurrent_pins_and_routes_settle);
    epoch_thread_fini();
    return test_end();
}
