/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config-bits.h"

/*
 * PIIX4 power management after the Intel 82371AB data sheet, chapter 7, where it differs from the ICH9's, whose chip it
 * carries (test-lpc); the SMBus of its own (test-smbus)
 */

#include "hw/acpi/piix4-pm.h"
#include "hw/acpi/pm.h"
#include "tests/unit/map-watch.h"

enum { PM = 0x600, PM1_STS = PM, PM1_EN = PM + 2, PM1_CNT = PM + 4, PM_TMR = PM + 8, GPE0 = 0xafe0, SMB = 0xb100 };
enum { PWRBTN = 1 << 8, SCI_EN = 1, SLP_EN = 1 << 13, SCI = 9 };
enum { DEVACTB = 0x58, SMBBA = 0x90, SMBHSTCFG = 0xd2 };
#define SECOND 1000000000ull

static struct pci_bench p;
static struct device *pm;

static uint32_t get(unsigned at, unsigned size)
{
    return pci_in(&p, 1, 3, at, size);
}

static void set(unsigned at, unsigned size, uint32_t val)
{
    pci_out(&p, 1, 3, at, size, val);
}

static uint64_t nothing_read(struct device *dev, uint64_t at, unsigned size)
{
    return 0;
}

static void nothing_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
}

/* As the board makes it, and firmware leaves it. */
static void begin_with(const char *smm)
{
    pci_bench_init_i440fx(&p);
    pm = device_new(p.b.m, device_type_find("PIIX4_PM"));
    piix4_pm_set_gsi(pm, &p.b.sink);
    CHECK(!device_set(pm, "addr", "01.3", NULL) && !device_set(pm, "smb_io_base", "0xb100", NULL));
    CHECK(!device_set(pm, "smm-enabled", smm, NULL) && !device_realize(pm, NULL, NULL, NULL));
    set(PIIX4_PMBA, 4, PM | 1);
    set(PIIX4_PMREGMISC, 1, 1);
    io_out(&p.b, PM1_CNT, 2, SCI_EN);
}

static void begin(void)
{
    begin_with("on");
}

static bool sci(void)
{
    return p.b.lines->level[SCI];
}

static void identity_and_values_at_power_on(void)
{
    begin();
    machine_reset(p.b.m, true);
    CHECK_EQ(get(0, 4), 0x71138086);
    CHECK_EQ(get(4, 4), 0x02800000);
    CHECK_EQ(get(8, 4), 0x06800003);
    CHECK_EQ(get(PCI_IRQ_PIN, 1), 1);
    CHECK_EQ(get(PIIX4_PMBA, 4), 1);
    CHECK_EQ(get(DEVACTB, 4), 0);
    CHECK_EQ(get(0x5c, 4), 0x10000000);
    CHECK_EQ(get(0x60, 4), 0x60000000);
    CHECK_EQ(get(0x64, 4), 0);
    CHECK_EQ(get(PIIX4_PMREGMISC, 1), 0);
    CHECK_EQ(get(SMBBA, 4), 0xb101);
    CHECK_EQ(get(SMBHSTCFG, 1), 9);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), UINT32_MAX);
    pci_bench_fini(&p);
}

/* 7.1: the registers that firmware uses; DEVRESA to DEVRESC are written by the chip itself at power-on, and stored. */
static void registers_have_their_bits(void)
{
    static const struct config_bits bits[] = {
        { PIIX4_PMBA, 4, 1, 0xffffffff }, { DEVACTB, 4, 0, 0xffffffff }, { 0x5c, 4, 0x10000000, .special = true },
        { 0x60, 4, 0x60000000, .special = true }, { 0x64, 4, 0, .special = true }, { PIIX4_PMREGMISC, 1, 0, 0xff },
        { SMBBA, 4, 0xb101, 0xffffffff }, { SMBHSTCFG, 1, 9, 0xff },
    };

    begin();
    machine_reset(p.b.m, true);
    config_bits_check(&p, 1, 3, bits, sizeof(bits) / sizeof(bits[0]));
    pci_bench_fini(&p);
}

