/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * TCO logic after the Intel I/O Controller Hub 9 data sheet, section 13.9: the watchdog and the mailboxes; and what the
 * reference does where that is silent
 */

#include "hw/isa/ich9-lpc.h"

enum { PM = 0x600, SMI_EN = PM + 0x30, TCO = PM + 0x60, RLD = TCO, DAT_IN = TCO + 2, DAT_OUT = TCO + 3, STS1 = TCO + 4,
       STS2 = TCO + 6, CNT1 = TCO + 8, CNT2 = TCO + 0xa, TMR = TCO + 0x12, RCBA = 0xfed1c000, GCS = RCBA + 0x3410 };
enum { SW_SMI = 2, TCO_INT = 4, TIMEOUT = 8, SECOND_TO = 2, BOOT = 4, HALT = 1 << 11, LOCK = 1 << 12 };
enum { GBL_SMI_EN = 1, TCO_EN = 1 << 13 };
#define TICK 600000000ull

static struct pci_bench p;
static struct device *lpc;

static void begin_with(const char *prop, const char *value)
{
    struct machine *m;

    pci_bench_init(&p);
    m = p.b.m;
    lpc = device_new(m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && (!prop || !device_set(lpc, prop, value, NULL)));
    CHECK(!device_realize(lpc, NULL, NULL, NULL));
    m->vcpus = realloc(m->vcpus, sizeof(*m->vcpus));
    CHECK(!vcpu_new(m, 0, 0, NULL, &m->vcpus[0], NULL));
    m->n_vcpus = 1;
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, PM | 1);
    pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    pci_out(&p, 0x1f, 0, LPC_RCBA, 4, RCBA | 1);
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN | TCO_EN);
}

static void begin(void)
{
    begin_with(NULL, NULL);
}

static void step(uint64_t ns)
{
    machine_clock_step(p.b.m, ns);
}

static bool smi(void)
{
    bool got = p.b.m->vcpus[0]->requests & VCPU_SMI;

    p.b.m->vcpus[0]->requests = 0;
    return got;
}

static bool expired(void)
{
    bool was = p.b.m->power.watchdog_expired;

    p.b.m->power.watchdog_expired = false;
    return was;
}

static void reset_values(void)
{
    begin();
    CHECK_EQ(io_in(&p.b, RLD, 2), 0);
    CHECK_EQ(io_in(&p.b, DAT_IN, 2), 0);
    CHECK_EQ(io_in(&p.b, STS1, 2), 0);
    CHECK_EQ(io_in(&p.b, STS2, 2), 0);
    CHECK_EQ(io_in(&p.b, CNT1, 2), 0);
    CHECK_EQ(io_in(&p.b, CNT2, 2), 8);
    CHECK_EQ(io_in(&p.b, TCO + 0x10, 1), 3);
    CHECK_EQ(io_in(&p.b, TMR, 2), 4);
    CHECK_EQ(io_in(&p.b, TCO + 0x0f, 1), 0);
    CHECK_EQ(io_in(&p.b, TCO + 0x1f, 1), 0);
    CHECK_EQ(mem_in(&p.b, GCS, 4), 0x20);
    pci_bench_fini(&p);
}

/* As the reference has it. */
static void nothing_counts_before_the_first_reload(void)
{
    begin();
    CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    step(100 * TICK);
    CHECK_EQ(io_in(&p.b, STS1, 2), 0);
    pci_bench_fini(&p);
}

/* "The timer is clocked at approximately 0.6 seconds." */
static void the_count_goes_down_every_600_ms(void)
{
    begin();
    io_out(&p.b, TMR, 2, 10);
    io_out(&p.b, RLD, 2, 0x1234);
    CHECK_EQ(io_in(&p.b, RLD, 2), 10);
    step(TICK);
    CHECK_EQ(io_in(&p.b, RLD, 2), 9);
    step(TICK / 2);
    CHECK_EQ(io_in(&p.b, RLD, 2), 8);
    step(8 * TICK);
    CHECK_EQ(io_in(&p.b, RLD, 2), 0);
    CHECK_EQ(io_in(&p.b, STS1, 2), 0);
    pci_bench_fini(&p);
}

static void a_reload_in_time_keeps_it_quiet(void)
{
    begin();
    io_out(&p.b, RLD, 2, 1);
    for (unsigned n = 0; n < 10; n++) {
        step(4 * TICK - 1);
        io_out(&p.b, RLD, 2, 1);
    }
    CHECK_EQ(io_in(&p.b, STS1, 2), 0);
    CHECK(!smi());
    pci_bench_fini(&p);
}

