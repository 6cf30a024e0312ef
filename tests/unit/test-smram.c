/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * SMRAM of the Q35 memory controller hub after the Intel 3 Series Express Chipset data sheet, 5.1.25 and 5.1.26, and
 * what the reference adds to it: the extended TSEG and SMRAM at the default SMBASE
 */

#include "core/dma.h"

enum { SMRAM = 0x9d, ESMRAMC = 0x9e, F_SMBASE = 0x9c, EXT_TSEG = 0x50 };
enum { D_OPEN = 0x40, D_CLS = 0x20, D_LCK = 0x10, G_SMRAME = 0x08, C_BASE_SEG = 0x02 };
enum { H_SMRAME = 0x80, CACHE_BITS = 0x38, T_EN = 1, TSEG_1 = 0, TSEG_2 = 2, TSEG_8 = 4, TSEG_EXT = 6 };
enum { MIB = 1 << 20, LOW = 32 * MIB, VGA = 0x11, RAM = 0x5a };
#define HIGH 0xfeda0000u

static struct pci_bench p;
static struct ram_block *low, *vga;
static struct region low_region, vga_region;
static struct address_space smm;

/* So much RAM, of which 32 MiB are full of 5Ah, below a bridge of its own, PCI's memory at A0000h full of 11h; `smm` is
 * SMRAM alone. */
static void begin_sized(uint64_t bytes, const char *prop, const char *value)
{
    struct machine *m;

    memset(&p, 0, sizeof(p));
    bench_init(&p.b, 0);
    m = p.b.m;
    region_init(&p.pci, "pci", REGION_CONTAINER, UINT64_MAX);
    low = ram_region_new(m, &low_region, "pc.ram", bytes);
    vga = ram_region_new(m, &vga_region, "vga", 0x20000);
    memset(low->host, RAM, LOW);
    memset(vga->host, VGA, 0x20000);
    region_map(m, &m->memory, 0, &p.pci, -1);
    region_map(m, &m->memory, 0, &low_region, 0);
    region_map(m, &p.pci, 0xa0000, &vga_region, 0);
    p.host = device_new(m, device_type_find("q35-pcihost"));
    pci_host_set_memory(p.host, &(struct pci_host_memory){ &m->memory, &low_region, &p.pci, bytes });
    CHECK(!device_realize(p.host, NULL, NULL, NULL));
    p.mch = device_new(m, device_type_find("mch"));
    mch_set_host(p.mch, p.host);
    CHECK(!device_set(p.mch, "addr", "0.0", NULL) && (!prop || !device_set(p.mch, prop, value, NULL)));
    CHECK(!device_realize(p.mch, NULL, NULL, NULL));
    address_space_init(&smm, m, "smm", &m->smram, false);
}

static void begin_with(const char *prop, const char *value)
{
    begin_sized(LOW, prop, value);
}

static void begin(void)
{
    begin_with(NULL, NULL);
}

static void end(void)
{
    struct list_node *devices = &p.b.m->devices;

    address_space_fini(&smm);
    while (!list_empty(devices))
        device_free(list_entry(devices->prev, struct device, in_machine));
    region_drop(p.b.m, &vga_region);
    region_drop(p.b.m, &low_region);
    region_drop(p.b.m, &p.pci);
    bench_fini(&p.b);
}

static uint8_t get(unsigned at)
{
    return pci_in(&p, 0, 0, at, 1);
}

static void set(unsigned at, uint8_t val)
{
    pci_out(&p, 0, 0, at, 1, val);
}

/* Outside of SMM. */
static uint8_t out_of_smm(uint64_t at)
{
    return mem_in(&p.b, at, 1);
}

/* In SMM; 0 where SMRAM shows nothing. */
static uint8_t in_smm(uint64_t at)
{
    uint64_t val = 0;

    address_space_read(&smm, at, 1, &val, NULL);
    return val;
}

static void reset_values(void)
{
    begin();
    CHECK_EQ(get(SMRAM), C_BASE_SEG);
    CHECK_EQ(get(ESMRAMC), CACHE_BITS);
    CHECK_EQ(get(F_SMBASE), 0);
    CHECK_EQ(pci_in(&p, 0, 0, EXT_TSEG, 2), 16);
    CHECK_EQ(out_of_smm(0xa0000), VGA);
    CHECK_EQ(in_smm(0xa0000), 0);
    end();
}

static void only_the_bits_of_the_data_sheet_can_be_written(void)
{
    begin();
    set(SMRAM, 0xff & ~D_LCK);
    CHECK_EQ(get(SMRAM), D_OPEN | D_CLS | G_SMRAME | C_BASE_SEG);
    set(SMRAM, 0);
    CHECK_EQ(get(SMRAM), C_BASE_SEG);
    set(ESMRAMC, 0xff);
    CHECK_EQ(get(ESMRAMC), H_SMRAME | CACHE_BITS | TSEG_EXT | T_EN);
    set(ESMRAMC, 0);
    CHECK_EQ(get(ESMRAMC), CACHE_BITS);
    end();
}

