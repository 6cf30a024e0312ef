/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * ICH9 LPC bridge after the Intel I/O Controller Hub 9 data sheet (13.8 power management, 13.7.5 RST_CNT,
 * 5.8 APM) and ACPI 3.0 section 4.7 (fixed hardware)
 */

#include "hw/isa/ich9-lpc.h"

enum { PM = 0x600, PM1_STS = PM, PM1_EN = PM + 2, PM1_CNT = PM + 4, PM_TMR = PM + 8, GPE0 = PM + 0x20,
    SMI = PM + 0x30 };
enum { TMROF = 1, GBL = 1 << 5, PWRBTN = 1 << 8, RTC = 1 << 10, SCI_EN = 1, SLP_EN = 1 << 13, SCI = 9 };
#define HZ 3579545ull
#define SECOND 1000000000ull

static struct pci_bench p;
static struct device *lpc;

static uint32_t in(uint16_t port, unsigned size)
{
    uint64_t val = 0;

    address_space_read(&p.b.m->io_as, port, size, &val, NULL);
    return val;
}

static void out(uint16_t port, unsigned size, uint32_t val)
{
    address_space_write(&p.b.m->io_as, port, size, val, NULL);
}

/* As firmware leaves it: the block at 600h, SCI enabled. */
static void begin(void)
{
    pci_bench_init(&p);
    lpc = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && !device_set(lpc, "multifunction", "on", NULL));
    CHECK(!device_realize(lpc, NULL, NULL, NULL));
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, PM | 1);
    pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    out(PM1_CNT, 2, SCI_EN);
}

static bool sci(void)
{
    return p.b.lines->level[SCI];
}

/* To a moment in ticks of the PM timer, rounded up. */
static void step_to_tick(uint64_t tick)
{
    uint64_t at = clock_muldiv(tick, SECOND, HZ) + 1, now = machine_clock_ns(p.b.m);

    machine_clock_step(p.b.m, at - now);
}

static void identity_and_reset_values(void)
{
    begin();
    CHECK_EQ(pci_in(&p, 0x1f, 0, 0, 4), 0x29188086);
    CHECK_EQ(pci_in(&p, 0x1f, 0, 8, 4), 0x06010002);
    CHECK_EQ(pci_in(&p, 0x1f, 0, PCI_HEADER, 1), 0x80);
    machine_reset(p.b.m, false);
    CHECK_EQ(pci_in(&p, 0x1f, 0, LPC_PMBASE, 4), 1);
    CHECK_EQ(pci_in(&p, 0x1f, 0, LPC_ACPI_CNTL, 1), 0);
    CHECK_EQ(pci_in(&p, 0x1f, 0, 0x60, 4), 0x80808080);
    CHECK_EQ(pci_in(&p, 0x1f, 0, 0x68, 4), 0x80808080);
    CHECK_EQ(in(PM_TMR, 4), UINT32_MAX);                /* nobody there any more */
    pci_bench_fini(&p);
}

static void the_timer_counts_at_3579545_hz(void)
{
    begin();
    CHECK_EQ(in(PM_TMR, 4), 0);
    machine_clock_step(p.b.m, SECOND);
    CHECK_EQ(in(PM_TMR, 4), HZ);
    machine_clock_step(p.b.m, 279);                     /* 3579545 Hz: 279.365 ns a tick */
    CHECK_EQ(in(PM_TMR, 4), HZ);
    machine_clock_step(p.b.m, 1);
    CHECK_EQ(in(PM_TMR, 4), HZ + 1);
    pci_bench_fini(&p);
}

static void the_timer_has_24_bits_and_is_read_only(void)
{
    begin();
    step_to_tick((1 << 24) - 1);
    CHECK_EQ(in(PM_TMR, 4), 0xffffff);
    step_to_tick(1 << 24);
    CHECK_EQ(in(PM_TMR, 4), 0);
    out(PM_TMR, 4, 0x1234);
    CHECK_EQ(in(PM_TMR, 4), 0);
    pci_bench_fini(&p);
}

/* "TMROF_STS ... set any time the 24th bit of the timer goes from 0 to 1 or 1 to 0." */
static void the_overflow_status_is_set_when_the_top_bit_flips(void)
{
    begin();
    step_to_tick((1 << 23) - 1);
    CHECK_EQ(in(PM1_STS, 2) & TMROF, 0);
    step_to_tick(1 << 23);
    CHECK_EQ(in(PM1_STS, 2) & TMROF, TMROF);
    out(PM1_STS, 2, TMROF);
    CHECK_EQ(in(PM1_STS, 2) & TMROF, 0);
    step_to_tick(1 << 24);
    CHECK_EQ(in(PM1_STS, 2) & TMROF, TMROF);
    pci_bench_fini(&p);
}

