/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/kvm/kvm.h"
#include "tests/unit/kvm-rig.h"

/*
 * KVM: what we keep of a vCPU, and the memory slots under random changes of the map
 *
 * Registers: random legal states are given to the kernel and fetched again.  Slots: after every transaction the
 * table is compared, page by page, with what the flat view says; the kernel itself is asked by a guest.
 */

#include "core/view.h"
#include "tests/unit/random-tree.h"

static uint64_t rnd64(void)
{
    return rnd(1ull << 31) << 40 ^ rnd(1ull << 31) << 20 ^ rnd(1ull << 31);
}

GUEST(idle, 32, "cli; 1: hlt; jmp 1b");

GUEST(counts, 32, "1: incl 0x5000; jmp 1b");

/* Registers. */

static void random_segment(struct x86_seg *s)
{
    s->base = rnd64() & UINT32_MAX;
    s->limit = rnd(2) ? 0xffff : UINT32_MAX;
    s->sel = 8 * (1 + rnd(100));
    s->attr = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED | (rnd(2) ? SEG_DB : 0) | (s->limit == UINT32_MAX ? SEG_G : 0) |
              (rnd(2) ? SEG_AVL : 0);
}

static void random_state(struct x86_state *st)
{
    flat_state(st);
    for (unsigned i = 0; i < X86_GPRS; i++)
        st->gpr[i] = rnd64();
    st->rip = rnd(1 << 20);
    st->rflags = FLAG_1 | (rnd64() & (FLAGS_ARITH | FLAG_IF | FLAG_DF | FLAG_AC | FLAG_ID));
    for (unsigned i = 0; i < X86_SREGS; i++)
        if (i != CS && i != SS)
            random_segment(&st->seg[i]);
    st->gdt = (struct x86_seg){ .base = rnd64() & UINT32_MAX, .limit = rnd(0x10000) };
    st->idt = (struct x86_seg){ .base = rnd64() & UINT32_MAX, .limit = rnd(0x10000) };
    st->ldt = (struct x86_seg){ .base = rnd64() & UINT32_MAX, .limit = rnd(0x10000), .sel = 0x48,
                                .attr = SEG_P | 2 << 8 };
    st->tr = (struct x86_seg){ .base = rnd64() & UINT32_MAX, .limit = 0x67, .sel = 0x50, .attr = SEG_P | 11 << 8 };
    st->cr2 = rnd64();
    st->cr3 = rnd(1 << 20) << 12;
    st->cr4 = (rnd(2) ? CR4_PAE : 0) | (rnd(2) ? CR4_PSE : 0) | (rnd(2) ? CR4_OSFXSR : 0) | (rnd(2) ? CR4_PGE : 0);
    for (unsigned i = 0; i < 4; i++)
        st->dr[i] = rnd64() & 0x7fffffffffff;
    st->dr[6] = 0xffff0ff0u | rnd(16);
    for (unsigned i = 0; i < 8; i++)            /* x87: ten bytes each */
        for (unsigned b = 0; b < 10; b++)
            st->fx[32 + 16 * i + b] = rnd(256);
    for (unsigned i = 160; i < 416; i++)
        st->fx[i] = rnd(256);
    st->fx[0] = 0x7f, st->fx[1] = rnd(16);
    st->fx[2] = rnd(256) & 0x3f, st->fx[3] = rnd(256) & 0x7f;
    st->fx[4] = rnd(256);
    st->star = rnd64();
    st->lstar = rnd64() & 0x7fffffffffff;
    st->cstar = rnd64() & 0x7fffffffffff;
    st->fmask = rnd64() & UINT32_MAX;
    st->kernel_gs_base = rnd64() & 0x7fffffffffff;
    st->sysenter_cs = rnd(0x10000);
    st->sysenter_esp = rnd64() & 0x7fffffffffff;
    st->sysenter_eip = rnd64() & 0x7fffffffffff;
    for (unsigned i = 0; i < 8; i++)
        st->pat = st->pat << 8 | (uint8_t[]){ 0, 1, 4, 5, 6, 7 }[rnd(6)];
    for (unsigned i = 0; i < X86_MTRR_FIXED; i++)
        for (unsigned b = 0; b < 8; b++)
            st->mtrr_fixed[i] = st->mtrr_fixed[i] << 8 | (uint8_t[]){ 0, 1, 4, 5, 6 }[rnd(5)];
    for (unsigned i = 0; i < X86_MTRR_VAR; i++) {
        st->mtrr_var[i][0] = rnd(1 << 16) << 12 | 6;
        st->mtrr_var[i][1] = rnd(1 << 16) << 12 | rnd(2) << 11;
    }
    st->mtrr_deftype = 6 | rnd(2) << 10 | rnd(2) << 11;
    st->mcg_status = rnd(8);
    st->injected = rnd(2);
    st->injected_vector = st->injected ? 32 + rnd(200) : 0;
    st->inhibit = rnd(2);
    st->nmi_masked = rnd(2);
    st->nmi_pending = rnd(2);
    st->tsc_offset = rnd(1ull << 40);
}

