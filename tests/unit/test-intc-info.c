/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/info.h"

/* Interrupt controllers as the human monitor shows them; the layouts are the reference's. */

#include "hw/intc/gsi.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "tests/unit/hw-bench.h"

#include <glib.h>

static struct bench b;
static struct i8259_pair pair;
static struct device *gsi, *ioapic;
static struct irq line[GSI_LINES];
static char printed[4000];

static void add_line(void *opaque, const char *said)
{
    (void)opaque;
    g_strlcat(printed, said, sizeof(printed));
    g_strlcat(printed, "\n", sizeof(printed));
}

static const char *pic(void)
{
    printed[0] = '\0';
    intc_print(b.m, add_line, NULL);
    return printed;
}

static const char *counts(void)
{
    printed[0] = '\0';
    intc_counts_print(b.m, add_line, NULL);
    return printed;
}

static void begin(void)
{
    bench_init(&b, 0);
    CHECK(!gsi_new(b.m, &gsi, NULL));
    CHECK(!ioapic_new(b.m, NULL, &ioapic, NULL));
    CHECK(!i8259_new_pair(b.m, &pair, NULL));
    gsi_connect(gsi, pair.master, pair.slave, ioapic);
    for (unsigned i = 0; i < GSI_LINES; i++)
        line[i] = (struct irq){ .sink = gsi_sink(gsi), .line = i };
}

static void set_entry(unsigned pin, uint64_t entry)
{
    for (unsigned half = 0; half < 2; half++) {
        mem_out(&b, IOAPIC_ADDR, 4, 0x11 + 2 * pin - half);
        mem_out(&b, IOAPIC_ADDR + 0x10, 4, entry >> (half ? 0 : 32) & UINT32_MAX);
    }
}

/* The line that begins so, with its LF; "": there is none. */
static const char *line_of(const char *said, const char *head)
{
    static char found[200];
    const char *at = strstr(said, head), *end = at ? strchr(at, '\n') : NULL;

    snprintf(found, sizeof(found), "%.*s", end ? (int)(end + 1 - at) : 0, end ? at : "");
    return found;
}

static void a_machine_without_controllers_prints_nothing(void)
{
    bench_init(&b, 0);
    CHECK_STR(pic(), "");
    CHECK_STR(counts(), "");
    bench_fini(&b);
}

static void after_reset_everything_is_masked_or_zero(void)
{
    begin();
    CHECK_STR(line_of(pic(), "ioapic0"), "ioapic0: ver=0x20 id=0x00 sel=0x00\n");
    CHECK_STR(line_of(printed, "  pin 0 "),
              "  pin 0  0x0000000000010000 dest=0 vec=0   active-hi edge  masked fixed  physical\n");
    CHECK_STR(line_of(printed, "  pin 23"),
              "  pin 23 0x0000000000010000 dest=0 vec=0   active-hi edge  masked fixed  physical\n");
    CHECK_STR(strstr(printed, "  IRR"),
              "  IRR      (none)\n  Remote IRR (none)\n"
              "pic1: irr=00 imr=00 isr=00 hprio=0 irq_base=00 rr_sel=0 elcr=00 fnm=0\n"
              "pic0: irr=00 imr=00 isr=00 hprio=0 irq_base=00 rr_sel=0 elcr=00 fnm=0\n");
    CHECK_STR(counts(), "IRQ statistics for ioapic:\nIRQ statistics for isa-i8259:\n");
    bench_fini(&b);
}

