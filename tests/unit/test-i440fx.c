/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config-bits.h"
#include "tests/unit/pam-bench.h"

/*
 * i440FX after the Intel 82441FX data sheet: configuration mechanism (3.1), PAM0 to PAM6 (3.2.18), SMRAM (3.2.20)
 */

enum { PAM0 = I440FX_PAM0, D_OPEN = 0x40, G_SMRAME = 8, DRAMC = 0x57 };

static void identity(void)
{
    pam_bench_init();
    CHECK_EQ(pci_in(&p, 0, 0, PCI_VENDOR, 4), 0x12378086);
    CHECK_EQ(pci_in(&p, 0, 0, PCI_REVISION, 4), 0x06000002);
    CHECK_EQ(pci_in(&p, 0, 0, PCI_HEADER, 1), 0);
    CHECK_EQ(pci_in(&p, 0, 0, PCI_COMMAND, 4), 0);
    CHECK_EQ(pci_in(&p, 0, 0, I440FX_SMRAM, 1), 0x02);
    CHECK_STR(p.mch->bus_path, "0000:00:00.0");
    CHECK_STR(p.mch->bus->name, "pci.0");
    CHECK_EQ(pci_host(p.host)->cfg.pci_hole64_size, 2ull << 30);
    pam_bench_fini();
}

static void pam_registers_only_store_their_reserved_bits(void)
{
    pam_bench_init();
    for (unsigned i = 0; i < PAM_REGISTERS; i++) {
        pci_out(&p, 0, 0, PAM0 + i, 1, 0xcc);
        CHECK_EQ(pci_in(&p, 0, 0, PAM0 + i, 1), 0xcc);
    }
    check_segments(0);
    pam_bench_fini();
}

/* There are DRAMC, which counts rows (2 MiB are none), PAM and SMRAM. */
static void registers_have_their_bits(void)
{
    static const struct config_bits bits[] = {
        { DRAMC, 1, 0, 0xff }, { PAM0, 7, 0, 0xffffffffffffff }, { I440FX_SMRAM, 1, 2, 0xff },
    };

    pam_bench_init();
    config_bits_check(&p, 0, 0, bits, sizeof(bits) / sizeof(bits[0]));
    pam_bench_fini();
}

static void all_segments_change_with_two_doublewords(void)
{
    pam_bench_init();
    pci_out(&p, 0, 0, 0x58, 4, 0x33333000);
    pci_out(&p, 0, 0, 0x5c, 4, 0x33333333);
    check_segments(3);
    machine_reset(p.b.m, true);
    check_segments(0);
    pam_bench_fini();
}

static bool smram_is_ram(uint32_t gpa)
{
    fill(gpa);
    return mem_in(&p.b, gpa, 1) == IN_RAM;
}

/* 3.2.20: "G_SMRAME ... If set to a 1, then Compatible SMRAM functions are enabled, providing 128 KB of DRAM accessible
 * at the A0000h address while in SMM". */
static void g_smrame_shows_ram_to_processors_in_smm(void)
{
    struct address_space smm;
    uint64_t val;

    pam_bench_init();
    address_space_init(&smm, p.b.m, "smm", &p.b.m->smram, false);
    p.ram->host[0xa0000] = p.ram->host[0xbffff] = IN_RAM;
    CHECK_EQ(address_space_read(&smm, 0xa0000, 1, &val, NULL), MEM_DECODE_ERROR);
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, 0x0a);
    CHECK(!address_space_read(&smm, 0xa0000, 1, &val, NULL) && val == IN_RAM);
    CHECK(!address_space_read(&smm, 0xbffff, 1, &val, NULL) && val == IN_RAM);
    CHECK_EQ(address_space_read(&smm, 0xc0000, 1, &val, NULL), MEM_DECODE_ERROR);
    CHECK(!smram_is_ram(0xa0000));
    machine_reset(p.b.m, false);
    CHECK(!address_space_read(&smm, 0xa0000, 1, &val, NULL) && val == IN_RAM);
    machine_reset(p.b.m, true);
    CHECK_EQ(address_space_read(&smm, 0xa0000, 1, &val, NULL), MEM_DECODE_ERROR);
    address_space_fini(&smm);
    pam_bench_fini();
}

/* 3.2.20: with DOPEN "SMRAM space DRAM is made visible even when not in SMM"; otherwise the range is PCI's. */
static void smram_belongs_to_pci_unless_it_is_open(void)
{
    pam_bench_init();
    CHECK(!smram_is_ram(0xa0000) && !smram_is_ram(0xbffff));
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, D_OPEN | 2);
    CHECK(smram_is_ram(0xa0000) && smram_is_ram(0xbffff));
    mem_out(&p.b, 0x9ffff, 1, 1);
    CHECK_EQ(mem_in(&p.b, 0x9ffff, 1), 1);
    pci_out(&p, 0, 0, 0x70, 4, 0x00020000);
    CHECK(!smram_is_ram(0xa0000));
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, D_OPEN);
    machine_reset(p.b.m, false);
    CHECK(smram_is_ram(0xa0000));
    machine_reset(p.b.m, true);
    CHECK(!smram_is_ram(0xa0000));
    pam_bench_fini();
}

