/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config-bits.h"

/*
 * ICH9 LPC bridge after the Intel I/O Controller Hub 9 data sheet (13.8 power management, 13.7.5 RST_CNT,
 * 5.8 APM) and ACPI 3.0 section 4.7 (fixed hardware)
 */

#include "hw/acpi/pm.h"
#include "hw/isa/ich9-lpc.h"
#include "tests/unit/map-watch.h"

enum { PM = 0x600, PM1_STS = PM, PM1_EN = PM + 2, PM1_CNT = PM + 4, PM_TMR = PM + 8, GPE0 = PM + 0x20,
    SMI = PM + 0x30 };
enum { TMROF = 1, GBL = 1 << 5, PWRBTN = 1 << 8, RTC = 1 << 10, WAK = 1 << 15, SCI_EN = 1, SLP_EN = 1 << 13, SCI = 9 };
#define HZ 3579545ull
#define SECOND 1000000000ull

static struct pci_bench p;
static struct device *lpc;

/* As firmware leaves it: the block at 600h, SCI enabled. */
static void begin_with(const char *prop, const char *value)
{
    pci_bench_init(&p);
    lpc = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && !device_set(lpc, "multifunction", "on", NULL));
    CHECK(!prop || !device_set(lpc, prop, value, NULL));
    CHECK(!device_realize(lpc, NULL, NULL, NULL));
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, PM | 1);
    pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    io_out(&p.b, PM1_CNT, 2, SCI_EN);
}

static void begin(void)
{
    begin_with(NULL, NULL);
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
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), UINT32_MAX);       /* nobody there any more */
    pci_bench_fini(&p);
}

/* 13.1: the registers that firmware uses; of PMBASE, bits 2 to 0 are as in the reference; GEN_PMCON_1 locks itself. */
static void registers_have_their_bits(void)
{
    static const struct config_bits bits[] = {
        { LPC_PMBASE, 4, 1, 0xff87 }, { LPC_ACPI_CNTL, 1, 0, 0xff }, { 0x60, 4, 0x80808080, 0xffffffff },
        { 0x68, 4, 0x80808080, 0xffffffff }, { 0x82, 1, 0, 0xff },
        { 0xa0, 1, 0, .special = true }, { 0xa1, 1, 0, 0xff }, { LPC_RCBA, 4, 0, 0xffffffff },
    };

    begin();
    machine_reset(p.b.m, true);
    config_bits_check(&p, 0x1f, 0, bits, sizeof(bits) / sizeof(bits[0]));
    pci_bench_fini(&p);
}

static uint64_t nothing_read(struct device *dev, uint64_t at, unsigned size)
{
    return 0;
}

static void nothing_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
}

/* 13.1.25: "LPC_EN: bit 0 COMA, 1 COMB, 2 LPT, 3 FDD": at power-on what there is is decoded; a reset keeps what was
 * written since. */
static void lpc_en_shows_the_ports_that_there_are(void)
{
    static const struct region_type type = { .name = "port", .size = 1, .min = 1, .max = 1, .read = nothing_read,
                                             .write = nothing_write };
    static const uint16_t at[] = { 0x3f8, 0x2f8, 0x378, 0x3f2 };

    begin();
    for (unsigned i = 0; i < 4; i++) {
        struct region port;

        region_init_io(&port, &p.b.lines->dev, &type, NULL);
        region_map(p.b.m, &p.b.m->io, at[i], &port, 0);
        machine_reset(p.b.m, true);
        CHECK_EQ(pci_in(&p, 0x1f, 0, 0x82, 1), 1 << i);
        pci_out(&p, 0x1f, 0, 0x82, 1, 0x55);
        machine_reset(p.b.m, false);
        CHECK_EQ(pci_in(&p, 0x1f, 0, 0x82, 1), 0x55);
        region_drop(p.b.m, &port);
    }
    machine_reset(p.b.m, true);
    CHECK_EQ(pci_in(&p, 0x1f, 0, 0x82, 1), 0);
    pci_bench_fini(&p);
}

static void the_timer_counts_at_3579545_hz(void)
{
    begin();
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), 0);
    machine_clock_step(p.b.m, SECOND);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), HZ);
    machine_clock_step(p.b.m, 279);                     /* 3579545 Hz: 279.365 ns a tick */
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), HZ);
    machine_clock_step(p.b.m, 1);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), HZ + 1);
    pci_bench_fini(&p);
}

