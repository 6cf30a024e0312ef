/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kvm-model.h"

/*
 * KVM's vCPUs against a model of the kernel: entering and leaving the guest, injection, SMM, reset, errors, the fence
 *
 * After the kernel's API document, KVM_RUN and "the kvm_run structure"; INIT and SIPI after SDM volume 3, 9.1 and 8.4.
 */

#include "core/runstate.h"

enum { INTC_VECTORS = 4, FX_XMM = 160 };

static void begin(void)
{
    one_cpu_begin(false);
}

/* Exits of the guest. */

static int exit_mmio(struct model_cpu *cpu_model)
{
    cpu_model->run->exit_reason = KVM_EXIT_MMIO;
    cpu_model->run->mmio.phys_addr = 0xe0000000;
    cpu_model->run->mmio.len = 4;
    return 0;
}

static int exit_once(struct model_cpu *cpu_model)
{
    ask();
    return exit_mmio(cpu_model);
}

static int exit_then_window(struct model_cpu *cpu_model)
{
    if (cpu_model->entered == 1)
        return exit_mmio(cpu_model);
    ask();
    cpu_model->run->exit_reason = KVM_EXIT_IRQ_WINDOW_OPEN;
    return 0;
}

/* "For KVM_EXIT_IO, KVM_EXIT_MMIO ... the corresponding operations are complete (and guest state is consistent) only
 * after userspace has re-entered the kernel with KVM_RUN": whoever asked may look at the registers next. */
static void the_last_instruction_is_completed_before_run_returns(void)
{
    begin();
    c->guest = exit_once;
    run();
    CHECK(!c->pending);
    CHECK_EQ(c->completed, 1);
    CHECK_EQ(c->entered, 1);                            /* and none after it is executed */
    model_end();
}

static void every_element_of_a_string_is_completed(void)
{
    begin();
    c->guest = exit_once;
    c->again = 3;
    run();
    CHECK(!c->pending);
    CHECK_EQ(c->completed, 4);
    CHECK_EQ(c->entered, 1);
    model_end();
}

static void what_is_complete_is_not_completed_again(void)
{
    begin();
    c->guest = exit_then_window;
    run();
    CHECK_EQ(c->completed, 1);
    CHECK_EQ(c->runs, 2);
    model_end();
}

static int interrupted(struct model_cpu *cpu_model)
{
    if (cpu_model->entered == 3)
        ask();
    return cpu_model->entered == 1 ? -EINTR : -EAGAIN;
}

static void a_signal_that_nobody_sent_for_us_only_interrupts(void)
{
    begin();
    c->guest = interrupted;
    run();
    CHECK_EQ(c->entered, 3);
    CHECK(!cpu->halted);
    model_end();
}

/* Interrupts of an APIC of ours. */

static struct {
    int vector[INTC_VECTORS];           /* in the order of their priority; -1: it goes away before it is taken */
    unsigned n, taken;
    bool asks;                          /* somebody has a request while we look */
    uint8_t tpr;
    unsigned tpr_sets, base_sets;
    uint64_t base;
} apic;

static bool apic_pending(void *opaque)
{
    if (apic.asks)
        ask();
    return apic.taken < apic.n;
}

static int apic_take(void *opaque)
{
    return apic.vector[apic.taken++];
}

static uint8_t apic_tpr_get(void *opaque)
{
    return apic.tpr;
}

static void apic_tpr_set(void *opaque, uint8_t tpr)
{
    apic.tpr = tpr;
    apic.tpr_sets++;
}

static bool apic_msr_read(void *opaque, uint32_t msr, uint64_t *val)
{
    *val = apic.base;
    return msr == 0x1b;
}

static bool apic_msr_write(void *opaque, uint32_t msr, uint64_t val)
{
    apic.base = val;
    apic.base_sets += msr == 0x1b;
    return true;
}

static const struct vcpu_intc intc = {
    .pending = apic_pending, .take = apic_take, .tpr_get = apic_tpr_get, .tpr_set = apic_tpr_set,
    .msr_read = apic_msr_read, .msr_write = apic_msr_write,
};

static void begin_apic(unsigned n, int first, int second)
{
    begin();
    memset(&apic, 0, sizeof(apic));
    apic.base = c->run->apic_base;
    apic.n = n;
    apic.vector[0] = first;
    apic.vector[1] = second;
    cpu->intc = &intc;
}