static uint8_t smm_in(struct address_space *smm, uint32_t gpa)
{
    uint64_t val = 0;

    address_space_read(smm, gpa, 1, &val, NULL);
    return val;
}

/* 3.2.20: with GSMRAME "128 KB of DRAM accessible at the A0000h address while in SMM", to nobody else. */
static void smram_is_rams_for_who_is_in_smm(void)
{
    struct address_space smm;

    pam_bench_init();
    address_space_init(&smm, p.b.m, "smm", &p.b.m->smram, false);
    fill(0xa0000);
    fill(0xbffff);
    CHECK_EQ(smm_in(&smm, 0xa0000), 0);
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, G_SMRAME | 2);
    CHECK_EQ(smm_in(&smm, 0xa0000), IN_RAM);
    CHECK_EQ(smm_in(&smm, 0xbffff), IN_RAM);
    CHECK_EQ(smm_in(&smm, 0x9ffff), 0);
    CHECK_EQ(smm_in(&smm, 0xc0000), 0);
    CHECK(!smram_is_ram(0xa0000));
    bench_reload(&p.b);
    CHECK_EQ(smm_in(&smm, 0xa0000), IN_RAM);
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, 2);
    CHECK_EQ(smm_in(&smm, 0xa0000), 0);
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, G_SMRAME | 2);
    machine_reset(p.b.m, false);
    CHECK_EQ(smm_in(&smm, 0xa0000), IN_RAM);
    machine_reset(p.b.m, true);
    CHECK_EQ(smm_in(&smm, 0xa0000), 0);
    address_space_fini(&smm);
    pam_bench_fini();
}

/* What firmware reads of the size of RAM: a row for each 8 MiB, FFh at most. */
static void a_register_counts_rows_of_8_mib(void)
{
    static const struct { uint64_t bytes; uint8_t rows; } want[] = {
        { 64ull << 20, 8 }, { 512ull << 20, 0x40 }, { 1600ull << 20, 0xc8 }, { 2032ull << 20, 0xfe },
        { 2047ull << 20, 0xff }, { 4ull << 30, 0xff },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct device *dev;

        pam_bench_init();
        pci_host_set_memory(p.host, &(struct pci_host_memory){ &p.b.m->memory, &p.low, &p.pci, want[i].bytes });
        dev = device_new(p.b.m, device_type_find("i440FX"));
        i440fx_set_host(dev, p.host);
        CHECK(!device_set(dev, "addr", "2", NULL) && !device_realize(dev, NULL, NULL, NULL));
        CHECK_EQ(pci_in(&p, 2, 0, DRAMC, 1), want[i].rows);
        pam_bench_fini();
    }
}

static void what_is_saved_comes_back_with_its_windows(void)
{
    struct saved s;

    pam_bench_init();
    pci_out(&p, 0, 0, PAM0 + 3, 1, 0x31);
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, D_OPEN);
    s = bench_save(&p.b, "0000:00:00.0/I440FX");
    CHECK_EQ(s.fields[-1], 3);                          /* section version */
    CHECK_EQ(s.fields[277], 0x7e);                      /* PCIDevice and an unused byte */
    wire_fini(&s.w);
    bench_reload(&p.b);
    check_segment(5, 1);
    check_segment(6, 3);
    CHECK(smram_is_ram(0xa0000));
    pam_bench_fini();
}

/* 3.1: CONFADD is a doubleword register, CONFDATA is what it names; there is no enhanced window. */
static void configuration_goes_through_cf8_and_cfc(void)
{
    pam_bench_init();
    CHECK_EQ(conf_in(&p, pci_address(0, 0, 0, 0), 0, 4), 0x12378086);
    CHECK_EQ(conf_in(&p, pci_address(0, 0, 0, 0) & ~(1u << 31), 0, 4), UINT32_MAX);
    CHECK_EQ(conf_in(&p, pci_address(0, 1, 0, 0), 0, 4), UINT32_MAX);
    CHECK_EQ(conf_in(&p, pci_address(1, 0, 0, 0), 0, 4), UINT32_MAX);
    CHECK_EQ(pci_in(&p, 0, 0, 3, 1), 0x12);
    pam_bench_fini();
}

int main(void)
{
    epoch_thread_init();
    chip = (struct pam_chip){ pci_bench_init_i440fx, PAM0, 0xa0000 };
    TEST(identity);
    test_pam();
    TEST(pam_registers_only_store_their_reserved_bits);
    TEST(registers_have_their_bits);
    TEST(all_segments_change_with_two_doublewords);
    TEST(g_smrame_shows_ram_to_processors_in_smm);
    TEST(smram_belongs_to_pci_unless_it_is_open);
    TEST(smram_is_rams_for_who_is_in_smm);
    TEST(a_register_counts_rows_of_8_mib);
    TEST(what_is_saved_comes_back_with_its_windows);
    TEST(configuration_goes_through_cf8_and_cfc);
    epoch_thread_fini();
    return test_end();
}