/* As in the reference, where of this function a reset sets PMBA's low byte, DEVACTB and PMREGMISC. */
static void a_reset_closes_the_ports_of_power_management_only(void)
{
    begin();
    set(DEVACTB, 4, 1 << 25);
    set(0x5c, 4, 0x1234);
    set(SMBBA, 4, 0x4001);
    set(SMBHSTCFG, 1, 1);
    machine_reset(p.b.m, false);
    CHECK_EQ(get(PIIX4_PMBA, 4), PM | 1);
    CHECK_EQ(get(PIIX4_PMREGMISC, 1), 0);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), UINT32_MAX);
    CHECK_EQ(get(DEVACTB, 4), 0);
    CHECK_EQ(get(0x5c, 4), 0x1234);
    CHECK_EQ(get(SMBBA, 4), 0x4001);
    CHECK_EQ(get(SMBHSTCFG, 1), 1);
    CHECK_EQ(io_in(&p.b, 0x4000, 1), 0);
    pci_bench_fini(&p);
}

/* What firmware finds in DEVRESA and DEVRESC is what there is. */
static void the_ports_that_there_are_are_decoded(void)
{
    struct region ports[3];
    static const uint16_t at[] = { 0x378, 0x3f8, 0x2f8 };

    begin();
    for (unsigned i = 0; i < 3; i++) {
        static const struct region_type type = { .name = "port", .size = 1, .min = 1, .max = 1, .read = nothing_read,
                                                 .write = nothing_write };

        region_init_io(&ports[i], &p.b.lines->dev, &type, NULL);
        region_map(p.b.m, &p.b.m->io, at[i], &ports[i], 0);
    }
    machine_reset(p.b.m, true);
    CHECK_EQ(get(0x5c, 4), 0x90000000);
    CHECK_EQ(get(0x64, 4), 0x98000000);
    for (unsigned i = 0; i < 3; i++)
        region_drop(p.b.m, &ports[i]);
    pci_bench_fini(&p);
}

/* "PMBA: bits 15:6"; "PMIOSE: enables access to the I/O space at PMBA". */
static void pmba_places_the_block_and_pmiose_enables_it(void)
{
    begin();
    machine_clock_step(p.b.m, SECOND);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), 3579545);
    set(PIIX4_PMBA, 4, 0x4041);
    CHECK_EQ(io_in(&p.b, PM_TMR, 4), UINT32_MAX);
    CHECK_EQ(io_in(&p.b, 0x4048, 4), 3579545);
    set(PIIX4_PMREGMISC, 1, 0);
    CHECK_EQ(io_in(&p.b, 0x4048, 4), UINT32_MAX);
    pci_bench_fini(&p);
}

static void the_sci_is_line_9(void)
{
    begin();
    acpi_power_button(p.b.m);
    CHECK(!sci());
    io_out(&p.b, PM1_EN, 2, PWRBTN);
    CHECK(sci());
    io_out(&p.b, PM1_STS, 2, PWRBTN);
    CHECK(!sci());
    pci_bench_fini(&p);
}

/* Two bytes of status and two of enable, where the tables say. */
static void general_purpose_events_are_sixteen(void)
{
    begin();
    CHECK_EQ(io_in(&p.b, GPE0, 4), 0);
    io_out(&p.b, GPE0 + 2, 2, 0xffff);
    CHECK_EQ(io_in(&p.b, GPE0 + 2, 2), 0xffff);
    CHECK_EQ(io_in(&p.b, GPE0 + 4, 1), 0xff);
    acpi_gpe_raise(p.b.m, GPE_VMGENID);
    machine_run_posted(p.b.m);
    CHECK_EQ(io_in(&p.b, GPE0, 2), 1 << GPE_VMGENID);
    CHECK(sci());
    bench_reload(&p.b);
    CHECK(sci());
    io_out(&p.b, GPE0, 1, 1 << GPE_VMGENID);
    CHECK(!sci());
    pci_bench_fini(&p);
}

static void the_apm_port_enables_and_disables_acpi_mode(void)
{
    begin();
    io_out(&p.b, 0xb2, 1, 0xf0);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2) & SCI_EN, 0);
    io_out(&p.b, 0xb2, 1, 0xf1);
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2) & SCI_EN, SCI_EN);
    io_out(&p.b, 0xb2, 1, 2);
    io_out(&p.b, 0xb2, 1, 3);                           /* the ICH9's */
    CHECK_EQ(io_in(&p.b, PM1_CNT, 2) & SCI_EN, SCI_EN);
    pci_bench_fini(&p);
}

