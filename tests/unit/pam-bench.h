/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A test bench for the programmable attribute maps PAM0 to PAM6, which i440FX and Q35 have alike: RAM in front, and
 * behind it memory that decodes up to FFFFFh on PCI
 *
 * A segment's attribute, after the Intel 82441FX data sheet (3.2.18) and the 3 Series Express Chipset's (5.1.17 to
 * 5.1.23): 00: both to the bus; 01: reads from RAM, writes nowhere; 11: both to RAM. 10 (write only) goes to the bus,
 * as in the reference.
 */

#include "tests/unit/pci-bench.h"

enum { PAM_REGISTERS = 7, PAM_SEGMENTS = 13 };
enum { IN_RAM = 0x11, BEHIND = 0x77 };

/* The register, counted from PAM0, and the place of its nibble. */
static const struct pam_segment { uint8_t reg, shift; uint32_t first, last; } pam_segments[PAM_SEGMENTS] = {
    { 0, 4, 0xf0000, 0xfffff },
    { 1, 0, 0xc0000, 0xc3fff }, { 1, 4, 0xc4000, 0xc7fff }, { 2, 0, 0xc8000, 0xcbfff }, { 2, 4, 0xcc000, 0xcffff },
    { 3, 0, 0xd0000, 0xd3fff }, { 3, 4, 0xd4000, 0xd7fff }, { 4, 0, 0xd8000, 0xdbfff }, { 4, 4, 0xdc000, 0xdffff },
    { 5, 0, 0xe0000, 0xe3fff }, { 5, 4, 0xe4000, 0xe7fff }, { 6, 0, 0xe8000, 0xebfff }, { 6, 4, 0xec000, 0xeffff },
};

struct pam_chip {
    void (*init)(struct pci_bench *);
    unsigned pam0;                      /* where it has PAM0 */
    uint32_t behind;                    /* where memory on PCI begins */
};

static struct pam_chip chip;            /* the one under test */
static struct pci_bench p;
static struct ram_block *shadow;
static struct region behind;

static inline void pam_bench_init(void)
{
    chip.init(&p);
    shadow = ram_region_new(p.b.m, &behind, "test.behind", 0x100000 - chip.behind);
    region_map(p.b.m, &p.pci, chip.behind, &behind, 0);
}

static inline void pam_bench_fini(void)
{
    region_drop(p.b.m, &behind);
    pci_bench_fini(&p);
}

/* What RAM and what lies behind hold there. */
static inline void fill(uint32_t gpa)
{
    p.ram->host[gpa] = IN_RAM;
    shadow->host[gpa - chip.behind] = BEHIND;
}

static inline void segment_set(unsigned n, unsigned attribute)
{
    const struct pam_segment *s = &pam_segments[n];
    uint8_t others = pci_in(&p, 0, 0, chip.pam0 + s->reg, 1) & ~(0xf << s->shift);

    pci_out(&p, 0, 0, chip.pam0 + s->reg, 1, others | attribute << s->shift);
}

static inline void check_segment(unsigned n, unsigned attribute)
{
    static const uint8_t reads[4] = { BEHIND, IN_RAM, BEHIND, IN_RAM };
    uint32_t ends[2] = { pam_segments[n].first, pam_segments[n].last };

    for (unsigned i = 0; i < 2; i++) {
        fill(ends[i]);
        CHECK_EQ(mem_in(&p.b, ends[i], 1), reads[attribute]);
        mem_out(&p.b, ends[i], 1, 0x99);
        CHECK_EQ(p.ram->host[ends[i]], attribute == 3 ? 0x99 : IN_RAM);
        CHECK_EQ(shadow->host[ends[i] - chip.behind], attribute == 0 || attribute == 2 ? 0x99 : BEHIND);
    }
}

static inline void check_segments(unsigned attribute)
{
    for (unsigned n = 0; n < PAM_SEGMENTS; n++)
        check_segment(n, attribute);
}

/* 82441FX, 3.2.18: PAM0[7:4] is F0000h to FFFFFh; PAM1[3:0] C0000h to C3FFFh, PAM1[7:4] C4000h to C7FFFh ... PAM6[7:4]
 * EC000h to EFFFFh; RE in bits 0 and 4, WE in bits 1 and 5. Segments before the one that is looked at are RAM. */
static inline void each_pam_value_says_where_reads_and_writes_go(void)
{
    pam_bench_init();
    for (unsigned n = 0; n < PAM_SEGMENTS; n++)
        for (unsigned attribute = 0; attribute < 4; attribute++) {
            segment_set(n, attribute);
            check_segment(n, attribute);
        }
    pam_bench_fini();
}

static inline void a_segment_does_not_touch_its_neighbours(void)
{
    pam_bench_init();
    for (unsigned n = 0; n < PAM_SEGMENTS; n++) {
        for (unsigned attribute = 0; attribute < 4; attribute++) {
            segment_set(n, attribute);
            for (unsigned other = 0; other < PAM_SEGMENTS; other++)
                check_segment(other, other == n ? attribute : 0);
        }
        segment_set(n, 0);
    }
    pam_bench_fini();
}

/* At power-on every segment is the bus's.  A reset keeps the registers, as in the reference: firmware that finds itself
 * in RAM knows that it has run before, and may resume from sleep. */
static inline void a_reset_keeps_the_segments(void)
{
    pam_bench_init();
    check_segments(0);
    for (unsigned i = 0; i < PAM_REGISTERS; i++)
        pci_out(&p, 0, 0, chip.pam0 + i, 1, 0x33);
    machine_reset(p.b.m, false);
    for (unsigned i = 0; i < PAM_REGISTERS; i++)
        CHECK_EQ(pci_in(&p, 0, 0, chip.pam0 + i, 1), 0x33);
    check_segments(3);
    pam_bench_fini();
}

/* What both chips have to pass. */
static inline void test_pam(void)
{
    TEST(each_pam_value_says_where_reads_and_writes_go);
    TEST(a_segment_does_not_touch_its_neighbours);
    TEST(a_reset_keeps_the_segments);
}