/* Names the member that differs. */
static void same(const char *name, const void *got, const void *want, size_t len)
{
    if (memcmp(got, want, len))
        printf("# %s differs\n", name);
    CHECK(!memcmp(got, want, len));
}
#define SAME(m) same(#m, &got.m, &st.m, sizeof(st.m))

static void a_state_comes_back_as_it_was_given(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!RIG(((const char *[]){ "off", "split", "on" })[mode], 1, idle))
            return;
        for (unsigned round = 0; round < 200; round++) {
            struct x86_state st, got;

            random_state(&st);
            rig.m->accel->ops->vcpu_put(rig.m->vcpus[0], &st);
            rig.m->accel->ops->vcpu_get(rig.m->vcpus[0], &got);
            SAME(gpr), SAME(rip), SAME(rflags), SAME(seg), SAME(ldt), SAME(tr), SAME(gdt), SAME(idt);
            SAME(cr0), SAME(cr2), SAME(cr3), SAME(cr4), SAME(efer), SAME(xcr0), SAME(dr), SAME(fx);
            SAME(star), SAME(lstar), SAME(cstar), SAME(fmask), SAME(kernel_gs_base), SAME(tsc_aux);
            SAME(sysenter_cs), SAME(sysenter_esp), SAME(sysenter_eip), SAME(pat), SAME(misc_enable);
            SAME(mtrr_fixed), SAME(mtrr_var), SAME(mtrr_deftype), SAME(mcg_cap), SAME(mcg_status), SAME(mcg_ctl);
            SAME(mce_banks), SAME(injected), SAME(injected_vector), SAME(inhibit), SAME(nmi_masked), SAME(nmi_pending);
            SAME(halted), SAME(wait_sipi), SAME(tsc_offset), SAME(a20);
        }
        rig_free();
    }
}

static void a_state_that_the_processor_refuses_makes_the_vcpu_stand_until_reset(void)
{
    struct x86_state st;

    if (!RIG("off", 1, counts))
        return;
    rig_start();
    WAIT_FOR(guest_word(DATA));
    CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
    for (unsigned i = 0; i < 3; i++) {
        flat_state(&st);
        st.cr4 = i == 0 ? 1u << 31 : 0;
        st.xcr0 = i == 1 ? 1ull << 40 : 1;
        st.fx[27] = i == 2 ? 0xff : 0;          /* MXCSR */
        rig.m->accel->ops->vcpu_put(rig.m->vcpus[0], &st);
        guest_put(DATA, &(uint32_t){ 0 }, 4);
        rig.m->vcpus[0]->halted = false;
        CHECK(!machine_start(rig.m, NULL));
        WAIT_FOR(rig.m->vcpus[0]->halted);
        CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
        CHECK_EQ(guest_word(DATA), 0);
    }
    machine_reset(rig.m, false);
    CHECK(!machine_start(rig.m, NULL));
    WAIT_FOR(guest_word(DATA));
    rig_free();
}