static void an_enabled_overflow_raises_sci_until_it_is_cleared(void)
{
    begin();
    out(PM1_EN, 2, TMROF);
    step_to_tick((1 << 23) - 1);
    CHECK(!sci());
    step_to_tick(1 << 23);
    CHECK(sci());
    out(PM1_STS, 2, TMROF);
    CHECK(!sci());
    step_to_tick(1 << 24);
    CHECK(sci());
    CHECK_EQ(p.b.lines->rose[SCI], 2);
    out(PM1_EN, 2, 0);
    CHECK(!sci());
    pci_bench_fini(&p);
}

static void without_an_enable_bit_no_timer_is_armed(void)
{
    begin();
    CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    out(PM1_EN, 2, TMROF);
    CHECK(machine_clock_next(p.b.m) != TIMER_OFF);
    out(PM1_EN, 2, 0);
    CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    pci_bench_fini(&p);
}

static void the_power_button_sets_its_status_and_raises_sci_when_enabled(void)
{
    begin();
    ich9_lpc_power_button(lpc);
    CHECK_EQ(in(PM1_STS, 2) & PWRBTN, PWRBTN);
    CHECK(!sci());
    out(PM1_EN, 2, PWRBTN);
    CHECK(sci());
    out(PM1_STS, 2, PWRBTN);
    CHECK(!sci());
    ich9_lpc_power_button(lpc);
    CHECK(sci());
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);    /* the guest decides */
    pci_bench_fini(&p);
}

static void status_bits_are_cleared_one_by_one(void)
{
    begin();
    ich9_lpc_power_button(lpc);
    step_to_tick(1 << 23);
    CHECK_EQ(in(PM1_STS, 2), PWRBTN | TMROF);
    out(PM1_STS, 1, 0xff);                              /* the low byte only */
    CHECK_EQ(in(PM1_STS, 2), PWRBTN);
    out(PM1_STS + 1, 1, 1);
    CHECK_EQ(in(PM1_STS, 2), 0);
    pci_bench_fini(&p);
}

static void no_sci_without_sci_en(void)
{
    begin();
    out(PM1_CNT, 2, 0);
    out(PM1_EN, 2, PWRBTN);
    ich9_lpc_power_button(lpc);
    CHECK(!sci());
    out(PM1_CNT, 2, SCI_EN);
    CHECK(sci());
    pci_bench_fini(&p);
}

static void a_general_purpose_event_raises_sci(void)
{
    begin();
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(in(GPE0 + i, 1), 0);
    out(GPE0 + 8, 4, 0xffffffff);
    out(GPE0 + 12, 4, 0x12345678);
    CHECK_EQ(in(GPE0 + 8, 4), 0xffffffff);
    CHECK_EQ(in(GPE0 + 12, 4), 0x12345678);
    out(GPE0, 4, 0xffffffff);                           /* status: ones clear, nothing sets */
    CHECK_EQ(in(GPE0, 4), 0);
    CHECK(!sci());
    pci_bench_fini(&p);
}

static void s5_asks_for_a_shutdown(void)
{
    begin();
    out(PM1_CNT, 2, SCI_EN | 0 << 10);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);    /* not without SLP_EN */
    out(PM1_CNT, 2, SCI_EN | 0 << 10 | SLP_EN);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_GUEST_SHUTDOWN);
    CHECK_EQ(in(PM1_CNT, 2) & SLP_EN, 0);               /* "reads to this bit always return 0" */
    pci_bench_fini(&p);
}

static void a_sleep_type_that_is_not_offered_does_nothing(void)
{
    begin();
    for (unsigned type = 1; type < 8; type++)
        out(PM1_CNT, 2, SCI_EN | type << 10 | SLP_EN);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    CHECK_EQ(in(PM1_CNT, 2), SCI_EN | 7 << 10);
    pci_bench_fini(&p);
}

static void the_apm_port_enables_and_disables_acpi_mode(void)
{
    begin();
    out(0xb2, 1, 3);
    CHECK_EQ(in(PM1_CNT, 2) & SCI_EN, 0);
    out(0xb2, 1, 2);
    CHECK_EQ(in(PM1_CNT, 2) & SCI_EN, SCI_EN);
    out(0xb2, 1, 0x55);
    out(0xb3, 1, 0xaa);
    CHECK_EQ(in(PM1_CNT, 2) & SCI_EN, SCI_EN);
    CHECK_EQ(in(0xb2, 1), 0x55);
    CHECK_EQ(in(0xb3, 1), 0xaa);
    pci_bench_fini(&p);
}