/* "Compatible SMRAM functions are enabled, providing 128 KB of DRAM accessible at the A0000h address while in SMM." */
static void g_smrame_shows_the_segment_to_smm_alone(void)
{
    begin();
    set(SMRAM, G_SMRAME);
    CHECK_EQ(in_smm(0xa0000), RAM);
    CHECK_EQ(in_smm(0xbffff), RAM);
    CHECK_EQ(in_smm(0x9ffff), 0);
    CHECK_EQ(in_smm(0xc0000), 0);
    CHECK_EQ(out_of_smm(0xa0000), VGA);
    CHECK_EQ(out_of_smm(0xbffff), VGA);
    end();
}

static void d_open_shows_it_to_all(void)
{
    begin();
    set(SMRAM, D_OPEN);
    CHECK_EQ(out_of_smm(0xa0000), RAM);
    mem_out(&p.b, 0xa8000, 1, 0x77);
    set(SMRAM, G_SMRAME);
    CHECK_EQ(out_of_smm(0xa8000), VGA);
    CHECK_EQ(in_smm(0xa8000), 0x77);
    end();
}

/* "SMRAM accesses within the range 0FEDA0000h to 0FEDBFFFFh are remapped to DRAM addresses within the range 000A0000h
 * to 000BFFFFh." */
static void h_smrame_moves_the_segment_up(void)
{
    begin();
    low->host[0xa1234] = 0x77;
    set(ESMRAMC, H_SMRAME);
    CHECK_EQ(in_smm(HIGH + 0x1234), 0);                 /* not without G_SMRAME */
    set(SMRAM, G_SMRAME);
    CHECK_EQ(in_smm(HIGH + 0x1234), 0x77);
    CHECK_EQ(in_smm(HIGH + 0x20000), 0);
    CHECK_EQ(in_smm(0xa1234), 0);
    CHECK_EQ(out_of_smm(HIGH + 0x1234), 0);
    set(SMRAM, G_SMRAME | D_OPEN);
    CHECK_EQ(out_of_smm(HIGH + 0x1234), 0x77);
    CHECK_EQ(out_of_smm(0xa1234), VGA);
    end();
}

static void tseg_of(uint8_t bits, unsigned mib)
{
    set(ESMRAMC, bits | T_EN);
    CHECK_EQ(out_of_smm(LOW - mib * MIB - 1), RAM);
    CHECK_EQ(in_smm(LOW - mib * MIB - 1), 0);
    CHECK_EQ(out_of_smm(LOW - mib * MIB), 0xff);
    CHECK_EQ(mem_in(&p.b, LOW - 8, 8), UINT64_MAX);
    CHECK_EQ(in_smm(LOW - mib * MIB), RAM);
    CHECK_EQ(in_smm(LOW - 1), RAM);
    CHECK_EQ(in_smm(LOW), 0);
}

/* TSEG_SZ: "00 = 1-MB TSEG, 01 = 2-MB, 10 = 8-MB"; 11 is reserved there, and the extended TSEG's here. */
static void tseg_is_at_the_top_of_low_memory(void)
{
    begin();
    set(SMRAM, G_SMRAME);
    tseg_of(TSEG_1, 1);
    tseg_of(TSEG_2, 2);
    tseg_of(TSEG_8, 8);
    tseg_of(TSEG_EXT, 16);
    set(ESMRAMC, TSEG_1);
    CHECK_EQ(out_of_smm(LOW - 1), RAM);
    CHECK_EQ(in_smm(LOW - 1), 0);
    end();
}

/* "When G_SMRAME = 1 and TSEG_EN = 1, the TSEG is enabled to appear." */
static void tseg_needs_g_smrame_too(void)
{
    begin();
    set(ESMRAMC, T_EN);
    CHECK_EQ(out_of_smm(LOW - 1), RAM);
    CHECK_EQ(in_smm(LOW - 1), 0);
    set(SMRAM, G_SMRAME);
    CHECK_EQ(out_of_smm(LOW - 1), 0xff);
    end();
}

static void writes_from_outside_vanish(void)
{
    begin();
    set(SMRAM, G_SMRAME);
    set(ESMRAMC, T_EN);
    mem_out(&p.b, LOW - 8, 8, 0);
    CHECK_EQ(low->host[LOW - 8], RAM);
    CHECK_EQ(dma_write(&p.b.m->memory_as, LOW - 8, "x", 1), MEM_REFUSED);
    CHECK_EQ(dma_write(&p.b.m->memory_as, LOW - MIB - 1, "xy", 2), MEM_REFUSED);
    CHECK_EQ(low->host[LOW - MIB], RAM);
    end();
}