static void an_entry_is_told_by_its_fields(void)
{
    static const struct { uint64_t entry; const char *says; } of[] = {
        { 0x0000000000000031, "0x0000000000000031 dest=0 vec=49  active-hi edge         fixed  physical\n" },
        { 0xff00000000012133, "0xff00000000012133 dest=f vec=51  active-lo edge  masked lowest physical\n" },
        { 0xff00000000018842, "0xff00000000018842 dest=ff vec=66  active-hi level masked fixed  logical\n" },
        { 0x0000000000018235, "0x0000000000018235 dest=0 vec=53  active-hi level masked SMI    physical\n" },
        { 0x0000000000010339, "0x0000000000010339 dest=0 vec=57  active-hi edge  masked ...    physical\n" },
        { 0x0000000000010436, "0x0000000000010436 dest=0 vec=54  active-hi edge  masked NMI    physical\n" },
        { 0x0000000000010537, "0x0000000000010537 dest=0 vec=55  active-hi edge  masked INIT   physical\n" },
        { 0x000000000001063a, "0x000000000001063a dest=0 vec=58  active-hi edge  masked ...    physical\n" },
        { 0x04000000000107fe, "0x04000000000107fe dest=4 vec=254 active-hi edge  masked extINT physical\n" },
    };

    begin();
    for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
        set_entry(20, of[i].entry);
        CHECK_STR(line_of(pic(), "  pin 20") + strlen("  pin 20 "), of[i].says);
    }
    bench_fini(&b);
}

static void a_selector_is_told_as_an_entry_s_number(void)
{
    static const struct { uint8_t sel; const char *says; } of[] = {
        { 0x00, "sel=0x00\n" }, { 0x10, "sel=0x10 (redir[0])\n" }, { 0x3f, "sel=0x3f (redir[23])\n" },
        { 0xff, "sel=0xff (redir[119])\n" }, { 0x01, "sel=0x01 (redir[4294967288])\n" },
        { 0x0f, "sel=0x0f (redir[4294967295])\n" },
    };

    begin();
    mem_out(&b, IOAPIC_ADDR, 4, 0);
    mem_out(&b, IOAPIC_ADDR + 0x10, 4, 0x0b000000);
    for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
        mem_out(&b, IOAPIC_ADDR, 4, of[i].sel);
        CHECK_STR(line_of(pic(), "id=0x0b ") + strlen("id=0x0b "), of[i].says);
    }
    bench_fini(&b);
}

static void pins_that_ask_and_that_wait_for_an_eoi_are_listed(void)
{
    begin();
    set_entry(9, 0x18040);
    set_entry(11, 0x8042);
    set_entry(20, 0x8043);
    irq_set(&line[9], true);
    irq_set(&line[11], true);
    irq_set(&line[20], true);
    CHECK_STR(line_of(pic(), "  IRR"), "  IRR      9  11 20 \n");
    CHECK_STR(line_of(printed, "  Remote"), "  Remote IRR 11 20 \n");
    CHECK_STR(line_of(printed, "  pin 11"),
              "  pin 11 0x000000000000c042 dest=0 vec=66  active-hi level        fixed  physical\n");
    bench_fini(&b);
}

static void all_pins_may_ask_at_once(void)
{
    begin();
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
        set_entry(pin, 0x8040);
    for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
        struct irq irq = { .sink = ioapic_sink(ioapic), .line = pin };

        irq_set(&irq, true);
    }
    CHECK_STR(line_of(pic(), "  Remote"),
              "  Remote IRR 0  1  2  3  4  5  6  7  8  9  10 11 12 13 14 15 16 17 18 19 20 21 22 23 \n");
    bench_fini(&b);
}

static void an_8259_is_told_by_its_registers(void)
{
    static const struct { uint16_t port; uint8_t val; } writes[] = {
        { 0x20, 0x11 }, { 0x21, 0x08 }, { 0x21, 0x04 }, { 0x21, 0x11 }, { 0x21, 0xb8 }, { 0x20, 0xc3 }, { 0x20, 0x0b },
        { 0xa0, 0x11 }, { 0xa1, 0x70 }, { 0xa1, 0x02 }, { 0xa1, 0x01 }, { 0xa1, 0x8e }, { 0x4d0, 0xff },
        { 0x4d1, 0xff },
    };

    begin();
    for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
        port_out(&b, writes[i].port, writes[i].val);
    irq_set(&line[4], true);
    irq_set(&line[10], true);
    CHECK_STR(line_of(pic(), "pic1: irr"), "pic1: irr=04 imr=8e isr=00 hprio=0 irq_base=70 rr_sel=0 elcr=de fnm=0\n");
    CHECK_STR(line_of(printed, "pic0: irr"), "pic0: irr=10 imr=b8 isr=00 hprio=4 irq_base=08 rr_sel=1 elcr=f8 fnm=1\n");
    port_out(&b, 0xa1, 0x8a);
    CHECK_EQ(i8259_ack(pair.slave), 0x72);
    CHECK_STR(line_of(pic(), "pic1: irr"), "pic1: irr=04 imr=8a isr=04 hprio=0 irq_base=70 rr_sel=0 elcr=de fnm=0\n");
    bench_fini(&b);
}