static void reset_leaves_what_table_9_1_says(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        struct x86_state st, got;

        if (!RIG(((const char *[]){ "off", "split", "on" })[mode], 2, idle))
            return;
        rig.m->reset_boot = NULL;
        for (unsigned cpu = 0; cpu < 2; cpu++) {
            random_state(&st);
            rig.m->accel->ops->vcpu_put(rig.m->vcpus[cpu], &st);
            machine_reset(rig.m, false);
            rig.m->accel->ops->vcpu_get(rig.m->vcpus[cpu], &got);
            x86_state_reset(&st, rig.m->cpu_model, !cpu);
            SAME(gpr), SAME(rip), SAME(rflags), SAME(seg), SAME(cr0), SAME(cr4), SAME(efer), SAME(dr), SAME(fx);
            SAME(injected), SAME(nmi_pending), SAME(nmi_masked), SAME(halted), SAME(wait_sipi), SAME(pat);
        }
        rig_free();
    }
}

/* Slots. */

enum { REGIONS = 10, SPAN_PAGES = 64, MARK = 1 << 30 };
#define PAGE 4096ull

static struct region region[REGIONS];
static struct ram_block *block[2];

static void region_random(unsigned i)
{
    static const enum region_kind kinds[] = { REGION_RAM, REGION_RAM, REGION_ROM, REGION_ROMD, REGION_ALIAS,
                                              REGION_CONTAINER };
    struct region *r = &region[i];
    enum region_kind kind = kinds[i ? rnd(6) : 0];

    region_init(r, "r", kind, rnd(20) * (rnd(4) ? PAGE : 0x800) + PAGE - 1);
    if (kind == REGION_ALIAS) {
        r->target = &region[rnd(i)];
        r->target_offset = rnd(8) * PAGE;
    } else if (kind != REGION_CONTAINER) {
        r->block = block[rnd(2)];
        r->block_offset = rnd(8) * PAGE;
    }
    r->romd = rnd(2);
    r->enabled = rnd(8);
    r->readonly = !rnd(6);
}

static uint64_t base_random(void)
{
    return 0x10000000 + rnd(SPAN_PAGES) * PAGE + (rnd(5) ? 0 : 0x800);
}

static const struct slot *slot_at(const struct slots *s, uint64_t gpa)
{
    for (unsigned i = 0; i < s->n_now; i++)
        if (s->now[i].gpa <= gpa && gpa - s->now[i].gpa < s->now[i].bytes)
            return &s->now[i];
    return NULL;
}

/* A page has a slot when the whole of it is plain memory of one range, at the same place within its page. */
static void check_page(uint64_t gpa)
{
    const struct slots *s = &kvm_of(rig.m)->slots[0];
    const struct flat_range *r = view_find(rig.m->memory_as.view, gpa, NULL);
    const struct slot *slot = slot_at(s, gpa);

    if (!r || !r->host || r->last < gpa + PAGE - 1 || ((uintptr_t)r->host ^ r->first) & (PAGE - 1)) {
        CHECK(!slot);
        return;
    }
    CHECK(slot);
    CHECK(slot->host + (gpa - slot->gpa) == r->host + (gpa - r->first));
    CHECK_EQ(!!(slot->flags & KVM_MEM_READONLY), !r->writable);
}

static void check_slots(void)
{
    const struct slots *s = &kvm_of(rig.m)->slots[0];

    for (uint64_t page = 0; page < SPAN_PAGES + 40; page++)
        check_page(0x10000000 + page * PAGE);
    for (unsigned i = 0; i < s->n_now; i++) {
        CHECK(!(s->now[i].gpa % PAGE) && !(s->now[i].bytes % PAGE) && !((uintptr_t)s->now[i].host % PAGE));
        CHECK(!i || s->now[i].gpa >= s->now[i - 1].gpa + s->now[i - 1].bytes);
        CHECK(s->now[i].id < 100);      /* ids are given back */
        for (unsigned n = 0; n < i; n++)
            CHECK(s->now[n].id != s->now[i].id);
    }
}