static int guest_asks(struct model_cpu *cpu_model)
{
    ask();
    cpu_model->run->exit_reason = KVM_EXIT_INTR;
    return 0;
}

static void a_request_on_the_way_in_keeps_the_vcpu_out(void)
{
    begin_apic(0, 0, 0);
    c->guest = guest_asks;
    apic.asks = true;
    run();
    CHECK_EQ(c->runs, 0);
    CHECK(!kvm_vcpu_of(cpu)->inside);                   /* or a fence would wait for it */
    model_end();
}

/* "ready_for_interrupt_injection ... an interrupt can be injected now with KVM_INTERRUPT"; "request_interrupt_window
 * ... return from KVM_RUN when it becomes possible". */
static void an_interrupt_waits_until_the_guest_can_take_it(void)
{
    begin_apic(2, 0x41, 0x42);
    c->guest = guest_asks;
    run();
    CHECK_EQ(c->interrupts, 0);
    CHECK(c->run->request_interrupt_window);
    c->run->ready_for_interrupt_injection = 1;
    run();
    CHECK_EQ(c->interrupts, 1);
    CHECK_EQ(c->vector, 0x41);
    CHECK(c->run->request_interrupt_window);            /* for the other one */
    run();
    CHECK_EQ(c->interrupts, 1);                         /* the kernel has not said that it is ready again */
    c->run->ready_for_interrupt_injection = 1;
    run();
    CHECK_EQ(c->interrupts, 2);
    CHECK_EQ(c->vector, 0x42);
    CHECK(!c->run->request_interrupt_window);
    c->run->ready_for_interrupt_injection = 1;
    run();
    CHECK_EQ(c->interrupts, 2);                         /* nothing waits */
    CHECK(!kvm_vcpu_has_event(cpu));
    model_end();
}

static void an_interrupt_that_went_away_is_not_injected(void)
{
    begin_apic(1, -1, 0);
    c->guest = guest_asks;
    c->run->ready_for_interrupt_injection = 1;
    run();
    CHECK_EQ(apic.taken, 1);
    CHECK_EQ(c->interrupts, 0);
    model_end();
}

static void a_waiting_interrupt_ends_a_halt_if_the_guest_lets_it(void)
{
    begin_apic(1, 0x41, 0);
    c->run->if_flag = 0;
    CHECK(!kvm_vcpu_has_event(cpu));
    c->run->if_flag = 1;
    CHECK(kvm_vcpu_has_event(cpu));
    apic.taken = 1;
    CHECK(!kvm_vcpu_has_event(cpu));
    model_end();
}

static int guest_moves_cr8(struct model_cpu *cpu_model)
{
    CHECK_EQ(cpu_model->run->cr8, 5);
    cpu_model->run->cr8 = 9;
    return guest_asks(cpu_model);
}

static int guest_moves_apic(struct model_cpu *cpu_model)
{
    cpu_model->run->apic_base = 0xfed00900;
    return guest_asks(cpu_model);
}

/* "cr8: the value of the cr8 register.  Only valid if in-kernel local APIC is not used.  Both input and output"; the
 * same of apic_base, which is output. */
static void cr8_and_the_apics_base_follow_the_guest(void)
{
    begin_apic(0, 0, 0);
    apic.tpr = 5;
    c->guest = guest_asks;
    run();
    CHECK_EQ(apic.tpr_sets, 0);                         /* nothing has changed */
    CHECK_EQ(apic.base_sets, 0);
    c->guest = guest_moves_cr8;
    run();
    CHECK_EQ(apic.tpr, 9);
    CHECK_EQ(apic.tpr_sets, 1);
    c->guest = guest_moves_apic;
    run();
    CHECK_EQ(apic.base, 0xfed00900);
    CHECK_EQ(apic.base_sets, 1);
    CHECK_EQ(apic.tpr_sets, 1);
    model_end();
}

/* Errors. */

static int guest_faults(struct model_cpu *cpu_model)
{
    return -EFAULT;
}