static void an_input_is_counted_when_it_rises(void)
{
    begin();
    for (unsigned i = 0; i < 12; i++)
        irq_set(&line[20], i & 1);
    irq_set(&line[4], true);
    irq_refresh(&line[4]);
    irq_set(&line[4], true);
    CHECK_STR(counts(), "IRQ statistics for ioapic:\n 4: 1\n20: 6\nIRQ statistics for isa-i8259:\n 4: 1\n");
    bench_fini(&b);
}

static void a_level_that_is_told_again_is_not_counted(void)
{
    struct irq pin[2], input;

    begin();
    for (unsigned i = 0; i < 2; i++)
        pin[i] = (struct irq){ .sink = ioapic_sink(ioapic), .line = 22 + i };
    input = (struct irq){ .sink = i8259_sink(pair.slave), .line = 7 };
    for (unsigned i = 0; i < 3; i++) {
        irq_set(&pin[1], true);
        irq_set(&input, true);
        irq_refresh(&pin[0]);
        irq_refresh(&pin[1]);
        irq_refresh(&input);
    }
    CHECK_STR(counts(), "IRQ statistics for ioapic:\n23: 1\nIRQ statistics for isa-i8259:\n 2: 1\n15: 1\n");
    bench_fini(&b);
}

static void a_masked_input_is_counted(void)
{
    begin();
    port_out(&b, 0x21, 0xff);
    irq_set(&line[5], true);
    CHECK_STR(counts(), "IRQ statistics for ioapic:\n 5: 1\nIRQ statistics for isa-i8259:\n 5: 1\n");
    bench_fini(&b);
}

static void the_slave_s_inputs_count_from_8_and_its_request_as_2(void)
{
    begin();
    irq_set(&line[8], true);
    irq_set(&line[15], true);
    CHECK_STR(counts(), "IRQ statistics for ioapic:\n 8: 1\n15: 1\nIRQ statistics for isa-i8259:\n"
              " 2: 1\n 8: 1\n15: 1\n");
    bench_fini(&b);
}

static void interrupt_0_is_0_where_it_ends_in_pin_2(void)
{
    begin();
    irq_set(&line[0], true);
    CHECK_STR(counts(), "IRQ statistics for ioapic:\n 0: 1\nIRQ statistics for isa-i8259:\n 0: 1\n");
    bench_fini(&b);
}

static void a_reset_leaves_the_counts(void)
{
    begin();
    irq_set(&line[4], true);
    machine_reset(b.m, false);
    CHECK_STR(counts(), "IRQ statistics for ioapic:\n 4: 1\nIRQ statistics for isa-i8259:\n 4: 1\n");
    irq_set(&line[4], false);
    irq_set(&line[4], true);
    CHECK_STR(counts(), "IRQ statistics for ioapic:\n 4: 2\nIRQ statistics for isa-i8259:\n 4: 2\n");
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(a_machine_without_controllers_prints_nothing);
    TEST(after_reset_everything_is_masked_or_zero);
    TEST(an_entry_is_told_by_its_fields);
    TEST(a_selector_is_told_as_an_entry_s_number);
    TEST(pins_that_ask_and_that_wait_for_an_eoi_are_listed);
    TEST(all_pins_may_ask_at_once);
    TEST(an_8259_is_told_by_its_registers);
    TEST(an_input_is_counted_when_it_rises);
    TEST(a_level_that_is_told_again_is_not_counted);
    TEST(a_masked_input_is_counted);
    TEST(the_slave_s_inputs_count_from_8_and_its_request_as_2);
    TEST(interrupt_0_is_0_where_it_ends_in_pin_2);
    TEST(a_reset_leaves_the_counts);
    epoch_thread_fini();
    return test_end();
}