static void the_timer_has_24_bits_and_is_read_only(void)
{
    begin();
    step_to_tick((1 << 24) - 1);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), 0xffffff);
    step_to_tick(1 << 24);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), 0);
    io_out(&p.b, PM_TMR, 4, 0x1234);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), 0);
    pci_bench_fini(&p);
}

/* "TMROF_STS ... set any time the 24th bit of the timer goes from 0 to 1 or 1 to 0." */
static void the_overflow_status_is_set_when_the_top_bit_flips(void)
{
    begin();
    step_to_tick((1 << 23) - 1);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2) & TMROF, 0);
    step_to_tick(1 << 23);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2) & TMROF, TMROF);
    io_out(&p.b, PM1_STS, 2, TMROF);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2) & TMROF, 0);
    step_to_tick(1 << 24);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2) & TMROF, TMROF);
    pci_bench_fini(&p);
}

static void an_enabled_overflow_raises_sci_until_it_is_cleared(void)
{
    begin();
    io_out(&p.b, PM1_EN, 2, TMROF);
    step_to_tick((1 << 23) - 1);
    CHECK(!sci());
    step_to_tick(1 << 23);
    CHECK(sci());
    io_out(&p.b, PM1_STS, 2, TMROF);
    CHECK(!sci());
    step_to_tick(1 << 24);
    CHECK(sci());
    CHECK_EQ(p.b.lines->rose[SCI], 2);
    io_out(&p.b, PM1_EN, 2, 0);
    CHECK(!sci());
    pci_bench_fini(&p);
}

static void without_an_enable_bit_no_timer_is_armed(void)
{
    begin();
    CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    io_out(&p.b, PM1_EN, 2, TMROF);
    CHECK(machine_clock_next(p.b.m) != TIMER_OFF);
    io_out(&p.b, PM1_EN, 2, 0);
    CHECK_EQ(machine_clock_next(p.b.m), TIMER_OFF);
    pci_bench_fini(&p);
}

static void the_power_button_sets_its_status_and_raises_sci_when_enabled(void)
{
    begin();
    acpi_power_button(p.b.m);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2) & PWRBTN, PWRBTN);
    CHECK(!sci());
    io_out(&p.b, PM1_EN, 2, PWRBTN);
    CHECK(sci());
    io_out(&p.b, PM1_STS, 2, PWRBTN);
    CHECK(!sci());
    acpi_power_button(p.b.m);
    CHECK(sci());
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);    /* the guest decides */
    pci_bench_fini(&p);
}

static void status_bits_are_cleared_one_by_one(void)
{
    begin();
    acpi_power_button(p.b.m);
    step_to_tick(1 << 23);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), PWRBTN | TMROF);
    io_out(&p.b, PM1_STS, 1, 0xff);                     /* the low byte only */
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), PWRBTN);
    io_out(&p.b, PM1_STS + 1, 1, 1);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), 0);
    pci_bench_fini(&p);
}

static void no_sci_without_sci_en(void)
{
    begin();
    io_out(&p.b, PM1_CNT, 2, 0);
    io_out(&p.b, PM1_EN, 2, PWRBTN);
    acpi_power_button(p.b.m);
    CHECK(!sci());
    io_out(&p.b, PM1_CNT, 2, SCI_EN);
    CHECK(sci());
    pci_bench_fini(&p);
}

static void a_general_purpose_event_raises_sci(void)
{
    begin();
    for (unsigned i = 0; i < 8; i++)
        CHECK_EQ(io_in(&p.b, GPE0 + i, 1), 0);
    io_out(&p.b, GPE0 + 8, 4, 0xffffffff);
    io_out(&p.b, GPE0 + 12, 4, 0x12345678);
    CHECK_EQ(io_in(&p.b, GPE0 + 8, 4), 0xffffffff);
    CHECK_EQ(io_in(&p.b, GPE0 + 12, 4), 0x12345678);
    io_out(&p.b, GPE0, 4, 0xffffffff);                  /* status: ones clear, nothing sets */
    CHECK_EQ(io_in(&p.b, GPE0, 4), 0);
    CHECK(!sci());
    pci_bench_fini(&p);
}