/* The guest runs in RAM that is never moved, and must not notice. */
static void slots_follow_every_transaction(void)
{
    if (!RIG("off", 1, counts))
        return;
    for (unsigned i = 0; i < 2; i++)
        CHECK(!machine_ram_new(rig.m, &(struct ram_config){ .name = "b", .size = 64 * PAGE }, &block[i], NULL));
    rig_start();
    for (unsigned tree = 0; tree < 20; tree++) {
        uint32_t counted = guest_word(DATA);

        map_begin(&rig.m->map);
        for (unsigned i = 0; i < REGIONS; i++)
            region_random(i);
        for (unsigned i = 0; i < REGIONS; i++)
            region_add(&rig.m->memory, base_random(), &region[i], (int)rnd(5) - 2);
        map_end(&rig.m->map);
        check_slots();
        for (unsigned step = 0; step < 20; step++) {
            tree_change(&rig.m->map, region, REGIONS, base_random);
            check_slots();
        }
        map_begin(&rig.m->map);
        for (unsigned i = 0; i < REGIONS; i++)
            region_remove(&region[i]);
        map_end(&rig.m->map);
        for (unsigned i = 0; i < REGIONS; i++)
            region_fini(&region[i]);
        WAIT_FOR(guest_word(DATA) != counted);
    }
    rig_free();
}

/* RAM is cut in two and made whole under the guest that runs in it: it never meets the hole. */
static void ram_can_be_cut_while_the_guest_runs_in_it(void)
{
    struct region cut;

    if (!RIG("off", 2, counts))
        return;
    CHECK(!machine_ram_new(rig.m, &(struct ram_config){ .name = "b", .size = PAGE }, &block[0], NULL));
    rig_start();
    region_init_rom(&cut, "cut", block[0], 0, PAGE);
    for (unsigned i = 0; i < 200; i++) {
        map_begin(&rig.m->map);
        region_add(&rig.m->memory, 0x80000, &cut, 1);       /* of the slot with its code */
        map_end(&rig.m->map);
        map_begin(&rig.m->map);
        region_remove(&cut);
        map_end(&rig.m->map);
    }
    for (uint32_t now = guest_word(DATA); guest_word(DATA) == now;)
        loop_turn(rig.loop, 1);
    CHECK(machine_running(rig.m));
    region_fini(&cut);
    rig_free();
}

static void a_slot_stays_when_nothing_changed_about_it(void)
{
    struct slot before[16];
    struct region other;
    unsigned n;

    if (!RIG("off", 1, idle))
        return;
    n = kvm_of(rig.m)->slots[0].n_now;
    CHECK(n && n <= 16);
    for (unsigned i = 0; i < n; i++)    /* a mark that goes with what is kept, and that a new slot does not have */
        kvm_of(rig.m)->slots[0].now[i].flags |= MARK;
    memcpy(before, kvm_of(rig.m)->slots[0].now, n * sizeof(before[0]));
    CHECK_EQ(before[0].id, 0);
    region_init_rom(&other, "other", rig.rom, 0, 0x1000);
    map_begin(&rig.m->map);
    region_add(&rig.m->memory, 0x20000000, &other, 0);
    map_end(&rig.m->map);
    CHECK_EQ(kvm_of(rig.m)->slots[0].n_now, n + 1);
    CHECK(!memcmp(before, kvm_of(rig.m)->slots[0].now, n * sizeof(before[0])));
    map_begin(&rig.m->map);
    region_remove(&other);
    map_end(&rig.m->map);
    CHECK_EQ(kvm_of(rig.m)->slots[0].n_now, n);
    CHECK(!memcmp(before, kvm_of(rig.m)->slots[0].now, n * sizeof(before[0])));
    for (unsigned i = 0; i < n; i++)
        kvm_of(rig.m)->slots[0].now[i].flags &= ~MARK;
    region_fini(&other);
    rig_free();
}

/* Dirty pages. */

GUEST(dirties, 32, "movl $1,0x200000; movl $1,0x205004; mov $0x510,%dx; out %al,%dx; 1: cmpl $0,0x5000; je 1b\n"
                   "movl $1,0x3ff000; mov $0x510,%dx; out %al,%dx; cli; 2: hlt; jmp 2b");