/* Whatever the width of an access, there are no holes in what is closed. */
static void reads_from_outside_are_ones(void)
{
    begin();
    set(SMRAM, G_SMRAME);
    set(ESMRAMC, T_EN);
    CHECK_EQ(mem_in(&p.b, LOW - 8, 1), 0xff);
    CHECK_EQ(mem_in(&p.b, LOW - 7, 2), 0xffff);
    CHECK_EQ(mem_in(&p.b, LOW - 8, 4), UINT32_MAX);
    CHECK_EQ(mem_in(&p.b, LOW - 8, 8), UINT64_MAX);
    end();
}

static void a_tseg_may_be_all_of_low_memory(void)
{
    begin_with("extended-tseg-mbytes", "32");
    set(SMRAM, G_SMRAME);
    set(ESMRAMC, TSEG_EXT | T_EN);
    CHECK_EQ(out_of_smm(0), 0xff);
    CHECK_EQ(out_of_smm(LOW - 1), 0xff);
    CHECK_EQ(in_smm(0), RAM);
    CHECK_EQ(in_smm(LOW - 1), RAM);
    end();
}

/* Every byte of the largest one is closed, or SMM's code could be changed from outside. */
static void the_largest_tseg_is_closed_from_its_first_byte_on(void)
{
    const uint64_t bytes = 4095ull * MIB;

    begin_sized(bytes, "extended-tseg-mbytes", "4095");
    low->host[bytes - 1] = RAM;
    set(SMRAM, G_SMRAME);
    set(ESMRAMC, TSEG_EXT | T_EN);
    for (uint64_t at = 0; at < bytes; at += 65 * MIB) {
        low->host[at] = RAM;
        CHECK_EQ(out_of_smm(at), 0xff);
        CHECK_EQ(in_smm(at), RAM);
        mem_out(&p.b, at, 1, 0x77);
        CHECK_EQ(low->host[at], RAM);
    }
    CHECK_EQ(out_of_smm(bytes - 1), 0xff);
    CHECK_EQ(in_smm(bytes - 1), RAM);
    end();
}

static void the_size_of_the_extended_tseg_is_told_when_asked(void)
{
    begin_with("extended-tseg-mbytes", "20");
    CHECK_EQ(pci_in(&p, 0, 0, EXT_TSEG, 2), 20);
    pci_out(&p, 0, 0, EXT_TSEG + 2, 1, 0x5a);
    pci_out(&p, 0, 0, EXT_TSEG, 2, 0x1234);
    CHECK_EQ(pci_in(&p, 0, 0, EXT_TSEG, 2), 0x1234);
    pci_out(&p, 0, 0, EXT_TSEG, 2, 0xffff);
    CHECK_EQ(pci_in(&p, 0, 0, EXT_TSEG, 2), 20);
    CHECK_EQ(pci_in(&p, 0, 0, EXT_TSEG + 2, 1), 0x5a);  /* the next register is not the answer's */
    set(SMRAM, G_SMRAME);
    tseg_of(TSEG_EXT, 20);
    end();
}

static void without_an_extended_tseg_the_question_has_no_answer(void)
{
    begin_with("extended-tseg-mbytes", "0");
    CHECK_EQ(pci_in(&p, 0, 0, EXT_TSEG, 2), 0);
    pci_out(&p, 0, 0, EXT_TSEG, 2, 0xffff);
    CHECK_EQ(pci_in(&p, 0, 0, EXT_TSEG, 2), 0xffff);
    set(SMRAM, G_SMRAME);
    set(ESMRAMC, TSEG_EXT | T_EN);
    CHECK_EQ(out_of_smm(LOW - 1), RAM);
    end();
}

static void a_tseg_that_is_larger_than_low_memory_is_not_there(void)
{
    begin_with("extended-tseg-mbytes", "33");
    set(SMRAM, G_SMRAME);
    set(ESMRAMC, TSEG_EXT | T_EN);
    CHECK_EQ(out_of_smm(LOW - 1), RAM);
    CHECK_EQ(in_smm(LOW - 1), 0);
    tseg_of(TSEG_8, 8);
    end();
}

/* "When D_LCK is set to 1 then D_OPEN is reset to 0 and D_LCK, D_OPEN, C_BASE_SEG, H_SMRAM_EN, TSEG_SZ and TSEG_EN
 * become read only. ... can only be cleared by a Full Reset." */
