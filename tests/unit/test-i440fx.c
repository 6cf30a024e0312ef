/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * i440FX after the Intel 82441FX data sheet: configuration mechanism (3.1), PAM0 to PAM6 (3.2.18), SMRAM (3.2.20)
 */

enum { PAM0 = I440FX_PAM0, SEGMENTS = 13, D_OPEN = 0x40, G_SMRAME = 8, DRAMC = 0x57 };
enum { IN_RAM = 0x11, BEHIND = 0x77 };

static struct pci_bench p;
/* Memory that decodes A0000h to FFFFFh on PCI. */
static struct ram_block *shadow;
static struct region behind;

static void begin(void)
{
    pci_bench_init_i440fx(&p);
    CHECK(!machine_ram_new(p.b.m, &(struct ram_config){ .name = "test.behind", .size = 0x60000 }, &shadow, NULL));
    region_init_ram(&behind, "test.behind", shadow, 0, 0x60000);
    map_begin(&p.b.m->map);
    region_add(&p.pci, 0xa0000, &behind, 0);
    map_end(&p.b.m->map);
}

static void end(void)
{
    region_drop(p.b.m, &behind);
    pci_bench_fini(&p);
}

static void fill(uint32_t gpa)
{
    ((uint8_t *)p.ram->host)[gpa] = IN_RAM;
    ((uint8_t *)shadow->host)[gpa - 0xa0000] = BEHIND;
}

static void identity(void)
{
    begin();
    CHECK_EQ(pci_in(&p, 0, 0, PCI_VENDOR, 4), 0x12378086);
    CHECK_EQ(pci_in(&p, 0, 0, PCI_REVISION, 4), 0x06000002);
    CHECK_EQ(pci_in(&p, 0, 0, PCI_HEADER, 1), 0);
    CHECK_EQ(pci_in(&p, 0, 0, PCI_COMMAND, 4), 0);
    CHECK_EQ(pci_in(&p, 0, 0, I440FX_SMRAM, 1), 0x02);
    CHECK_STR(p.mch->bus_path, "0000:00:00.0");
    CHECK_STR(p.mch->bus->name, "pci.0");
    CHECK_EQ(pci_host(p.host)->cfg.pci_hole64_size, 2ull << 30);
    end();
}

static uint32_t segment_base(unsigned n)
{
    return n ? 0xc0000 + (n - 1) * 0x4000 : 0xf0000;
}

static uint32_t segment_size(unsigned n)
{
    return n ? 0x4000 : 0x10000;
}

static void check_segment(unsigned n, unsigned attribute)
{
    static const uint8_t reads[4] = { BEHIND, IN_RAM, BEHIND, IN_RAM };
    uint32_t ends[2] = { segment_base(n), segment_base(n) + segment_size(n) - 1 };

    for (unsigned i = 0; i < 2; i++) {
        uint8_t *ram = (uint8_t *)p.ram->host + ends[i], *bytes = (uint8_t *)shadow->host + ends[i] - 0xa0000;

        fill(ends[i]);
        CHECK_EQ(mem_in(&p.b, ends[i], 1), reads[attribute]);
        mem_out(&p.b, ends[i], 1, 0x99);
        CHECK_EQ(*ram, attribute == 3 ? 0x99 : IN_RAM);
        CHECK_EQ(*bytes, attribute == 0 || attribute == 2 ? 0x99 : BEHIND);
    }
}

/* 3.2.18: PAM0[7:4] is F0000h to FFFFFh; PAM1[3:0] C0000h to C3FFFh, PAM1[7:4] C4000h to C7FFFh ... PAM6[7:4]
 * EC000h to EFFFFh; RE in bits 0 and 4, WE in bits 1 and 5. */
static void each_pam_value_says_where_reads_and_writes_go(void)
{
    begin();
    for (unsigned n = 0; n < SEGMENTS; n++)
        for (unsigned attribute = 0; attribute < 4; attribute++) {
            bool high = !n || !(n & 1);

            pci_out(&p, 0, 0, PAM0 + (n + 1) / 2, 1, attribute << (high ? 4 : 0));
            for (unsigned other = 0; other < SEGMENTS; other++)
                if ((other + 1) / 2 != (n + 1) / 2)
                    check_segment(other, 0);
            check_segment(n, attribute);
            pci_out(&p, 0, 0, PAM0 + (n + 1) / 2, 1, 0);
        }
    end();
}