static void s5_asks_for_a_shutdown(void)
{
    begin();
    io_out(&p.b, PM1_CNT, 2, SCI_EN | 0 << 10);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);    /* not without SLP_EN */
    io_out(&p.b, PM1_CNT, 2, SCI_EN | 0 << 10 | SLP_EN);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_GUEST_SHUTDOWN);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2) & SLP_EN, 0);      /* "reads to this bit always return 0" */
    pci_bench_fini(&p);
}

static void a_sleep_type_that_is_not_offered_does_nothing(void)
{
    begin();
    for (unsigned type = 3; type < 8; type++)
        io_out(&p.b, PM1_CNT, 2, SCI_EN | type << 10 | SLP_EN);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    CHECK(!p.b.m->power.suspend_requested);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2), SCI_EN | 7 << 10);
    pci_bench_fini(&p);
}

static void s3_asks_for_sleep_and_s4_is_an_event_and_a_shutdown(void)
{
    begin();
    io_out(&p.b, PM1_CNT, 2, SCI_EN | 1 << 10);
    CHECK(!p.b.m->power.suspend_requested);
    io_out(&p.b, PM1_CNT, 2, SCI_EN | 1 << 10 | SLP_EN);
    CHECK(p.b.m->power.suspend_requested);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_NONE);
    io_out(&p.b, PM1_CNT, 2, SCI_EN | 2 << 10 | SLP_EN);
    CHECK(p.b.m->power.suspend_disk_requested);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_GUEST_SHUTDOWN);
    pci_bench_fini(&p);
}

static void the_users_s4_value_is_the_one_that_counts(void)
{
    uint8_t states[ACPI_SYSTEM_STATES];

    begin_with("s4_val", "5");
    io_out(&p.b, PM1_CNT, 2, SCI_EN | 2 << 10 | SLP_EN);
    CHECK(!p.b.m->power.suspend_disk_requested);
    io_out(&p.b, PM1_CNT, 2, SCI_EN | 5 << 10 | SLP_EN);
    CHECK(p.b.m->power.suspend_disk_requested);
    acpi_system_states(p.b.m, states);
    CHECK(!memcmp(states, (uint8_t[]){ 0x80, 0, 0, 0x81, 0x85, 0x80 }, 6));
    pci_bench_fini(&p);
    begin_with("disable_s3", "1");
    acpi_system_states(p.b.m, states);
    CHECK(!memcmp(states, (uint8_t[]){ 0x80, 0, 0, 0x01, 0x82, 0x80 }, 6));
    pci_bench_fini(&p);
}

/* ACPI 4.7.3.1.1: "WAK_STS ... set when the system is in the sleeping state and an enabled wake event occurs." */
static void waking_up_sets_its_status_and_that_of_the_cause(void)
{
    begin();
    CHECK(p.b.m->power.wakeup_supported);
    io_out(&p.b, PM1_EN, 2, RTC);
    CHECK(p.b.m->power.wakeup_enabled);
    p.b.m->power.reason = WAKEUP_RTC;
    machine_notify(p.b.m, EVENT_WAKEUP, CAUSE_NONE);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), WAK | RTC);
    CHECK(sci());
    io_out(&p.b, PM1_STS, 2, WAK | RTC);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), 0);
    p.b.m->power.reason = WAKEUP_OTHER;
    machine_notify(p.b.m, EVENT_WAKEUP, CAUSE_NONE);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), WAK | PWRBTN);
    io_out(&p.b, PM1_EN, 2, 0);
    CHECK(!p.b.m->power.wakeup_enabled);
    pci_bench_fini(&p);
}

static void anybody_may_raise_a_general_purpose_event(void)
{
    begin();
    io_out(&p.b, GPE0 + 8, 1, 1 << GPE_VMGENID);
    acpi_gpe_raise(p.b.m, GPE_VMGENID);
    acpi_gpe_raise(p.b.m, GPE_CPU_HOTPLUG);
    machine_run_posted(p.b.m);
    CHECK_EQ(io_in(&p.b, GPE0, 1), 1 << GPE_VMGENID | 1 << GPE_CPU_HOTPLUG);
    CHECK(sci());
    io_out(&p.b, GPE0, 1, 1 << GPE_VMGENID);
    CHECK(!sci());
    CHECK_EQ(io_in(&p.b, GPE0, 1), 1 << GPE_CPU_HOTPLUG);
    pci_bench_fini(&p);
}

