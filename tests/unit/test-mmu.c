/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sys-bench.h"

#include <pthread.h>

/*
 * Paging against SDM volume 3, chapter 4, and the TLB's rules
 */

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80, G = 0x100, PAGE = 0x300000 };
#define NX (1ull << 63)

static uint64_t pte_at(uint64_t lin)
{
    return PT_AT + 8 * (lin >> 12);
}

/* The sentences of SDM 4.6.1, one by one. */
static bool sdm_allows(bool user, enum walk_access access, bool u, bool w, bool nx, bool wp, bool smep, bool smap,
                       bool ac)
{
    if (!user) {
        if (access == WALK_READ)
            return !u || !smap || ac;
        if (access == WALK_WRITE && !u)
            return !wp || w;
        if (access == WALK_WRITE)
            return (!smap || ac) && (!wp || w);
        return u ? !smep && !nx : !nx;
    }
    if (!u)
        return false;
    return access == WALK_READ ? true : access == WALK_WRITE ? w : !nx;
}

static void sdm_4_6_1_access_rights_matrix(void)
{
    struct env *e = bench_long();

    for (unsigned bits = 0; bits < 1u << 12; bits++) {
        bool u = bits & 1, w = bits & 2, nx = bits & 4, wp = bits & 8, smep = bits & 16, smap = bits & 32;
        bool ac = bits & 64;
        bool user = bits & 128, present = bits & 256, nxe = bits & 512;
        enum walk_access access = bits >> 10;
        struct walk k;
        bool ok;
        int want;

        if (access > WALK_EXEC || (ac && user) || (nx && !nxe))
            continue;
        ram_put(pte_at(PAGE), 8, PAGE | (present ? P : 0) | (w ? W : 0) | (u ? U : 0) | (nx ? NX : 0));
        e->x.cr0 = CR0_PE | CR0_PG | (wp ? CR0_WP : 0);
        e->x.cr4 = CR4_PAE | (smep ? CR4_SMEP : 0) | (smap ? CR4_SMAP : 0);
        e->x.efer = EFER_LME | EFER_LMA | (nxe ? EFER_NXE : 0);
        ok = walk(e, PAGE + 5, access, user ? MMU_USER : smap && !ac ? MMU_SUPER_SMAP : MMU_SUPER, true, &k);
        CHECK_EQ(ok, present && sdm_allows(user, access, u, w, nx, wp, smep, smap, ac));
        if (ok) {
            CHECK_EQ(k.gpa, PAGE);
            continue;
        }
        want = (present ? PF_P : 0) | (access == WALK_WRITE ? PF_W : 0) | (user ? PF_U : 0) |
               (access == WALK_EXEC && (nxe || smep) ? PF_I : 0);
        CHECK_EQ(k.error, want);
    }
}

static void sdm_4_6_rights_are_those_of_every_level(void)
{
    static const uint64_t entry[4] = { PML4_AT, PDPT_AT, PD_AT + 8, 0 };
    struct env *e = bench_long();
    struct walk k;

    for (unsigned n = 0; n < 4; n++) {
        uint64_t at = n == 3 ? pte_at(PAGE) : entry[n], old = ram_get(at, 8);

        ram_put(at, 8, old & ~(uint64_t)W);
        CHECK(!walk(e, PAGE, WALK_WRITE, MMU_USER, true, &k));
        ram_put(at, 8, old & ~(uint64_t)U);
        CHECK(!walk(e, PAGE, WALK_READ, MMU_USER, true, &k));
        ram_put(at, 8, old | NX);
        CHECK(!walk(e, PAGE, WALK_EXEC, MMU_SUPER, true, &k));
        CHECK_EQ(k.error, PF_P | PF_I);
        ram_put(at, 8, old & ~(uint64_t)P);
        CHECK(!walk(e, PAGE, WALK_READ, MMU_SUPER, true, &k));
        CHECK_EQ(k.error, 0);
        ram_put(at, 8, old);
        CHECK(walk(e, PAGE, WALK_WRITE, MMU_USER, true, &k));
    }
}