static void a_vcpu_that_cannot_run_stands_until_it_is_reset(void)
{
    begin();
    CHECK(!machine_start(m, NULL));
    c->guest = guest_faults;
    run();
    CHECK_EQ(c->entered, 1);
    CHECK(cpu->halted);
    loop_turn(loop, 0);
    CHECK_EQ(m->run_state, RUN_INTERNAL_ERROR);
    cpu->halted = false;
    run();
    CHECK_EQ(c->runs, 1);
    CHECK(cpu->halted);
    kvm_vcpu_inject(cpu, VCPU_NMI);
    CHECK(!kvm_vcpu_has_event(cpu));
    kvm_vcpu_reset(cpu, false);
    cpu->halted = false;
    CHECK(!kvm_vcpu_has_event(cpu));                    /* nor does what came before the reset count */
    c->guest = guest_asks;
    run();
    CHECK_EQ(c->entered, 2);
    model_end();
}

static void a_vcpu_that_cannot_be_made_is_refused_by_name(void)
{
    struct error *err = NULL;

    begin();
    model.no_vcpu = EMFILE;
    CHECK_EQ(vcpu_new(m, 1, 7, NULL, &m->vcpus[1], &err), -EMFILE);
    CHECK_STR(err->object, "-smp");
    CHECK_STR(err->value, "KVM_CREATE_VCPU for CPU 1, APIC id 7");
    error_free(err);
    CHECK(fcntl(0, F_GETFD) >= 0);                      /* what was not opened is not closed */
    model.no_vcpu = 0;
    kvm_of(m)->run_bytes = 0;
    err = NULL;
    CHECK_EQ(vcpu_new(m, 1, 7, NULL, &m->vcpus[1], &err), -EINVAL);
    CHECK_STR(err->value, "mmap of CPU 1");
    error_free(err);
    kvm_of(m)->run_bytes = MODEL_RUN_BYTES;
    model_end();
}