/* ACPI_CNTL, SCI_IRQ_SEL: "000b IRQ9, 001b IRQ10, 010b IRQ11, 100b IRQ20, 101b IRQ21". */
static void acpi_cntl_chooses_the_sci(void)
{
    static const uint8_t lines[8] = { 9, 10, 11, 9, 20, 21, 9, 9 };

    begin();
    io_out(&p.b, PM1_EN, 2, PWRBTN);
    acpi_power_button(p.b.m);
    for (unsigned n = 0; n < 8; n++) {
        pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE | n);
        for (unsigned line = 0; line < 24; line++)
            CHECK_EQ(p.b.lines->level[line], line == lines[n]);
    }
    pci_bench_fini(&p);
}

/* System management interrupts */

enum { SMI_EN = SMI, SMI_STS = SMI + 4, GBL_SMI_EN = 1, APMC_EN = 1 << 5, TCO_EN = 1 << 13, GEN_PMCON_1 = 0xa0 };

/* Processors that note what they are asked: bit n says that processor n got an SMI since. */
static void processors(unsigned n)
{
    struct machine *m = p.b.m;

    m->vcpus = realloc(m->vcpus, n * sizeof(*m->vcpus));
    for (unsigned i = 0; i < n; i++) {
        CHECK(!vcpu_new(m, i, i, NULL, &m->vcpus[i], NULL));
        m->n_vcpus++;
    }
}

static unsigned smis(void)
{
    unsigned got = 0;

    for (unsigned i = 0; i < p.b.m->n_vcpus; i++) {
        got |= p.b.m->vcpus[i]->requests & VCPU_SMI ? 1u << i : 0;
        p.b.m->vcpus[i]->requests = 0;
    }
    return got;
}

/* "APMC_EN: Enables writes to the APM_CNT register to cause an SMI#"; "GBL_SMI_EN: 0 = No SMI# will be generated". */
static void an_apm_command_raises_smi_while_both_enables_are_set(void)
{
    begin();
    processors(2);
    io_out(&p.b, 0xb2, 1, 0x11);
    io_out(&p.b, SMI_EN, 4, APMC_EN);
    io_out(&p.b, 0xb2, 1, 0x11);
    CHECK_EQ(smis(), 0);
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN);
    io_out(&p.b, 0xb2, 1, 0x11);
    CHECK_EQ(smis(), 0);
    io_out(&p.b, SMI_STS, 4, UINT32_MAX);
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN | APMC_EN);
    CHECK_EQ(io_in(&p.b, SMI_STS, 4), 0);
    io_out(&p.b, 0xb2, 1, 0x11);
    CHECK_EQ(smis(), 1);                                /* nobody's access: the first processor's */
    CHECK_EQ(io_in(&p.b, SMI_STS, 4), APMC_EN);
    io_out(&p.b, SMI_STS, 4, APMC_EN);
    CHECK_EQ(io_in(&p.b, SMI_STS, 4), 0);
    io_out(&p.b, 0xb3, 1, 0x11);                        /* the status port is scratch */
    CHECK_EQ(smis(), 0);
    pci_bench_fini(&p);
}

/* "Once the SMI_LOCK bit is set, writes of 0 to SMI_LOCK bit will have no effect." */
static void smi_lock_holds_gbl_smi_en_until_reset(void)
{
    begin();
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN | APMC_EN);
    pci_out(&p, 0x1f, 0, GEN_PMCON_1, 1, 0x10);
    io_out(&p.b, SMI_EN, 4, 0);
    CHECK_EQ(io_in(&p.b, SMI_EN, 4), GBL_SMI_EN);
    pci_out(&p, 0x1f, 0, GEN_PMCON_1, 1, 0);
    CHECK_EQ(pci_in(&p, 0x1f, 0, GEN_PMCON_1, 1), 0x10);
    bench_reload(&p.b);
    pci_out(&p, 0x1f, 0, GEN_PMCON_1, 1, 0);
    io_out(&p.b, SMI_EN, 4, 0);
    CHECK_EQ(io_in(&p.b, SMI_EN, 4), GBL_SMI_EN);
    machine_reset(p.b.m, false);
    CHECK_EQ(pci_in(&p, 0x1f, 0, GEN_PMCON_1, 1), 0);
    pci_out(&p, 0x1f, 0, GEN_PMCON_1, 1, 0x10);
    CHECK_EQ(pci_in(&p, 0x1f, 0, GEN_PMCON_1, 1), 0x10);
    pci_bench_fini(&p);
}