static void sdm_4_8_accessed_at_all_levels_dirty_at_the_last(void)
{
    static const uint64_t upper[3] = { PML4_AT, PDPT_AT, PD_AT + 8 };
    struct env *e = bench_long();
    struct walk k;

    ram_put(pte_at(PAGE), 8, PAGE | P | U);
    CHECK(!walk(e, PAGE, WALK_WRITE, MMU_USER, true, &k));
    for (unsigned n = 0; n < 3; n++)
        CHECK(!(ram_get(upper[n], 8) & A));
    CHECK_EQ(ram_get(pte_at(PAGE), 8), PAGE | P | U);
    CHECK(walk(e, PAGE, WALK_READ, MMU_USER, false, &k));
    CHECK_EQ(ram_get(pte_at(PAGE), 8), PAGE | P | U);
    CHECK(walk(e, PAGE, WALK_READ, MMU_USER, true, &k));
    for (unsigned n = 0; n < 3; n++)
        CHECK_EQ(ram_get(upper[n], 8) & (A | D), A);
    CHECK_EQ(ram_get(pte_at(PAGE), 8), PAGE | P | U | A);
    ram_put(pte_at(PAGE), 8, PAGE | P | U | W);
    CHECK(walk(e, PAGE, WALK_WRITE, MMU_USER, true, &k));
    CHECK_EQ(ram_get(pte_at(PAGE), 8), PAGE | P | U | W | A | D);
    CHECK_EQ(ram_get(upper[2], 8) & D, 0);
}

static void sdm_table_4_14_large_pages(void)
{
    struct env *e = bench_long();
    struct walk k;

    ram_put(PD_AT + 8 * 20, 8, 0xa00000 | P | W | PS);
    CHECK(walk(e, 20 * 0x200000ull + 0x12345, WALK_WRITE, MMU_SUPER, true, &k));
    CHECK_EQ(k.gpa, 0xa12000);
    CHECK_EQ(k.shift, 21);
    CHECK_EQ(ram_get(PD_AT + 8 * 20, 8), 0xa00000 | P | W | PS | A | D);
    ram_put(PDPT_AT + 8 * 3, 8, 0x40000000 | P | W | PS);
    CHECK(walk(e, 0xc1234567, WALK_READ, MMU_SUPER, true, &k));
    CHECK_EQ(k.gpa, 0x41234000);
    CHECK_EQ(k.shift, 30);
    e->cpuid_81d &= ~(1u << 26);
    CHECK(!walk(e, 0xc1234567, WALK_READ, MMU_SUPER, true, &k));
    CHECK_EQ(k.error, PF_P | PF_RSVD);
}

static bool reserved_faults(struct env *e, uint64_t lin, uint64_t at, uint64_t bit)
{
    uint64_t old = ram_get(at, 8);
    struct walk k;
    bool ok;

    ram_put(at, 8, old | bit);
    ok = walk(e, lin, WALK_READ, MMU_SUPER, true, &k);
    ram_put(at, 8, old);
    return !ok && k.error == (PF_P | PF_RSVD);
}

static void sdm_4_7_reserved_bits(void)
{
    static const uint64_t at[4] = { PML4_AT, PDPT_AT, PD_AT + 8, 0 };
    struct env *e = bench_long();

    for (unsigned n = 0; n < 4; n++) {
        uint64_t entry = n == 3 ? pte_at(PAGE) : at[n];

        for (unsigned bit = 40; bit < 52; bit++)
            CHECK(reserved_faults(e, PAGE, entry, 1ull << bit));
        for (unsigned bit = 52; bit < 63; bit++)
            CHECK(!reserved_faults(e, PAGE, entry, 1ull << bit));
        e->x.efer &= ~(uint64_t)EFER_NXE;
        CHECK(reserved_faults(e, PAGE, entry, NX));
        e->x.efer |= EFER_NXE;
    }
    CHECK(reserved_faults(e, PAGE, PML4_AT, PS));
    ram_put(PD_AT + 8 * 20, 8, 0xa00000 | P | W | PS);
    for (unsigned bit = 13; bit < 21; bit++)
        CHECK(reserved_faults(e, 20 * 0x200000ull, PD_AT + 8 * 20, 1ull << bit));
    CHECK(!reserved_faults(e, 20 * 0x200000ull, PD_AT + 8 * 20, 1ull << 12));
}