/* "TIMEOUT: Set ... when the timer reaches 0 ... SECOND_TO_STS: ... the TIMEOUT bit had been set and a second timeout
 * occurred before the TCO_RLD register was written." */
static void the_first_timeout_asks_for_smi_the_second_tells_the_machine(void)
{
    begin_with("noreboot", "off");
    mem_out(&p.b, GCS, 4, 0);
    io_out(&p.b, RLD, 2, 1);
    step(4 * TICK);
    CHECK_EQ(io_in(&p.b, STS1, 2), TIMEOUT);
    CHECK_EQ(io_in(&p.b, STS2, 2), 0);
    CHECK(smi() && !expired());
    CHECK_EQ(io_in(&p.b, RLD, 2), 4);                   /* it starts again by itself */
    step(4 * TICK);
    CHECK_EQ(io_in(&p.b, STS2, 2), SECOND_TO | BOOT);
    CHECK(smi() && expired());
    io_out(&p.b, STS1, 2, TIMEOUT);
    io_out(&p.b, STS2, 2, SECOND_TO | BOOT);
    CHECK_EQ(io_in(&p.b, STS1, 2) | io_in(&p.b, STS2, 2), 0);
    pci_bench_fini(&p);
}

static void a_reload_after_the_first_timeout_begins_anew(void)
{
    begin_with("noreboot", "off");
    mem_out(&p.b, GCS, 4, 0);
    io_out(&p.b, RLD, 2, 1);
    step(5 * TICK);
    io_out(&p.b, RLD, 2, 1);
    step(4 * TICK);
    CHECK_EQ(io_in(&p.b, STS2, 2), 0);
    CHECK(!expired());
    step(4 * TICK);
    CHECK(expired());
    pci_bench_fini(&p);
}

/* "NO_REBOOT ... may be set or cleared by software if the strap is sampled low but may not override the strap when it
 * indicates No Reboot." */
static void no_reboot_keeps_the_machine(void)
{
    static const struct { const char *strap; uint32_t gcs; bool reboots; } cases[] = {
        { "on", 0, false }, { "on", 0x20, false }, { "off", 0x20, false }, { "off", 0, true },
    };

    for (unsigned i = 0; i < 4; i++) {
        begin_with("noreboot", cases[i].strap);
        mem_out(&p.b, GCS, 4, cases[i].gcs);
        io_out(&p.b, RLD, 2, 1);
        step(8 * TICK);
        CHECK_EQ(io_in(&p.b, STS2, 2), SECOND_TO | BOOT);
        CHECK_EQ(expired(), cases[i].reboots);
        pci_bench_fini(&p);
    }
}

static void without_tco_en_no_smi(void)
{
    begin();
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN);
    io_out(&p.b, RLD, 2, 1);
    step(4 * TICK);
    CHECK_EQ(io_in(&p.b, STS1, 2), TIMEOUT);
    CHECK(!smi());
    pci_bench_fini(&p);
}

/* "TCO_TMR_HLT: 1 = The TCO Timer will halt. It will not count." */
static void halting_keeps_the_count(void)
{
    begin();
    io_out(&p.b, TMR, 2, 10);
    io_out(&p.b, RLD, 2, 1);
    step(3 * TICK);
    io_out(&p.b, CNT1, 2, HALT);
    CHECK_EQ(io_in(&p.b, RLD, 2), 7);
    CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    step(100 * TICK);
    CHECK_EQ(io_in(&p.b, RLD, 2), 7);
    io_out(&p.b, CNT1, 2, 0);
    step(7 * TICK - 1);
    CHECK_EQ(io_in(&p.b, STS1, 2), 0);
    step(1);
    CHECK_EQ(io_in(&p.b, STS1, 2), TIMEOUT);
    pci_bench_fini(&p);
}

static void a_reload_while_halted_counts_when_let_go(void)
{
    begin();
    io_out(&p.b, CNT1, 2, HALT);
    io_out(&p.b, TMR, 2, 5);
    io_out(&p.b, RLD, 2, 1);
    CHECK_EQ(io_in(&p.b, RLD, 2), 5);
    CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    io_out(&p.b, CNT1, 2, 0);
    step(5 * TICK);
    CHECK_EQ(io_in(&p.b, STS1, 2), TIMEOUT);
    pci_bench_fini(&p);
}