static bool page_dirty(const uint64_t *bits, uint64_t gpa)
{
    return bits[gpa / PAGE / 64] >> gpa / PAGE % 64 & 1;
}

static void stores_of_the_guest_reach_who_logs(void)
{
    uint64_t bits[RAM_BYTES / 4096 / 64], pages = RAM_BYTES / PAGE;

    if (!RIG("off", 1, dirties))
        return;
    CHECK(!dirty_start(rig.ram, DIRTY_VGA));
    dirty_fetch(rig.ram, DIRTY_VGA, 0, pages, bits);    /* all of them */
    CHECK(page_dirty(bits, 0x300000));
    rig_run(1);
    dirty_fetch(rig.ram, DIRTY_VGA, 0, pages, bits);
    CHECK(page_dirty(bits, 0x200000) && page_dirty(bits, 0x205000));
    CHECK(!page_dirty(bits, 0x201000) && !page_dirty(bits, 0x3ff000));
    CHECK(!dirty_start(rig.ram, DIRTY_MIGRATION));
    dirty_fetch(rig.ram, DIRTY_MIGRATION, 0, pages, bits);
    atomic_store((_Atomic uint32_t *)(void *)(rig.ram->host + DATA), 1);
    WAIT_FOR(rig.finished == 2);
    /* The slot goes: what it has logged does not. */
    map_begin(&rig.m->map);
    region_move(&rig.rom_region, ROM + 0x1000);
    map_end(&rig.m->map);
    dirty_fetch(rig.ram, DIRTY_MIGRATION, 0, pages, bits);
    CHECK(page_dirty(bits, 0x3ff000) && !page_dirty(bits, 0x205000));
    dirty_fetch(rig.ram, DIRTY_VGA, 0, pages, bits);
    CHECK(page_dirty(bits, 0x3ff000));
    dirty_stop(rig.ram, DIRTY_MIGRATION);
    dirty_stop(rig.ram, DIRTY_VGA);
    CHECK(!(kvm_of(rig.m)->slots[0].now[0].flags & KVM_MEM_LOG_DIRTY_PAGES));
    rig_free();
}

static void a_feature_that_the_state_cannot_hold_is_not_offered(void)
{
    struct cpu_config model;

    if (!kvm_machine("kernel-irqchip=off"))
        return;
    CHECK(!cpu_config_parse("max,+avx,-sse4.2", false, &model, NULL));
    rig.m->accel->ops->cpu_filter(rig.m->accel, &model);
    CHECK(!cpu_has(&model, WORD_1_ECX, 28) && !cpu_has(&model, WORD_1_ECX, 26) && !cpu_has(&model, WORD_7_EBX, 5));
    CHECK(model.removed[WORD_1_ECX] >> 28 & 1);
    CHECK(!cpu_has(&model, WORD_1_ECX, 20));            /* the user's wish */
    CHECK(!cpu_has(&model, WORD_1_ECX, 21) && !cpu_has(&model, WORD_1_ECX, 24));   /* x2APIC: the kernel's APIC only */
    CHECK(cpu_has(&model, WORD_1_ECX, 31) && cpu_has(&model, WORD_1_EDX, 25));
    machine_free(rig.m);
    loop_free(rig.loop);
}

int main(void)
{
    alarm(100);
    epoch_thread_init();
    TEST(a_state_comes_back_as_it_was_given);
    TEST(a_state_that_the_processor_refuses_makes_the_vcpu_stand_until_reset);
    TEST(reset_leaves_what_table_9_1_says);
    TEST(slots_follow_every_transaction);
    TEST(ram_can_be_cut_while_the_guest_runs_in_it);
    TEST(a_slot_stays_when_nothing_changed_about_it);
    TEST(stores_of_the_guest_reach_who_logs);
    TEST(a_feature_that_the_state_cannot_hold_is_not_offered);
    epoch_thread_fini();
    return test_end();
}