static void sdm_4_3_32_bit_paging_and_pse36(void)
{
    struct env *e = bench_prot();
    struct walk k;

    e->x.cr0 |= CR0_PG | CR0_WP;
    e->x.cr3 = PML4_AT;
    ram_put(PML4_AT + 4 * 1, 4, PDPT_AT | P | W | U);
    ram_put(PDPT_AT + 4 * 3, 4, 0x345000 | P | W | U);
    CHECK(walk(e, 0x403abc, WALK_WRITE, MMU_USER, true, &k));
    CHECK_EQ(k.gpa, 0x345000);
    CHECK_EQ(ram_get(PML4_AT + 4, 4), PDPT_AT | P | W | U | A);
    CHECK_EQ(ram_get(PDPT_AT + 12, 4), 0x345000 | P | W | U | A | D);
    ram_put(PML4_AT + 4 * 2, 4, 0x00c00000 | 3u << 13 | P | W | PS);
    e->x.cr4 = CR4_PSE;
    CHECK(walk(e, 0x800000 + 0x123456, WALK_READ, MMU_SUPER, true, &k));
    CHECK_EQ(k.gpa, 0x300d23000ull);
    CHECK_EQ(k.shift, 22);
    ram_put(PML4_AT + 4 * 2, 4, 0x00c00000 | 1u << 21 | P | W | PS);
    CHECK(!walk(e, 0x800000, WALK_READ, MMU_SUPER, true, &k));
    CHECK_EQ(k.error, PF_P | PF_RSVD);
    CHECK(!walk(e, 0xc00000, WALK_EXEC, MMU_USER, true, &k));
    CHECK_EQ(k.error, PF_U);
}

static void sdm_4_4_pae_paging(void)
{
    struct env *e = bench_prot();
    struct walk k;

    e->x.cr0 |= CR0_PG | CR0_WP;
    e->x.cr4 = CR4_PAE;
    e->x.efer = EFER_NXE;
    e->x.cr3 = PML4_AT + 0x20;
    ram_put(PML4_AT + 0x20 + 8 * 3, 8, PD_AT | P);
    ram_put(PD_AT + 8 * 5, 8, PT_AT | P | W | U);
    ram_put(PT_AT + 8 * 7, 8, 0x456000 | P | W | U | NX);
    CHECK(walk(e, 0xc0000000u + 5 * 0x200000 + 7 * 4096 + 9, WALK_WRITE, MMU_USER, true, &k));
    CHECK_EQ(k.gpa, 0x456000);
    CHECK_EQ(ram_get(PML4_AT + 0x38, 8), PD_AT | P);
    CHECK(!walk(e, 0xc0000000u + 5 * 0x200000 + 7 * 4096, WALK_EXEC, MMU_USER, true, &k));
    CHECK_EQ(k.error, PF_P | PF_U | PF_I);
    ram_put(PML4_AT + 0x38, 8, PD_AT | P | W);
    CHECK(!walk(e, 0xc0000000u, WALK_READ, MMU_SUPER, true, &k));
    CHECK_EQ(k.error, PF_P | PF_RSVD);
}

static void without_paging_linear_is_physical_of_32_bits(void)
{
    struct env *e = bench_prot();
    struct walk k;

    CHECK(walk(e, 0xfedcb123, WALK_WRITE, MMU_SUPER, true, &k));
    CHECK_EQ(k.gpa, 0xfedcb000);
    e->x.a20 = 0;
    ram_put(0x23456, 4, 0xcafe);
    CHECK_EQ(phys_load(e, 0x123456, 4), 0xcafe);
}

/* A load and a store as an instruction would do them. */
static uint64_t load(uint64_t lin, unsigned size)
{
    static const struct insn i = { .pc = 0x1000, .seg = SEGBASE_NONE, .base = REG_NONE };

    return mem_load(bench.e, &i, lin, size);
}

static void store(uint64_t lin, unsigned size, uint64_t v)
{
    static const struct insn i = { .pc = 0x1000, .seg = SEGBASE_NONE, .base = REG_NONE };

    mem_store(bench.e, &i, lin, size, v);
}

static bool hits(struct tlb_entry *t, uint64_t lin)
{
    return tlb_hit(tlb_slot(t, lin), lin, 1);
}