static void without_smm_firmware_finds_it_in_use_and_nothing_happens(void)
{
    struct device *other;

    begin();
    device_free(lpc);
    other = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(other, &p.b.sink);
    ich9_lpc_set_no_smm(other);
    CHECK(!device_set(other, "addr", "1f.0", NULL) && !device_realize(other, NULL, NULL, NULL));
    processors(1);
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, PM | 1);
    pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    CHECK_EQ(io_in(&p.b, SMI_EN, 4), APMC_EN);
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN | APMC_EN);
    io_out(&p.b, 0xb2, 1, 0x11);
    CHECK_EQ(smis(), 0);
    pci_bench_fini(&p);
}

static void request(uint64_t features)
{
    memcpy(ich9_lpc_smi_requested(lpc), &features, 8);
    ich9_lpc_smi_negotiate(lpc);
}

/* As the reference answers: hot-plug needs broadcast, unplug needs plug, and an agreement holds until reset. */
static void smi_features_are_agreed_on_once(void)
{
    begin();
    processors(3);
    CHECK_EQ(ich9_lpc_smi_supported(lpc), 7);
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN | APMC_EN);
    for (unsigned bad = 2; bad < 16; bad++)
        if (bad != 3 && bad != 7) {
            request(bad);
            CHECK_EQ(*ich9_lpc_smi_features_ok(lpc), 0);
        }
    io_out(&p.b, 0xb2, 1, 0);
    CHECK_EQ(smis(), 1);
    request(3);
    CHECK_EQ(*ich9_lpc_smi_features_ok(lpc), 1);
    io_out(&p.b, 0xb2, 1, 0);
    CHECK_EQ(smis(), 7);
    request(0);
    bench_reload(&p.b);
    io_out(&p.b, 0xb2, 1, 0);
    CHECK_EQ(smis(), 7);
    machine_reset(p.b.m, false);
    CHECK_EQ(*ich9_lpc_smi_features_ok(lpc), 0);
    request(0);
    CHECK_EQ(*ich9_lpc_smi_features_ok(lpc), 1);
    pci_bench_fini(&p);
}

static void a_feature_that_is_switched_off_is_not_offered(void)
{
    begin_with("x-smi-broadcast", "off");
    CHECK_EQ(ich9_lpc_smi_supported(lpc), 6);
    request(1);
    CHECK_EQ(*ich9_lpc_smi_features_ok(lpc), 0);
    pci_bench_fini(&p);
}

/* An agreement on what we do not offer, in a stream. */
static void a_stream_with_a_foreign_agreement_is_refused(void)
{
    static const char sub[] = "\x5\x10ICH9LPC/smi_feat";
    struct wire in;
    struct saved s;
    uint8_t *at;

    begin();
    request(1);
    s = bench_save(&p.b, "0000:00:1f.0/ICH9LPC");
    at = memmem(s.w.buf, s.w.at, sub, sizeof(sub) - 1);
    CHECK(at);
    at += sizeof(sub) - 1 + 4 + 8 + 1;                  /* version, wish, ok */
    CHECK_EQ(at[7], 1);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK_EQ(bench_load(&p.b, &in, NULL), 0);
    at[7] = 8;
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(bench_load(&p.b, &in, NULL) < 0);
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

/* In size and order as the reference's streams (facts/migration): 18878 bytes. */
static void the_section_is_as_long_as_the_reference_s(void)
{
    struct saved s;

    begin();
    s = bench_save(&p.b, "0000:00:1f.0/ICH9LPC");
    CHECK(!memcmp(s.fields + 276 + 2 + 62, "\x5\xdich9_pm/memhp", 15));
    CHECK(!memcmp(s.fields + 276 + 2 + 62 + 23, "\x5\xbich9_pm/tco", 13));
    CHECK(!memcmp(s.fields + 276 + 2 + 62 + 23 + 52, "\x5\xdich9_pm/pcihp", 15));
    CHECK_EQ(s.fields[18878], 0x7e);
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

static void the_apm_port_enables_and_disables_acpi_mode(void)
{
    begin();
    io_out(&p.b, 0xb2, 1, 3);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2) & SCI_EN, 0);
    io_out(&p.b, 0xb2, 1, 2);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2) & SCI_EN, SCI_EN);
    io_out(&p.b, 0xb2, 1, 0x55);
    io_out(&p.b, 0xb3, 1, 0xaa);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2) & SCI_EN, SCI_EN);
    CHECK_EQ(io_in(&p.b, 0xb2, 1), 0x55);
    CHECK_EQ(io_in(&p.b, 0xb3, 1), 0xaa);
    pci_bench_fini(&p);
}