static void processor(void)
{
    struct machine *m = p.b.m;

    m->vcpus = realloc(m->vcpus, sizeof(*m->vcpus));
    CHECK(!vcpu_new(m, 0, 0, NULL, &m->vcpus[0], NULL));
    m->n_vcpus = 1;
}

/* "APMC_EN: ... a write to the APMC register generates an SMI#" (DEVACTB, bit 25). */
static void an_apm_command_raises_smi_while_apmc_en_is_set(void)
{
    begin();
    processor();
    io_out(&p.b, 0xb2, 1, 0);
    CHECK(!p.b.m->vcpus[0]->requests);
    set(DEVACTB, 4, ~(1u << 25));
    io_out(&p.b, 0xb2, 1, 0);
    CHECK(!p.b.m->vcpus[0]->requests);
    set(DEVACTB + 3, 1, 2);
    io_out(&p.b, 0xb2, 1, 0);
    CHECK_EQ(p.b.m->vcpus[0]->requests, VCPU_SMI);
    pci_bench_fini(&p);
}

static void without_smm_firmware_finds_it_in_use(void)
{
    begin_with("off");
    processor();
    CHECK_EQ(get(DEVACTB, 4), 1u << 25);
    io_out(&p.b, 0xb2, 1, 0);
    CHECK(!p.b.m->vcpus[0]->requests);
    pci_bench_fini(&p);
}

static void sleep_types_are_the_ich9_s(void)
{
    begin();
    io_out(&p.b, PM1_CNT, 2, 1 << 10 | SLP_EN);
    CHECK(p.b.m->power.suspend_requested);
    io_out(&p.b, PM1_CNT, 2, 2 << 10 | SLP_EN);
    CHECK(p.b.m->power.suspend_disk_requested);
    io_out(&p.b, PM1_CNT, 2, SLP_EN);
    CHECK_EQ(p.b.m->shutdown_requested, CAUSE_GUEST_SHUTDOWN);
    pci_bench_fini(&p);
}

/* ACPI 4.7.3.1.2: "RTC_EN ... set, then the setting of the RTC_STS bit will generate a power management event". */
static void an_alarm_wakes_the_machine_that_enables_it(void)
{
    enum { RTC = 1 << 10, WAK = 1 << 15 };

    begin();
    CHECK(!p.b.m->power.wakeup_enabled);
    io_out(&p.b, PM1_EN, 2, RTC);
    CHECK(p.b.m->power.wakeup_enabled);
    p.b.m->power.reason = WAKEUP_RTC;
    machine_notify(p.b.m, EVENT_WAKEUP, CAUSE_NONE);
    CHECK_EQ(io_in(&p.b, PM1_STS, 2), WAK | RTC);
    CHECK(sci());
    pci_bench_fini(&p);
}

static void the_smbus_lies_where_smbba_says(void)
{
    begin();
    CHECK_EQ(io_in(&p.b, SMB + 0xd, 1), 2);             /* the block buffer is always there */
    io_out(&p.b, SMB + 5, 1, 0x5a);
    set(SMBBA, 4, 0xc001);
    CHECK_EQ(io_in(&p.b, SMB + 5, 1), 0xff);
    CHECK_EQ(io_in(&p.b, 0xc005, 1), 0x5a);
    set(SMBHSTCFG, 1, 8);
    CHECK_EQ(io_in(&p.b, 0xc005, 1), 0xff);
    pci_bench_fini(&p);
}

static void the_smbus_has_fourteen_ports_of_a_byte(void)
{
    begin();
    io_out(&p.b, SMB + 5, 1, 0x5a);
    io_out(&p.b, SMB + 5, 2, 0x1234);
    CHECK_EQ(io_in(&p.b, SMB + 5, 2), 0xffff);
    CHECK_EQ(io_in(&p.b, SMB + 5, 1), 0x5a);
    CHECK_EQ(io_in(&p.b, SMB + 6, 1), 0);
    pci_bench_fini(&p);
}