/* "Values of 0000h or 0001h will be ignored and should not be attempted." */
static void counts_of_0_and_1_are_ignored(void)
{
    begin();
    for (unsigned n = 0; n < 2; n++) {
        io_out(&p.b, TMR, 2, n | 0xfc00);
        io_out(&p.b, RLD, 2, 1);
        CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    }
    io_out(&p.b, TMR, 2, 2);
    io_out(&p.b, RLD, 2, 1);
    CHECK_EQ(machine_clock_next(p.b.m), machine_clock_ns(p.b.m) + 2 * TICK);
    io_out(&p.b, TMR, 2, 0xffff);                       /* bits 9:0 */
    io_out(&p.b, RLD, 2, 1);
    CHECK_EQ(io_in(&p.b, RLD, 2), 0x3ff);
    pci_bench_fini(&p);
}

/* "TCO_LOCK: ... prevents writes from changing the TCO_EN bit ... Once set, this bit can not be cleared by
 * software." */
static void tco_lock_holds_tco_en_until_reset(void)
{
    begin();
    io_out(&p.b, CNT1, 2, LOCK);
    io_out(&p.b, CNT1, 2, 0);
    CHECK_EQ(io_in(&p.b, CNT1, 2), LOCK);
    io_out(&p.b, SMI_EN, 4, 0);
    CHECK_EQ(io_in(&p.b, SMI_EN, 4), TCO_EN);
    bench_reload(&p.b);
    io_out(&p.b, SMI_EN, 4, 0);
    CHECK_EQ(io_in(&p.b, SMI_EN, 4), TCO_EN);
    machine_reset(p.b.m, false);
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, PM | 1);
    pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    CHECK_EQ(io_in(&p.b, CNT1, 2), 0);
    io_out(&p.b, SMI_EN, 4, TCO_EN);
    io_out(&p.b, SMI_EN, 4, 0);
    CHECK_EQ(io_in(&p.b, SMI_EN, 4), 0);
    pci_bench_fini(&p);
}

/* "Writes to [TCO_DAT_IN] will cause an SMI and set the SW_TCO_SMI bit"; "[TCO_DAT_OUT] will set the TCO_INT_STS
 * bit". */
static void the_mailboxes_set_their_status(void)
{
    begin();
    io_out(&p.b, DAT_IN, 1, 0x5a);
    CHECK_EQ(io_in(&p.b, STS1, 2), SW_SMI);
    CHECK(smi());
    io_out(&p.b, DAT_OUT, 1, 0xa5);
    CHECK_EQ(io_in(&p.b, STS1, 2), SW_SMI | TCO_INT);
    CHECK(!smi());
    CHECK_EQ(io_in(&p.b, DAT_IN, 2), 0xa55a);
    io_out(&p.b, STS1, 2, SW_SMI);
    CHECK_EQ(io_in(&p.b, STS1, 2), TCO_INT);
    pci_bench_fini(&p);
}

static void what_counts_goes_on_after_a_load(void)
{
    begin();
    io_out(&p.b, TMR, 2, 10);
    io_out(&p.b, RLD, 2, 1);
    step(3 * TICK);
    bench_reload(&p.b);
    CHECK_EQ(io_in(&p.b, RLD, 2), 7);
    step(7 * TICK);
    CHECK_EQ(io_in(&p.b, STS1, 2), TIMEOUT);
    pci_bench_fini(&p);
}

static void switched_off_it_is_not_there(void)
{
    begin_with("enable_tco", "off");
    CHECK_EQ(io_in(&p.b, TMR, 2), 0xffff);
    bench_reload(&p.b);
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(reset_values);
    TEST(nothing_counts_before_the_first_reload);
    TEST(the_count_goes_down_every_600_ms);
    TEST(a_reload_in_time_keeps_it_quiet);
    TEST(the_first_timeout_asks_for_smi_the_second_tells_the_machine);
    TEST(a_reload_after_the_first_timeout_begins_anew);
    TEST(no_reboot_keeps_the_machine);
    TEST(without_tco_en_no_smi);
    TEST(halting_keeps_the_count);
    TEST(a_reload_while_halted_counts_when_let_go);
    TEST(counts_of_0_and_1_are_ignored);
    TEST(tco_lock_holds_tco_en_until_reset);
    TEST(the_mailboxes_set_their_status);
    TEST(what_counts_goes_on_after_a_load);
    TEST(switched_off_it_is_not_there);
    epoch_thread_fini();
    return test_end();
}