static void bit_2_of_rst_cnt_resets_the_machine(void)
{
    begin();
    io_out(&p.b, 0xcf9, 1, 0x02);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    CHECK_EQ(io_in(&p.b, 0xcf9, 1), 0x02);
    io_out(&p.b, 0xcf9, 1, 0x06);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_GUEST_RESET);
    io_out(&p.b, 0xcf9, 1, 0xff);
    CHECK_EQ(io_in(&p.b, 0xcf9, 1), 0x0a);
    pci_bench_fini(&p);
}

static void rst_cnt_comes_back(void)
{
    begin();
    io_out(&p.b, 0xcf9, 1, 0x0a);
    bench_reload(&p.b);
    CHECK_EQ(io_in(&p.b, 0xcf9, 1), 0x0a);
    pci_bench_fini(&p);
}

/* The register lies inside mechanism #1's four ports, and is narrower than the doubleword there. */
static void rst_cnt_and_the_configuration_address_do_not_disturb_each_other(void)
{
    begin();
    io_out(&p.b, 0xcf8, 4, 0x80000600);
    CHECK_EQ(p.b.m->reset_requested, CAUSE_NONE);
    io_out(&p.b, 0xcf9, 1, 0x02);
    CHECK_EQ(io_in(&p.b, 0xcf8, 4), 0x80000600);
    pci_bench_fini(&p);
}

static void the_block_moves_with_pmbase_and_goes_with_acpi_cntl(void)
{
    begin();
    machine_clock_step(p.b.m, SECOND);
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, 0x4000 | 1);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), UINT32_MAX);
    CHECK_EQ(io_in(&p.b, 0x4008, 4), HZ);
    pci_out(&p, 0x1f, 0, LPC_PMBASE, 4, 0xffffffff);
    CHECK_EQ(pci_in(&p, 0x1f, 0, LPC_PMBASE, 4), 0xff87);
    CHECK_EQ(io_in(&p.b, 0xff88, 4), HZ);
    pci_out(&p, 0x1f, 0, LPC_ACPI_CNTL, 1, 0);
    CHECK_EQ(io_in(&p.b, 0xff88, 4), UINT32_MAX);
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

/* Not even between the making of the bridge and its reset: RAM, and the ports of the DMA controllers, are at 0. */
static void making_the_bridge_opens_neither_block(void)
{
    struct map_watch memory, ports;

    pci_bench_init(&p);
    memory = (struct map_watch){ .as = &p.b.m->memory_as, .last = 0x9ffff, .except = p.ram };
    ports = (struct map_watch){ .as = &p.b.m->io_as, .last = 0x7f };
    map_watch_begin(&memory);
    map_watch_begin(&ports);
    lpc = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && !device_realize(lpc, NULL, NULL, NULL));
    CHECK_EQ(map_watch_end(&memory), 0);
    CHECK_EQ(map_watch_end(&ports), 0);
    pci_bench_fini(&p);
}

/* 10.1: 16 KiB, of any width, and not a byte more. */
static void root_complex_registers_are_16_kib_of_any_width(void)
{
    begin();
    p.ram->host[0x3fff] = p.ram->host[0x4000] = 0x11;
    pci_out(&p, 0x1f, 0, LPC_RCBA, 4, 1);
    mem_out(&p.b, 0x3ff8, 8, 0x1122334455667788);
    CHECK_EQ(mem_in(&p.b, 0x3ff8, 8), 0x1122334455667788);
    CHECK_EQ(mem_in(&p.b, 0x3ffc, 4), 0x11223344);
    CHECK_EQ(mem_in(&p.b, 0x3ffe, 2), 0x1122);
    CHECK_EQ(mem_in(&p.b, 0x3fff, 1), 0x11);
    mem_out(&p.b, 0x3fff, 1, 0x99);
    CHECK_EQ(mem_in(&p.b, 0x3ff8, 8), 0x9922334455667788);
    CHECK_EQ(p.ram->host[0x3fff], 0x11);
    mem_out(&p.b, 0x4000, 1, 0x99);
    CHECK_EQ(p.ram->host[0x4000], 0x99);
    pci_bench_fini(&p);
}