static void d_lck_holds_until_reset(void)
{
    begin();
    set(ESMRAMC, TSEG_2 | T_EN);
    set(SMRAM, D_OPEN | D_LCK | G_SMRAME);
    CHECK_EQ(get(SMRAM), D_LCK | G_SMRAME | C_BASE_SEG);
    CHECK_EQ(out_of_smm(0xa0000), VGA);
    pci_out(&p, 0, 0, 0x9c, 4, 0);
    pci_out(&p, 0, 0, 0x9c, 4, UINT32_MAX);
    CHECK_EQ(get(SMRAM), D_CLS | D_LCK | G_SMRAME | C_BASE_SEG);
    CHECK_EQ(get(ESMRAMC), CACHE_BITS | TSEG_2 | T_EN);
    CHECK_EQ(out_of_smm(0xa0000), VGA);
    CHECK_EQ(out_of_smm(LOW - 2 * MIB), 0xff);
    machine_reset(p.b.m, false);
    CHECK_EQ(get(SMRAM), C_BASE_SEG);
    CHECK_EQ(out_of_smm(LOW - 2 * MIB), RAM);
    set(SMRAM, D_OPEN);
    CHECK_EQ(out_of_smm(0xa0000), RAM);
    end();
}

static void a_lock_survives_a_load(void)
{
    begin();
    set(ESMRAMC, T_EN);
    set(SMRAM, D_LCK | G_SMRAME);
    set(F_SMBASE, 0xff);
    set(F_SMBASE, 2);
    bench_reload(&p.b);
    set(SMRAM, D_OPEN);
    set(ESMRAMC, 0);
    set(F_SMBASE, 0);
    CHECK_EQ(get(SMRAM), D_LCK | G_SMRAME | C_BASE_SEG);
    CHECK_EQ(get(ESMRAMC), CACHE_BITS | T_EN);
    CHECK_EQ(get(F_SMBASE), 2);
    CHECK_EQ(out_of_smm(LOW - 1), 0xff);
    CHECK_EQ(in_smm(LOW - 1), RAM);
    end();
}

/* Steps as the reference has them: FFh asks, then 2 closes it for good. */
static void smram_at_the_default_smbase_is_asked_for_then_locked(void)
{
    begin();
    for (unsigned v = 0; v < 0xff; v++) {
        set(F_SMBASE, v);
        CHECK_EQ(get(F_SMBASE), 0);
    }
    set(F_SMBASE, 0xff);
    CHECK_EQ(get(F_SMBASE), 1);
    set(F_SMBASE, 0);
    CHECK_EQ(get(F_SMBASE), 1);
    CHECK_EQ(out_of_smm(0x30000), RAM);
    CHECK_EQ(in_smm(0x30000), 0);
    set(F_SMBASE, 2);
    CHECK_EQ(get(F_SMBASE), 2);
    CHECK_EQ(out_of_smm(0x2ffff), RAM);
    CHECK_EQ(out_of_smm(0x30000), 0xff);
    CHECK_EQ(out_of_smm(0x4ffff), 0xff);
    CHECK_EQ(out_of_smm(0x50000), RAM);
    CHECK_EQ(in_smm(0x30000), RAM);
    set(F_SMBASE, 0xff);
    CHECK_EQ(get(F_SMBASE), 2);
    machine_reset(p.b.m, false);
    CHECK_EQ(get(F_SMBASE), 0);
    CHECK_EQ(out_of_smm(0x30000), RAM);
    end();
}

static void switched_off_the_register_is_scratch(void)
{
    begin_with("smbase-smram", "off");
    set(F_SMBASE, 0xff);
    CHECK_EQ(get(F_SMBASE), 0xff);
    set(F_SMBASE, 2);
    CHECK_EQ(get(F_SMBASE), 2);
    CHECK_EQ(out_of_smm(0x30000), RAM);
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(reset_values);
    TEST(only_the_bits_of_the_data_sheet_can_be_written);
    TEST(g_smrame_shows_the_segment_to_smm_alone);
    TEST(d_open_shows_it_to_all);
    TEST(h_smrame_moves_the_segment_up);
    TEST(tseg_is_at_the_top_of_low_memory);
    TEST(tseg_needs_g_smrame_too);
    TEST(writes_from_outside_vanish);
    TEST(reads_from_outside_are_ones);
    TEST(a_tseg_may_be_all_of_low_memory);
    TEST(the_largest_tseg_is_closed_from_its_first_byte_on);
    TEST(the_size_of_the_extended_tseg_is_told_when_asked);
    TEST(without_an_extended_tseg_the_question_has_no_answer);
    TEST(a_tseg_that_is_larger_than_low_memory_is_not_there);
    TEST(d_lck_holds_until_reset);
    TEST(a_lock_survives_a_load);
    TEST(smram_at_the_default_smbase_is_asked_for_then_locked);
    TEST(switched_off_the_register_is_scratch);
    epoch_thread_fini();
    return test_end();
}