/* Of descriptors and mappings of the kernel's. */
static unsigned host_resources(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    unsigned n = 0;
    char line[300];

    while (f && fgets(line, sizeof(line), f))
        n += strstr(line, "kvm-model") != NULL;
    fclose(f);
    for (int fd = 0; fd < 100; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void a_machine_that_is_gone_keeps_nothing_of_the_host(void)
{
    unsigned before = host_resources();

    model_begin(true);
    cpus_begin(2);
    CHECK(host_resources() >= before + 6);              /* a device, a VM, two vCPUs with their pages */
    model_end();
    CHECK_EQ(host_resources(), before);
}

/* System management mode. */

static int guest_in_smm(struct model_cpu *cpu_model)
{
    cpu_model->run->flags = KVM_RUN_X86_SMM;
    return guest_asks(cpu_model);
}

static int guest_out_of_smm(struct model_cpu *cpu_model)
{
    cpu_model->run->flags = 0;
    return guest_asks(cpu_model);
}

static void an_exit_says_whether_the_vcpu_is_in_smm(void)
{
    for (unsigned smm = 0; smm < 2; smm++) {
        one_cpu_begin(smm);
        c->guest = guest_in_smm;
        run();
        CHECK_EQ(cpu->smm, smm);                        /* without the capability the bit means nothing */
        run();
        CHECK_EQ(cpu->smm, smm);
        c->guest = guest_out_of_smm;
        run();
        CHECK(!cpu->smm);
        model_end();
    }
}

static void nmi_and_smi_reach_the_kernel_that_has_them(void)
{
    for (unsigned smm = 0; smm < 2; smm++) {
        one_cpu_begin(smm);
        kvm_vcpu_inject(cpu, VCPU_NMI);
        CHECK(c->nmis == 1 && !c->smis);
        CHECK(kvm_vcpu_has_event(cpu));
        kvm_vcpu_inject(cpu, VCPU_SMI);
        CHECK(c->nmis == 1 && c->smis == smm);
        kvm_vcpu_inject(cpu, VCPU_NMI | VCPU_SMI);
        CHECK(c->nmis == 2 && c->smis == 2 * smm);
        c->guest = guest_asks;
        run();
        CHECK(!kvm_vcpu_has_event(cpu));                /* it has had its chance to see them */
        model_end();
    }
}

static bool slot_at(unsigned as, uint64_t gpa)
{
    for (unsigned i = 0; i < MODEL_SLOTS; i++)
        if (gpa - model.slot[as][i].guest_phys_addr < model.slot[as][i].memory_size)
            return true;
    return false;
}

/* "KVM_CAP_MULTI_ADDRESS_SPACE: bits 16-31 of slot specify the address space": on x86 1 is what SMM sees. */
static void smram_is_in_the_second_address_space_alone(void)
{
    struct region smram;
    struct ram_block *block;

    one_cpu_begin(true);
    block = ram_region_new(m, &smram, "smram", 16 * PAGE);
    region_map(m, &m->smram, 0x30000000, &smram, 0);
    CHECK(block->host);
    CHECK(slot_at(0, 0) && slot_at(1, 0));
    CHECK(!slot_at(0, 0x30000000) && slot_at(1, 0x30000000));
    region_drop(m, &smram);
    CHECK(!slot_at(1, 0x30000000));
    model_end();
    for (unsigned i = 0; i < MODEL_SLOTS; i++)
        CHECK(!model.slot[1][i].memory_size || model.slot[1][i].guest_phys_addr == 0);
    begin();
    CHECK(slot_at(0, 0) && !slot_at(1, 0));
    model_end();
}

/* Reset, INIT, SIPI. */

static void some_state(struct x86_state *st)
{
    kvm_vcpu_get(cpu, st);
    st->rip = 0x1234;
    st->gpr[RBX] = 0x5678;
    st->lstar = 0x9abc;
    st->mtrr_deftype = 0xc06;
    memset(st->fx + FX_XMM, 0x5a, 16);
    kvm_vcpu_put(cpu, st);
}

/* SDM volume 3, table 9-1: INIT leaves x87, SSE, MTRRs and MSRs alone. */
static void init_is_less_than_a_reset(void)
{
    struct x86_state st;

    begin();
    some_state(&st);
    kvm_vcpu_inject(cpu, VCPU_NMI);
    kvm_vcpu_reset(cpu, true);
    CHECK(!kvm_vcpu_has_event(cpu));
    kvm_vcpu_get(cpu, &st);
    CHECK_EQ(st.rip, 0xfff0);
    CHECK_EQ(st.seg[CS].base, 0xffff0000);
    CHECK_EQ(st.gpr[RBX], 0);
    CHECK_EQ(st.lstar, 0x9abc);
    CHECK_EQ(st.mtrr_deftype, 0xc06);
    CHECK_EQ(st.fx[FX_XMM], 0x5a);
    some_state(&st);
    kvm_vcpu_reset(cpu, false);
    kvm_vcpu_get(cpu, &st);
    CHECK_EQ(st.rip, 0xfff0);
    CHECK_EQ(st.lstar, 0);
    CHECK_EQ(st.fx[FX_XMM], 0);
    model_end();
}

/* SDM volume 3, 8.4.4.2: execution begins at 000VV000h. */
static void sipi_starts_at_its_vectors_page(void)
{
    struct x86_state st;

    begin();
    some_state(&st);
    kvm_vcpu_sipi(cpu, 0x9a);
    kvm_vcpu_get(cpu, &st);
    CHECK_EQ(st.seg[CS].sel, 0x9a00);
    CHECK_EQ(st.seg[CS].base, 0x9a000);
    CHECK_EQ(st.rip, 0);
    CHECK_EQ(st.gpr[RBX], 0x5678);
    model_end();
}

/* Threads: two vCPUs whose guests run until they are kicked. */

#define WAIT_FOR(condition) do loop_turn(loop, 1); while (!(condition))

static void threads_begin(void)
{
    model_begin(false);
    cpus_begin(2);
    for (unsigned i = 0; i < 2; i++)
        CHECK(!vcpu_start_thread(m->vcpus[i], NULL));
    CHECK(!machine_start(m, NULL));
    WAIT_FOR(model.cpu[0].inside && model.cpu[1].inside);
}

static void count_call(struct vcpu *of, void *arg)
{
    ++*(unsigned *)arg;
}

static void a_kick_ends_the_guest(void)
{
    unsigned calls = 0;

    threads_begin();
    for (unsigned i = 0; i < 200; i++)
        vcpu_call(m->vcpus[i & 1], count_call, &calls);
    CHECK_EQ(calls, 200);
    model_end();
}

static bool anybody_inside, was_inside[2];

static void slot_changes(const struct kvm_userspace_memory_region *r)
{
    for (unsigned i = 0; i < 2; i++) {
        was_inside[i] = model.cpu[i].inside;
        anybody_inside |= was_inside[i];
    }
}

/* A slot cannot be cut: it goes, and its parts come.  Nobody may look meanwhile. */
static void no_vcpu_is_in_the_guest_while_ram_is_cut(void)
{
    struct ram_block *block;
    struct region cut;

    threads_begin();
    CHECK(!machine_ram_new(m, &(struct ram_config){ .name = "b", .size = PAGE }, &block, NULL));
    region_init_rom(&cut, "cut", block, 0, PAGE);
    model.slot_changes = slot_changes;
    for (unsigned i = 0; i < 20; i++) {
        anybody_inside = false;
        region_map(m, &m->memory, 0x100000 * (i & 3), &cut, 1);
        CHECK(!anybody_inside);
        WAIT_FOR(model.cpu[0].inside && model.cpu[1].inside);
        map_begin(&m->map);
        region_remove(&cut);
        map_end(&m->map);
        CHECK(!anybody_inside);
        WAIT_FOR(model.cpu[0].inside && model.cpu[1].inside);
    }
    region_fini(&cut);
    model.slot_changes = NULL;
    model_end();
}

/* Such as a BAR that is moved: guests go on. */
static void what_touches_no_memory_of_the_guest_disturbs_nobody(void)
{
    struct ram_block *block;
    struct region far;
    unsigned entered;

    threads_begin();
    CHECK(!machine_ram_new(m, &(struct ram_config){ .name = "b", .size = PAGE }, &block, NULL));
    region_init_rom(&far, "far", block, 0, PAGE);
    entered = model.cpu[0].entered + model.cpu[1].entered;
    model.slot_changes = slot_changes;
    region_map(m, &m->memory, 0x10000000, &far, 1);
    CHECK(was_inside[0] && was_inside[1]);
    region_drop(m, &far);
    CHECK(was_inside[0] && was_inside[1]);
    CHECK_EQ(model.cpu[0].entered + model.cpu[1].entered, entered);
    model.slot_changes = NULL;
    model_end();
}

/* Who comes while memory changes waits outside. */
static void a_fence_holds_back_who_wants_to_enter(void)
{
    unsigned entered;

    threads_begin();
    fence_begin(kvm_of(m));
    CHECK(!model.cpu[0].inside && !model.cpu[1].inside);
    entered = model.cpu[0].entered + model.cpu[1].entered;
    for (unsigned i = 0; i < 20; i++)
        loop_turn(loop, 1);
    CHECK_EQ(model.cpu[0].entered + model.cpu[1].entered, entered);
    fence_end(kvm_of(m));
    WAIT_FOR(model.cpu[0].inside && model.cpu[1].inside);
    model_end();
}

int main(void)
{
    alarm(60);
    epoch_thread_init();
    TEST(the_last_instruction_is_completed_before_run_returns);
    TEST(every_element_of_a_string_is_completed);
    TEST(what_is_complete_is_not_completed_again);
    TEST(a_signal_that_nobody_sent_for_us_only_interrupts);
    TEST(a_request_on_the_way_in_keeps_the_vcpu_out);
    TEST(an_interrupt_waits_until_the_guest_can_take_it);
    TEST(an_interrupt_that_went_away_is_not_injected);
    TEST(a_waiting_interrupt_ends_a_halt_if_the_guest_lets_it);
    TEST(cr8_and_the_apics_base_follow_the_guest);
    TEST(a_vcpu_that_cannot_run_stands_until_it_is_reset);
    TEST(a_vcpu_that_cannot_be_made_is_refused_by_name);
    TEST(a_machine_that_is_gone_keeps_nothing_of_the_host);
    TEST(an_exit_says_whether_the_vcpu_is_in_smm);
    TEST(nmi_and_smi_reach_the_kernel_that_has_them);
    TEST(smram_is_in_the_second_address_space_alone);
    TEST(init_is_less_than_a_reset);
    TEST(sipi_starts_at_its_vectors_page);
    TEST(a_kick_ends_the_guest);
    TEST(no_vcpu_is_in_the_guest_while_ram_is_cut);
    TEST(what_touches_no_memory_of_the_guest_disturbs_nobody);
    TEST(a_fence_holds_back_who_wants_to_enter);
    epoch_thread_fini();
    return test_end();
}