static void write_entries_need_writable_ram_without_code_and_a_dirty_page(void)
{
    struct env *e = bench_long();

    load(PAGE, 8);
    CHECK(hits(e->tlb_rd, PAGE) && !hits(e->tlb_wr, PAGE));
    store(PAGE + 8, 8, 0x1234);
    CHECK(hits(e->tlb_wr, PAGE));
    CHECK_EQ(ram_get(PAGE + 8, 8), 0x1234);
    CHECK(ram_get(pte_at(PAGE), 8) & D);

    store(ROM_GPA, 4, 1);
    CHECK(hits(e->tlb_rd, ROM_GPA) && !hits(e->tlb_wr, ROM_GPA));
    CHECK_EQ(bench.bus_writes, 1);

    atomic_store(&bench.code[0x301].granules, 2);
    bench.code[0x301].claimed = true;
    store(PAGE + 0x1000, 4, 7);
    CHECK(!hits(e->tlb_wr, PAGE + 0x1000));
    CHECK_EQ(ram_get(PAGE + 0x1000, 4), 7);
    CHECK_EQ(atomic_load(&bench.code[0x301].granules), 2);
    store(PAGE + 0x103f, 2, 7);
    CHECK_EQ(atomic_load(&bench.code[0x301].granules), 0);      /* no block was there, after all */

    bench.clean = true;
    mmu_flush_all(e);
    store(PAGE + 0x2000, 4, 9);
    CHECK(!hits(e->tlb_wr, PAGE + 0x2000));
    CHECK_EQ(bench.last_gpa, PAGE + 0x2000);
    bench.clean = false;
    store(PAGE + 0x2000, 4, 9);
    CHECK(hits(e->tlb_wr, PAGE + 0x2000));
}

static void first_code_on_a_page_takes_its_write_entries(void)
{
    struct env *e = bench_long(), *other = bench_env(1);

    soft_reset(other);
    bench.soft.vcpus[1] = other;
    bench.soft.n_vcpus = 2;
    store(PAGE, 8, 1);
    CHECK(hits(e->tlb_wr, PAGE));
    atomic_store(&bench.code[0x300].granules, 1);
    smc_page_has_code(other, &bench.code[0x300]);
    CHECK(!hits(e->tlb_wr, PAGE) && hits(e->tlb_rd, PAGE));
    store(PAGE, 8, 2);
    CHECK(!hits(e->tlb_wr, PAGE));
    mmu_fini(other);
    free(other);
}

static void device_memory_is_never_in_a_tlb(void)
{
    struct env *e = bench_long();

    CHECK_EQ(load(MMIO_GPA + 4, 4), 0x55667788);
    CHECK_EQ(bench.last_gpa, MMIO_GPA + 4);
    store(MMIO_GPA + 8, 2, 0x12345);
    CHECK_EQ(bench.last_write, 0x2345);
    CHECK(!hits(e->tlb_rd, MMIO_GPA) && !hits(e->tlb_wr, MMIO_GPA));
}

static void accesses_across_pages_check_both_before_they_write(void)
{
    struct env *e = bench_long();

    ram_put(pte_at(PAGE + 0x1000), 8, 0x500000 | P | W | U);
    store(PAGE + 0xffd, 8, 0x8877665544332211);
    CHECK_EQ(ram_get(PAGE + 0xffd, 3), 0x332211);
    CHECK_EQ(ram_get(0x500000, 5), 0x8877665544);
    CHECK_EQ(load(PAGE + 0xffd, 8), 0x8877665544332211);
    mmu_flush_all(e);
    ram_put(pte_at(PAGE + 0x1000), 8, 0);
    if (!setjmp(e->unwind)) {
        store(PAGE + 0xffd, 8, 0);
        CHECK(false);
    }
    CHECK_EQ(ram_get(PAGE + 0xffd, 3), 0x332211);
    CHECK_EQ(e->x.cr2, PAGE + 0x1000);
    CHECK_EQ(bench_vector(), VEC_PF);
    CHECK_EQ(ram_get(e->r[RSP], 8), PF_W);
}

static void invlpg_and_cr3_drop_what_they_should(void)
{
    struct env *e = bench_long();
    uint64_t far = 0x310000;

    e->x.cr4 |= CR4_PGE;
    ram_put(pte_at(far), 8, far | P | W | G);
    store(PAGE, 1, 0);
    store(far, 1, 0);
    mmu_flush_page(e, PAGE + 5);
    CHECK(!hits(e->tlb_rd, PAGE) && !hits(e->tlb_wr, PAGE));
    CHECK(hits(e->tlb_wr, far));
    store(PAGE, 1, 0);
    mmu_flush_nonglobal(e);
    CHECK(!hits(e->tlb_rd, PAGE) && !hits(e->tlb_wr, PAGE));
    CHECK(hits(e->tlb_rd, far) && hits(e->tlb_wr, far));
    mmu_flush_page(e, far);
    CHECK(!hits(e->tlb_rd, far));
}