static void nobody_has_a_power_button_when_the_bridge_is_gone(void)
{
    uint8_t states[ACPI_SYSTEM_STATES];

    begin();
    acpi_system_states(p.b.m, states);
    CHECK_EQ(states[3], 0x81);
    device_free(lpc);
    acpi_system_states(p.b.m, states);
    CHECK_EQ(states[3], 0);
    acpi_power_button(p.b.m);
    pci_bench_fini(&p);
}

/* Firmware may write a register byte by byte. */
static void each_byte_of_rcba_moves_the_root_complex_registers(void)
{
    begin();
    CHECK_EQ(mem_in(&p.b, 0, 4), 0);                    /* RAM, before they have a place */
    mem_out(&p.b, 0, 4, 0x55);
    CHECK_EQ(mem_in(&p.b, 0, 4), 0x55);
    pci_out(&p, 0x1f, 0, LPC_RCBA, 4, 0xfed1c001);
    mem_out(&p.b, 0xfed1f400, 4, 0x12345678);
    pci_out(&p, 0x1f, 0, LPC_RCBA + 3, 1, 0xfd);
    CHECK_EQ(mem_in(&p.b, 0xfdd1f400, 4), 0x12345678);
    pci_out(&p, 0x1f, 0, LPC_RCBA + 2, 1, 0xd2);
    CHECK_EQ(mem_in(&p.b, 0xfdd2f400, 4), 0x12345678);
    pci_out(&p, 0x1f, 0, LPC_RCBA, 1, 0);
    CHECK_EQ(mem_in(&p.b, 0xfdd2f400, 4), 0);
    pci_bench_fini(&p);
}

/* All eight bytes of status and of enable. */
static void general_purpose_events_come_back(void)
{
    struct saved s;
    struct wire in;

    begin();
    acpi_gpe_raise(p.b.m, GPE_VMGENID);
    machine_run_posted(p.b.m);
    io_out(&p.b, GPE0 + 8, 4, 0x12345678);
    io_out(&p.b, GPE0 + 12, 4, 0x9abcdef0);
    s = bench_save(&p.b, "0000:00:1f.0/ICH9LPC");
    io_out(&p.b, GPE0, 4, UINT32_MAX);
    io_out(&p.b, GPE0 + 8, 4, 0);
    io_out(&p.b, GPE0 + 12, 4, 0);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK_EQ(bench_load(&p.b, &in, NULL), 0);
    CHECK_EQ(io_in(&p.b, GPE0, 4), 1 << GPE_VMGENID);
    CHECK_EQ(io_in(&p.b, GPE0 + 8, 4), 0x12345678);
    CHECK_EQ(io_in(&p.b, GPE0 + 12, 4), 0x9abcdef0);
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

static void what_is_saved_comes_back_with_its_place_and_its_timer(void)
{
    begin();
    io_out(&p.b, PM1_EN, 2, TMROF);
    machine_clock_step(p.b.m, SECOND);
    bench_reload(&p.b);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), HZ);
    CHECK(machine_clock_next(p.b.m) != TIMER_OFF);
    step_to_tick(1 << 23);
    CHECK(sci());
    pci_bench_fini(&p);
}

/* ICH9 13.8.3.1: "RTC_STS ... set when the RTC generates an alarm", "Additionally if the RTC_EN bit is set, the setting
 * of the RTC_STS bit will generate a wake event". */
static void an_alarm_is_noted_by_a_machine_that_is_awake(void)
{
    begin();
    machine_notify(p.b.m, EVENT_ALARM, CAUSE_NONE);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2) & RTC, RTC);
    CHECK(!sci());
    io_out(&p.b, PM1_EN, 2, RTC);
    CHECK(sci());
    io_out(&p.b, PM1_STS, 2, RTC);
    CHECK(!sci());
    pci_bench_fini(&p);
}