static void pam_registers_only_store_their_reserved_bits(void)
{
    begin();
    for (unsigned i = 0; i < 7; i++) {
        pci_out(&p, 0, 0, PAM0 + i, 1, 0xcc);
        CHECK_EQ(pci_in(&p, 0, 0, PAM0 + i, 1), 0xcc);
    }
    for (unsigned n = 0; n < SEGMENTS; n++)
        check_segment(n, 0);
    end();
}

static void all_segments_change_with_two_doublewords(void)
{
    begin();
    pci_out(&p, 0, 0, 0x58, 4, 0x33333000);
    pci_out(&p, 0, 0, 0x5c, 4, 0x33333333);
    for (unsigned n = 0; n < SEGMENTS; n++)
        check_segment(n, 3);
    machine_reset(p.b.m, false);
    for (unsigned n = 0; n < SEGMENTS; n++)
        check_segment(n, 0);
    end();
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

    begin();
    address_space_init(&smm, p.b.m, "smm", &p.b.m->smram, false);
    p.ram->host[0xa0000] = p.ram->host[0xbffff] = IN_RAM;
    CHECK_EQ(address_space_read(&smm, 0xa0000, 1, &val, NULL), MEM_DECODE_ERROR);
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, 0x0a);
    CHECK(!address_space_read(&smm, 0xa0000, 1, &val, NULL) && val == IN_RAM);
    CHECK(!address_space_read(&smm, 0xbffff, 1, &val, NULL) && val == IN_RAM);
    CHECK_EQ(address_space_read(&smm, 0xc0000, 1, &val, NULL), MEM_DECODE_ERROR);
    CHECK(!smram_is_ram(0xa0000));
    machine_reset(p.b.m, false);
    CHECK_EQ(address_space_read(&smm, 0xa0000, 1, &val, NULL), MEM_DECODE_ERROR);
    address_space_fini(&smm);
    end();
}

/* 3.2.20: with DOPEN "SMRAM space DRAM is made visible even when not in SMM"; otherwise the range is PCI's. */
static void smram_belongs_to_pci_unless_it_is_open(void)
{
    begin();
    CHECK(!smram_is_ram(0xa0000) && !smram_is_ram(0xbffff));
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, D_OPEN | 2);
    CHECK(smram_is_ram(0xa0000) && smram_is_ram(0xbffff));
    mem_out(&p.b, 0x9ffff, 1, 1);
    CHECK_EQ(mem_in(&p.b, 0x9ffff, 1), 1);
    pci_out(&p, 0, 0, 0x70, 4, 0x00020000);
    CHECK(!smram_is_ram(0xa0000));
    pci_out(&p, 0, 0, I440FX_SMRAM, 1, D_OPEN);
    machine_reset(p.b.m, false);
    CHECK(!smram_is_ram(0xa0000));
    end();
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

    begin();
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
    CHECK_EQ(smm_in(&smm, 0xa0000), 0);
    address_space_fini(&smm);
    end();
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

        begin();
        pci_host_set_memory(p.host, &(struct pci_host_memory){ &p.b.m->memory, &p.low, &p.pci, want[i].bytes });
        dev = device_new(p.b.m, device_type_find("i440FX"));
        i440fx_set_host(dev, p.host);
        CHECK(!device_set(dev, "addr", "2", NULL) && !device_realize(dev, NULL, NULL, NULL));
        CHECK_EQ(pci_in(&p, 2, 0, DRAMC, 1), want[i].rows);
        end();
    }
}

static void what_is_saved_comes_back_with_its_windows(void)
{
    struct saved s;

    begin();
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
    end();
}

/* 3.1: CONFADD is a doubleword register, CONFDATA is what it names; there is no enhanced window. */
static void configuration_goes_through_cf8_and_cfc(void)
{
    begin();
    CHECK_EQ(conf_in(&p, pci_address(0, 0, 0, 0), 0, 4), 0x12378086);
    CHECK_EQ(conf_in(&p, pci_address(0, 0, 0, 0) & ~(1u << 31), 0, 4), UINT32_MAX);
    CHECK_EQ(conf_in(&p, pci_address(0, 1, 0, 0), 0, 4), UINT32_MAX);
    CHECK_EQ(conf_in(&p, pci_address(1, 0, 0, 0), 0, 4), UINT32_MAX);
    CHECK_EQ(pci_in(&p, 0, 0, 3, 1), 0x12);
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(identity);
    TEST(each_pam_value_says_where_reads_and_writes_go);
    TEST(pam_registers_only_store_their_reserved_bits);
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