static void cr3_drops_everything_also_when_the_log_overflows(void)
{
    struct env *e = bench_long();

    for (uint64_t lin = 0x200000; lin < RAM_SIZE; lin += 4096)
        load(lin, 1);
    mmu_flush_nonglobal(e);
    for (uint64_t lin = 0x200000; lin < RAM_SIZE; lin += 4096)
        CHECK(!hits(e->tlb_rd, lin));
    load(PAGE, 1);
    CHECK(hits(e->tlb_rd, PAGE));
    mmu_flush_nonglobal(e);
    CHECK(!hits(e->tlb_rd, PAGE));
}

static void invlpg_in_a_large_page_drops_all_of_it(void)
{
    struct env *e = bench_long();
    uint64_t large = 20 * 0x200000ull;

    ram_put(PD_AT + 8 * 20, 8, 0xa00000 | P | W | PS);
    load(large, 1);
    load(large + 0x1ff000, 1);
    store(large + 0x5000, 1, 1);
    mmu_flush_page(e, large + 0x100000);
    CHECK(!hits(e->tlb_rd, large) && !hits(e->tlb_rd, large + 0x1ff000) && !hits(e->tlb_wr, large + 0x5000));
    ram_put(PDPT_AT + 8 * 3, 8, P | W | PS);
    load(0xc0300000, 1);
    CHECK(hits(e->tlb_rd, 0xc0300000));
    mmu_flush_page(e, 0xc0800000);
    CHECK(!hits(e->tlb_rd, 0xc0300000));
}

static void invlpg_in_one_half_of_a_4_mib_page_drops_the_other(void)
{
    struct env *e = bench_prot();

    e->x.cr0 |= CR0_PG;
    e->x.cr3 = PML4_AT;
    e->x.cr4 = CR4_PSE;
    ram_put(PML4_AT + 4 * 2, 4, 0x00800000 | P | W | PS);
    load(0x801000, 1);
    CHECK(hits(e->tlb_rd, 0x801000));
    mmu_flush_page(e, 0xa34000);
    CHECK(!hits(e->tlb_rd, 0x801000));
}

static void non_canonical_is_gp_and_ss_through_the_stack(void)
{
    struct env *e = bench_long();

    CHECK(!OP(lar, .flags = I_MEM, .base = RAX, .index = REG_NONE, .disp = 1ull << 47, .seg = SEGBASE_NONE));
    CHECK_EQ(bench_vector(), VEC_GP);
    CHECK_EQ(ram_get(e->r[RSP], 8), 0);
    e->pc = 0x1000;
    CHECK(!OP(lar, .flags = I_MEM, .base = RBP, .index = REG_NONE, .disp = 1ull << 47, .seg = SEGBASE_NONE));
    CHECK_EQ(bench_vector(), VEC_SS);
}

static void alignment_check_at_cpl_3_with_am_and_ac(void)
{
    struct env *e = bench_long_user();

    e->x.cr0 |= CR0_AM;
    e->eflags |= FLAG_AC;
    mode_update(e);
    CHECK_EQ(load(PAGE + 8, 8), 0);
    if (!setjmp(e->unwind)) {
        load(PAGE + 6, 4);
        CHECK(false);
    }
    CHECK_EQ(bench_vector(), VEC_AC);
    CHECK_EQ(ram_get(e->r[RSP], 8), 0);
}

static void fetch_faults_have_the_i_bit_and_translate_at_the_current_level(void)
{
    struct env *e = bench_long_user();
    struct soft_page page;
    uint64_t gpa = 0;
    uint16_t context = e->jc_context;

    CHECK_EQ(mmu_fetch(e, PAGE + 0x123, &page, &gpa), 0);
    CHECK_EQ(gpa, PAGE + 0x123);
    CHECK(page.host == bench.ram + PAGE);
    ram_put(pte_at(PAGE), 8, PAGE | P | W | U | NX);
    mmu_flush_page(e, PAGE);
    CHECK(e->jc_context != context);            /* the jump cache starts anew */
    e->pc = PAGE + 0x123;
    if (!setjmp(e->unwind)) {
        mmu_fetch(e, PAGE + 0x123, &page, &gpa);
        CHECK(false);
    }
    CHECK_EQ(bench_vector(), VEC_PF);
    CHECK_EQ(ram_get(e->r[RSP], 8), PF_P | PF_U | PF_I);
    CHECK_EQ(ram_get(e->r[RSP] + 8, 8), PAGE + 0x123);
    CHECK_EQ(e->x.cr2, PAGE + 0x123);
}