static void bit_2_of_rst_cnt_resets_the_machine(void)
{
    begin();
    out(0xcf9, 1, 0x02);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    CHECK_EQ(in(0xcf9, 1), 0x02);
    out(0xcf9, 1, 0x06);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_GUEST_RESET);
    out(0xcf9, 1, 0xff);
    CHECK_EQ(in(0xcf9, 1), 0x0a);
    pci_bench_fini(&p);
}

/* The register lies inside mechanism #1's four ports, and is narrower than the doubleword there. */
static void rst_cnt_and_the_configuration_address_do_not_disturb_each_other(void)
{
    begin();
    out(0xcf8, 4, 0x80000600);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    out(0xcf9, 1, 0x02);
    CHECK_EQ(in(0xcf8, 4), 0x80000600);
    pci_bench_fini(&p);
}

static void the_block_moves_with_pmbase_and_goes_with_acpi_cntl(void)
{
    begin();
    machine_clock_step(p.b.m, SECOND);
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, 0x4000 | 1);
    CHECK_EQ(in(PM_TMR, 4), UINT32_MAX);
    CHECK_EQ(in(0x4008, 4), HZ);
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, 0xffffffff);
    CHECK_EQ(pci_in(&p, 0x1f, 0, LPC_PMBASE, 4), 0xff87);
    CHECK_EQ(in(0xff88, 4), HZ);
    pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, 0);
    CHECK_EQ(in(0xff88, 4), UINT32_MAX);
    pci_bench_fini(&p);
}

static void rcba_places_the_root_complex_registers(void)
{
    begin();
    CHECK_EQ(mem_in(&p.b, 0xfed1c000, 4), 0);
    pci_out(&p, 0x1f, 0, LPC_RCBA, 4, 0xfed1c001);
    mem_out(&p.b, 0xfed1f400, 4, 0x12345678);
    CHECK_EQ(mem_in(&p.b, 0xfed1f400, 4), 0x12345678);
    pci_out(&p, 0x1f, 0, LPC_RCBA, 4, 0xfed20001);
    CHECK_EQ(mem_in(&p.b, 0xfed1f400, 4), 0);
    CHECK_EQ(mem_in(&p.b, 0xfed23400, 4), 0x12345678);
    pci_out(&p, 0x1f, 0, LPC_RCBA, 4, 0xfed20000);
    CHECK_EQ(mem_in(&p.b, 0xfed23400, 4), 0);
    pci_bench_fini(&p);
}

static void what_is_saved_comes_back_with_its_place_and_its_timer(void)
{
    begin();
    out(PM1_EN, 2, TMROF);
    machine_clock_step(p.b.m, SECOND);
    bench_reload(&p.b);
    CHECK_EQ(in(PM_TMR, 4), HZ);
    CHECK(machine_clock_next(p.b.m) != TIMER_OFF);
    step_to_tick(1 << 23);
    CHECK(sci());
    pci_bench_fini(&p);
}

static void reset_lowers_sci_and_takes_the_block_away(void)
{
    begin();
    out(PM1_EN, 2, PWRBTN);
    ich9_lpc_power_button(lpc);
    CHECK(sci());
    machine_reset(p.b.m, false);
    CHECK(!sci());
    CHECK_EQ(in(PM1_STS, 2), 0xffff);
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(identity_and_reset_values);
    TEST(the_timer_counts_at_3579545_hz);
    TEST(the_timer_has_24_bits_and_is_read_only);
    TEST(the_overflow_status_is_set_when_the_top_bit_flips);
    TEST(an_enabled_overflow_raises_sci_until_it_is_cleared);
    TEST(without_an_enable_bit_no_timer_is_armed);
    TEST(the_power_button_sets_its_status_and_raises_sci_when_enabled);
    TEST(status_bits_are_cleared_one_by_one);
    TEST(no_sci_without_sci_en);
    TEST(a_general_purpose_event_raises_sci);
    TEST(s5_asks_for_a_shutdown);
    TEST(a_sleep_type_that_is_not_offered_does_nothing);
    TEST(the_apm_port_enables_and_disables_acpi_mode);
    TEST(bit_2_of_rst_cnt_resets_the_machine);
    TEST(rst_cnt_and_the_configuration_address_do_not_disturb_each_other);
    TEST(the_block_moves_with_pmbase_and_goes_with_acpi_cntl);
    TEST(rcba_places_the_root_complex_registers);
    TEST(what_is_saved_comes_back_with_its_place_and_its_timer);
    TEST(reset_lowers_sci_and_takes_the_block_away);
    epoch_thread_fini();
    return test_end();
}