static void what_would_have_woken_a_machine_wakes_it_as_it_goes_to_sleep(void)
{
    enum { SLP_S3 = 1 << 10 };

    begin();
    machine_notify(p.b.m, EVENT_ALARM, CAUSE_NONE);
    io_out(&p.b, PM1_CNT, 2, SLP_S3 | SLP_EN);
    CHECK(p.b.m->power.suspend_requested && !p.b.m->power.wakeup_requested);
    io_out(&p.b, PM1_EN, 2, RTC);
    io_out(&p.b, PM1_CNT, 2, SLP_S3 | SLP_EN);
    CHECK_EQ(p.b.m->power.wakeup_requested, WAKEUP_RTC);
    p.b.m->power.wakeup_requested = WAKEUP_NONE;
    io_out(&p.b, PM1_STS, 2, RTC);
    io_out(&p.b, PM1_EN, 2, PWRBTN);
    acpi_power_button(p.b.m);
    io_out(&p.b, PM1_CNT, 2, SLP_S3 | SLP_EN);
    CHECK_EQ(p.b.m->power.wakeup_requested, WAKEUP_OTHER);
    pci_bench_fini(&p);
}

/* Firmware does not place the block again, and its SMI handler may be gone. */
static void a_wake_up_keeps_the_block_and_leaves_smm_alone(void)
{
    begin();
    io_out(&p.b, SMI_EN, 4, GBL_SMI_EN | APMC_EN);
    p.b.m->power.waking = true;
    machine_reset(p.b.m, false);
    p.b.m->power.waking = false;
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2), 0);
    CHECK_EQ(io_in(&p.b, SMI_EN, 4), APMC_EN);
    machine_reset(p.b.m, false);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2), 0xffff);
    pci_bench_fini(&p);
}

static void reset_lowers_sci_and_takes_the_block_away(void)
{
    begin();
    io_out(&p.b, PM1_EN, 2, PWRBTN);
    acpi_power_button(p.b.m);
    CHECK(sci());
    machine_reset(p.b.m, false);
    CHECK(!sci());
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), 0xffff);
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(identity_and_reset_values);
    TEST(registers_have_their_bits);
    TEST(lpc_en_shows_the_ports_that_there_are);
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
    TEST(s3_asks_for_sleep_and_s4_is_an_event_and_a_shutdown);
    TEST(the_users_s4_value_is_the_one_that_counts);
    TEST(waking_up_sets_its_status_and_that_of_the_cause);
    TEST(anybody_may_raise_a_general_purpose_event);
    TEST(acpi_cntl_chooses_the_sci);
    TEST(an_apm_command_raises_smi_while_both_enables_are_set);
    TEST(smi_lock_holds_gbl_smi_en_until_reset);
    TEST(without_smm_firmware_finds_it_in_use_and_nothing_happens);
    TEST(smi_features_are_agreed_on_once);
    TEST(a_feature_that_is_switched_off_is_not_offered);
    TEST(a_stream_with_a_foreign_agreement_is_refused);
    TEST(the_section_is_as_long_as_the_reference_s);
    TEST(the_apm_port_enables_and_disables_acpi_mode);
    TEST(bit_2_of_rst_cnt_resets_the_machine);
    TEST(rst_cnt_comes_back);
    TEST(rst_cnt_and_the_configuration_address_do_not_disturb_each_other);
    TEST(the_block_moves_with_pmbase_and_goes_with_acpi_cntl);
    TEST(rcba_places_the_root_complex_registers);
    TEST(making_the_bridge_opens_neither_block);
    TEST(root_complex_registers_are_16_kib_of_any_width);
    TEST(nobody_has_a_power_button_when_the_bridge_is_gone);
    TEST(each_byte_of_rcba_moves_the_root_complex_registers);
    TEST(general_purpose_events_come_back);
    TEST(what_is_saved_comes_back_with_its_place_and_its_timer);
    TEST(an_alarm_is_noted_by_a_machine_that_is_awake);
    TEST(what_would_have_woken_a_machine_wakes_it_as_it_goes_to_sleep);
    TEST(a_wake_up_keeps_the_block_and_leaves_smm_alone);
    TEST(reset_lowers_sci_and_takes_the_block_away);
    epoch_thread_fini();
    return test_end();
}