static void system_accesses_have_supervisor_rights_at_any_level(void)
{
    struct env *e = bench_long_user();

    ram_put(pte_at(PAGE), 8, PAGE | P | W);
    ram_put(PAGE, 4, 77);
    CHECK_EQ(sys_load(e, NULL, PAGE, 4), 77);
    if (!setjmp(e->unwind)) {
        load(PAGE, 4);
        CHECK(false);
    }
    CHECK_EQ(bench_vector(), VEC_PF);
    CHECK_EQ(ram_get(e->r[RSP], 8), PF_P | PF_U);
}

/* Exclusive sections: a counter that only they protect, and one that guest code may touch outside of them. */
enum { ROUNDS = 2000 };
static unsigned shared, inside_now, overlaps;

static void *vcpu_main(void *arg)
{
    struct env *e = arg;

    soft_enter(e);
    for (unsigned n = 0; n < ROUNDS; n++) {
        if (atomic_load(&e->kick) & KICK_PARK) {
            atomic_fetch_and(&e->kick, ~(uint32_t)KICK_PARK);
            soft_park(e);
        }
        if (n % 3 == 0) {
            soft_exclusive_begin(e);
            overlaps += ++inside_now != 1;
            shared++;
            soft_exclusive_begin(e);    /* nests */
            soft_exclusive_end(e);
            inside_now--;
            soft_exclusive_end(e);
        } else if (n % 3 == 1) {
            soft_pause(e);
            soft_resume(e);
        }
        overlaps += __atomic_load_n(&inside_now, __ATOMIC_RELAXED) != 0;
    }
    soft_exit(e);
    return NULL;
}

static void exclusive_sections_exclude_guest_code_and_each_other(void)
{
    struct env *envs[3];
    pthread_t threads[3];

    bench_init();
    shared = overlaps = 0;
    for (unsigned n = 0; n < 3; n++) {
        envs[n] = bench_env(n);
        bench.soft.vcpus[n] = envs[n];
    }
    bench.soft.n_vcpus = 3;
    for (unsigned n = 0; n < 3; n++)
        CHECK(!pthread_create(&threads[n], NULL, vcpu_main, envs[n]));
    for (unsigned n = 0; n < ROUNDS / 10; n++) {
        soft_exclusive_begin_foreign(&bench.soft);
        overlaps += ++inside_now != 1;
        shared++;
        inside_now--;
        soft_exclusive_end_foreign(&bench.soft);
    }
    for (unsigned n = 0; n < 3; n++)
        pthread_join(threads[n], NULL);
    CHECK_EQ(overlaps, 0);
    CHECK_EQ(shared, 3 * ((ROUNDS + 2) / 3) + ROUNDS / 10);
    CHECK(soft_exclusive_quiet(&bench.soft, NULL));
    for (unsigned n = 0; n < 3; n++) {
        mmu_fini(envs[n]);
        free(envs[n]);
    }
}

int main(void)
{
    TEST(sdm_4_6_1_access_rights_matrix);
    TEST(sdm_4_6_rights_are_those_of_every_level);
    TEST(sdm_4_8_accessed_at_all_levels_dirty_at_the_last);
    TEST(sdm_table_4_14_large_pages);
    TEST(sdm_4_7_reserved_bits);
    TEST(sdm_4_3_32_bit_paging_and_pse36);
    TEST(sdm_4_4_pae_paging);
    TEST(without_paging_linear_is_physical_of_32_bits);
    TEST(write_entries_need_writable_ram_without_code_and_a_dirty_page);
    TEST(first_code_on_a_page_takes_its_write_entries);
    TEST(device_memory_is_never_in_a_tlb);
    TEST(accesses_across_pages_check_both_before_they_write);
    TEST(invlpg_and_cr3_drop_what_they_should);
    TEST(cr3_drops_everything_also_when_the_log_overflows);
    TEST(invlpg_in_a_large_page_drops_all_of_it);
    TEST(invlpg_in_one_half_of_a_4_mib_page_drops_the_other);
    TEST(non_canonical_is_gp_and_ss_through_the_stack);
    TEST(alignment_check_at_cpl_3_with_am_and_ac);
    TEST(fetch_faults_have_the_i_bit_and_translate_at_the_current_level);
    TEST(system_accesses_have_supervisor_rights_at_any_level);
    TEST(exclusive_sections_exclude_guest_code_and_each_other);
    bench_fini();
    return test_end();
}