/* Neither block is anywhere before firmware places it: at 0 are the ports of the DMA controllers. */
static void making_the_function_opens_neither_block(void)
{
    struct map_watch ports;

    pci_bench_init_i440fx(&p);
    ports = (struct map_watch){ .as = &p.b.m->io_as, .last = 0x7f };
    map_watch_begin(&ports);
    pm = device_new(p.b.m, device_type_find("PIIX4_PM"));
    piix4_pm_set_gsi(pm, &p.b.sink);
    CHECK(!device_set(pm, "addr", "01.3", NULL) && !device_set(pm, "smb_io_base", "0xb100", NULL));
    CHECK(!device_realize(pm, NULL, NULL, NULL));
    CHECK_EQ(map_watch_end(&ports), 0);
    pci_bench_fini(&p);
}

/* Nothing here sets the error bits of Status, or all of GPE0's status; a stream may, and ones clear them. */
static void status_bits_that_came_with_a_stream_are_cleared_by_ones(void)
{
    enum { STATUS_AT = 4 + PCI_STATUS, GPE_STS_AT = 276 + 6 + 2 + 48 + 16 };
    struct saved s;

    begin();
    s = bench_save(&p.b, "0000:00:01.3/piix4_pm");
    CHECK_EQ(s.fields[STATUS_AT], 0x80);
    for (unsigned bit = 0; bit < 8; bit++) {
        CHECK_EQ(bench_load_with(&p.b, &s, STATUS_AT + 1, 2 | 1 << bit), 0);
        CHECK_EQ(get(PCI_STATUS, 2), 0x280 | 0x100 << bit);
        set(PCI_STATUS, 2, 0xffff);
        CHECK_EQ(get(PCI_STATUS, 2), 0x280 | (0x100 << bit & 0x600));   /* DEVSEL# timing is no event */
        for (unsigned byte = 0; byte < 2; byte++) {                      /* the high one comes first */
            CHECK_EQ(bench_load_with(&p.b, &s, GPE_STS_AT + 1 - byte, 1 << bit), 0);
            CHECK_EQ(io_in(&p.b, GPE0, 2), 1 << bit << 8 * byte);
            io_out(&p.b, GPE0, 2, 1 << bit << 8 * byte);
            CHECK_EQ(io_in(&p.b, GPE0, 2), 0);
        }
    }
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

/* 2432 bytes, as in streams of the reference (facts/migration). */
static void the_section_is_as_long_as_the_reference_s(void)
{
    struct saved s;

    begin();
    io_out(&p.b, GPE0 + 2, 2, 0x1234);
    s = bench_save(&p.b, "0000:00:01.3/piix4_pm");
    CHECK_EQ(s.fields[276 + 6 + 2 + 48 + 16 + 2], 0x12);
    CHECK(!memcmp(s.fields + 2432 - 24, "\x5\xepiix4_pm/memhp", 16));
    CHECK_EQ(s.fields[2432], 0x7e);
    wire_fini(&s.w);
    bench_reload(&p.b);
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(identity_and_values_at_power_on);
    TEST(registers_have_their_bits);
    TEST(a_reset_closes_the_ports_of_power_management_only);
    TEST(the_ports_that_there_are_are_decoded);
    TEST(pmba_places_the_block_and_pmiose_enables_it);
    TEST(the_sci_is_line_9);
    TEST(general_purpose_events_are_sixteen);
    TEST(the_apm_port_enables_and_disables_acpi_mode);
    TEST(an_apm_command_raises_smi_while_apmc_en_is_set);
    TEST(without_smm_firmware_finds_it_in_use);
    TEST(sleep_types_are_the_ich9_s);
    TEST(an_alarm_wakes_the_machine_that_enables_it);
    TEST(the_smbus_lies_where_smbba_says);
    TEST(the_smbus_has_fourteen_ports_of_a_byte);
    TEST(making_the_function_opens_neither_block);
    TEST(status_bits_that_came_with_a_stream_are_cleared_by_ones);
    TEST(the_section_is_as_long_as_the_reference_s);
    epoch_thread_fini();
    return test_end();
}
