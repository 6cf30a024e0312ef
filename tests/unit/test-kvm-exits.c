/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kvm-model.h"

/*
 * KVM's exits, and the VM, against a model of the kernel: what a device sees of an access, halts, errors, capabilities
 *
 * After the kernel's API document, "the kvm_run structure" and section 4.
 */

#include "core/runstate.h"

static void begin(void)
{
    one_cpu_begin(false);
}

/* A device at PROBE and at port 500h sees what the guest does. */

enum { PROBE = 0xe0000000, SEEN = 16 };

struct probe {
    struct device dev;
    struct { uint8_t none; } cfg;
    struct { uint64_t at, val; unsigned size; bool write; } seen[SEEN];
    unsigned n;
};

static void probe_see(struct device *dev, uint64_t at, unsigned size, uint64_t val, bool write)
{
    struct probe *p = (struct probe *)dev;

    p->seen[p->n].at = at;
    p->seen[p->n].val = val;
    p->seen[p->n].size = size;
    p->seen[p->n++].write = write;
}

static uint64_t probe_read(struct device *dev, uint64_t at, unsigned size)
{
    probe_see(dev, at, size, 0, false);
    return 0xf0f1f2f3f4f5f6f7ull + at * 0x0101010101010101;
}

static void probe_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    probe_see(dev, at, size, val, true);
}

static const struct region_type probe_regions[] = {
    { .name = "probe", .size = 0x1000, .min = 1, .max = 8, .read = probe_read, .write = probe_write },
    { .name = "probe-ports", .size = 8, .min = 1, .max = 4, .ports = true, .read = probe_read, .write = probe_write },
    {}
};
static const struct device_type probe_type = {
    .type = { .name = "kvm-model-probe", .parent = "device", .doc = "remembers accesses", .internal = true,
              DEVICE(struct probe), .state = &no_state },
    .regions = probe_regions,
};
DEVICE_TYPE(probe_type);

static struct probe *begin_probe(void)
{
    struct probe *p;

    begin();
    p = (struct probe *)device_new(m, &probe_type);
    CHECK(!device_realize(&p->dev, NULL, NULL, NULL));
    device_map(&p->dev, 0, &m->memory, PROBE, 0);
    device_map(&p->dev, 1, &m->io, 0x500, 0);
    return p;
}

static void end_probe(struct probe *p)
{
    device_free(&p->dev);
    model_end();
}

static bool mmio(bool write, unsigned len)
{
    c->run->exit_reason = KVM_EXIT_MMIO;
    c->run->mmio.phys_addr = PROBE + 0x10;
    c->run->mmio.is_write = write;
    c->run->mmio.len = len;
    return kvm_exit(kvm_vcpu_of(cpu));
}

/* "data: the bytes of the access in the first 'len' bytes": a part of three bytes is a word and a byte. */
static void memory_exits_are_cut_into_powers_of_two(void)
{
    static const struct { unsigned len, size[3]; } cut[] = {
        { 1, { 1 } }, { 2, { 2 } }, { 3, { 2, 1 } }, { 4, { 4 } }, { 5, { 4, 1 } }, { 6, { 4, 2 } },
        { 7, { 4, 2, 1 } }, { 8, { 8 } }, { 9, { 8 } },
    };
    static const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    for (unsigned i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        struct probe *p = begin_probe();
        unsigned at = 0;

        memcpy(c->run->mmio.data, bytes, 8);
        CHECK(mmio(true, cut[i].len));
        for (unsigned n = 0; n < 3 && cut[i].size[n]; at += cut[i].size[n++]) {
            uint64_t val = 0;

            memcpy(&val, bytes + at, cut[i].size[n]);
            CHECK_EQ(p->seen[n].at, 0x10 + at);
            CHECK_EQ(p->seen[n].size, cut[i].size[n]);
            CHECK_EQ(p->seen[n].val, val);
        }
        CHECK_EQ(at, cut[i].len < 8 ? cut[i].len : 8);
        memset(c->run->mmio.data, 0, 8);
        CHECK(mmio(false, cut[i].len));
        for (unsigned n = 0, from = 0; from < at; from += cut[i].size[n++])     /* each part at its place */
            CHECK_EQ(c->run->mmio.data[from], (uint8_t)(0xf7 + 0x10 + from));
        CHECK(at == 8 || !c->run->mmio.data[at]);
        end_probe(p);
    }
}

static bool ports(bool out, unsigned size, unsigned count)
{
    c->run->exit_reason = KVM_EXIT_IO;
    c->run->io.direction = out ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
    c->run->io.size = size;
    c->run->io.count = count;
    c->run->io.port = 0x504;
    c->run->io.data_offset = PAGE;
    return kvm_exit(kvm_vcpu_of(cpu));
}

/* "io.data_offset: relative to kvm_run start"; "count" elements follow each other there. */
static void port_exits_move_every_element(void)
{
    uint8_t *data;

    for (unsigned size = 1; size <= 4; size *= 2) {
        struct probe *p = begin_probe();

        data = (uint8_t *)c->run + PAGE;
        for (unsigned i = 0; i < 16; i++)
            data[i] = i + 1;
        CHECK(ports(true, size, 3));
        CHECK_EQ(p->n, 3);
        for (unsigned i = 0; i < 3; i++) {
            uint64_t val = 0;

            memcpy(&val, data + i * size, size);
            CHECK(p->seen[i].write && p->seen[i].at == 4 && p->seen[i].size == size);
            CHECK_EQ(p->seen[i].val, val);
        }
        CHECK(ports(false, size, 2));
        CHECK_EQ(p->n, 5);
        for (unsigned i = 0; i < 2 * size; i++)
            CHECK_EQ(data[i], 0xfb - i % size);
        CHECK_EQ(data[2 * size], 2 * size + 1);         /* as it was */
        end_probe(p);
    }
}

static int exit_port_once(struct model_cpu *cpu_model)
{
    ask();
    cpu_model->run->exit_reason = KVM_EXIT_IO;
    cpu_model->run->io.direction = KVM_EXIT_IO_OUT;
    cpu_model->run->io.size = cpu_model->run->io.count = 1;
    cpu_model->run->io.port = 0x500;
    cpu_model->run->io.data_offset = PAGE;
    return 0;
}

static void every_repetition_of_an_out_is_seen(void)
{
    struct probe *p = begin_probe();

    c->guest = exit_port_once;
    c->again = 3;
    run();
    CHECK_EQ(p->n, 4);
    CHECK_EQ(c->completed, 4);
    CHECK(!c->pending);
    end_probe(p);
}

static int exit_all_kinds(struct model_cpu *cpu_model)
{
    static const uint32_t kinds[] = { KVM_EXIT_MMIO, KVM_EXIT_IRQ_WINDOW_OPEN, KVM_EXIT_SET_TPR, KVM_EXIT_INTR,
                                      KVM_EXIT_IO, KVM_EXIT_IOAPIC_EOI, KVM_EXIT_INTR };

    if (cpu_model->entered == sizeof(kinds) / sizeof(kinds[0]))
        ask();
    cpu_model->run->exit_reason = kinds[cpu_model->entered - 1];
    memset(&cpu_model->run->io, 0, sizeof(cpu_model->run->io));
    return 0;
}

static void what_is_served_does_not_end_the_run(void)
{
    begin();
    c->guest = exit_all_kinds;
    run();
    CHECK_EQ(c->entered, 7);
    model_end();
}

static uint8_t ended;

static void apic_eoi(void *opaque, uint8_t vector)
{
    ended = vector;
}

static void an_eoi_of_the_kernels_apic_reaches_our_controller(void)
{
    static const struct vcpu_intc with_eoi = { .eoi = apic_eoi };

    begin();
    cpu->intc = &with_eoi;
    c->run->exit_reason = KVM_EXIT_IOAPIC_EOI;
    c->run->eoi.vector = 0x77;
    CHECK(kvm_exit(kvm_vcpu_of(cpu)));
    CHECK_EQ(ended, 0x77);
    model_end();
}

static bool apic_waits;

static bool apic_pending(void *opaque)
{
    return apic_waits;
}

static const struct vcpu_intc asleep = { .pending = apic_pending };

/* An interrupt that came since the guest was left is not slept through. */
static void a_halt_is_one_unless_an_interrupt_may_come(void)
{
    for (unsigned pending = 0; pending < 2; pending++)
        for (unsigned enabled = 0; enabled < 2; enabled++) {
            begin();
            cpu->intc = &asleep;
            apic_waits = pending;
            c->run->exit_reason = KVM_EXIT_HLT;
            c->run->if_flag = enabled;
            CHECK_EQ(kvm_exit(kvm_vcpu_of(cpu)), pending && enabled);
            CHECK_EQ(cpu->halted, !(pending && enabled));
            model_end();
        }
    begin();
    c->run->exit_reason = KVM_EXIT_HLT;
    c->run->if_flag = 1;
    CHECK(!kvm_exit(kvm_vcpu_of(cpu)));
    CHECK(cpu->halted);
    model_end();
}

static int guest_triple_fault(struct model_cpu *cpu_model)
{
    cpu_model->run->exit_reason = KVM_EXIT_SHUTDOWN;
    return 0;
}

static void a_triple_fault_asks_for_a_reset_and_stands_until_it_comes(void)
{
    begin();
    c->guest = guest_triple_fault;
    run();
    CHECK_EQ(m->reset_requested, CAUSE_GUEST_RESET);
    CHECK(cpu->halted);
    cpu->halted = false;
    run();
    CHECK(cpu->halted);
    CHECK_EQ(c->entered, 1);
    model_end();
}

/* A person gets to see what the kernel said, six words of it. */
static void an_internal_error_is_told_with_its_data(void)
{
    static const struct { unsigned n; const char *says; } want[] = {
        { 0, "CPU 0: KVM internal error, suberror 3, no data\n" },
        { 2, "CPU 0: KVM internal error, suberror 3, 1000000000000000 1000000000000001\n" },
        { 9, "CPU 0: KVM internal error, suberror 3, 1000000000000000 1000000000000001 1000000000000002 "
             "1000000000000003 1000000000000004 1000000000000005\n" },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        int said = memfd_create("said", MFD_CLOEXEC), err = dup(STDERR_FILENO);
        char text[4096] = "";

        begin();
        c->run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
        c->run->internal.suberror = 3;
        c->run->internal.ndata = want[i].n;
        for (unsigned n = 0; n < 9; n++)
            c->run->internal.data[n] = (1ull << 60) + n;
        fflush(stderr);
        dup2(said, STDERR_FILENO);
        CHECK(!kvm_exit(kvm_vcpu_of(cpu)));
        fflush(stderr);
        dup2(err, STDERR_FILENO);
        close(err);
        CHECK(pread(said, text, sizeof(text) - 1, 0) > 0);
        close(said);
        CHECK(strstr(text, want[i].says));
        model_end();
    }
}

static void exit_is_an_internal_error(uint32_t reason, uint32_t event)
{
    begin();
    CHECK(!machine_start(m, NULL));
    c->run->exit_reason = reason;
    c->run->system_event.type = event;
    CHECK(!kvm_exit(kvm_vcpu_of(cpu)));
    loop_turn(loop, 0);
    CHECK_EQ(m->run_state, RUN_INTERNAL_ERROR);
    model_end();
}

static void exits_that_nobody_can_serve_end_in_internal_error(void)
{
    exit_is_an_internal_error(KVM_EXIT_INTERNAL_ERROR, 0);
    exit_is_an_internal_error(KVM_EXIT_FAIL_ENTRY, 0);
    exit_is_an_internal_error(KVM_EXIT_SYSTEM_EVENT, 99);
}

static void a_system_event_asks_for_a_shutdown_or_a_reset(void)
{
    begin();
    c->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
    c->run->system_event.type = KVM_SYSTEM_EVENT_SHUTDOWN;
    CHECK(!kvm_exit(kvm_vcpu_of(cpu)));
    CHECK_EQ(m->shutdown_requested, CAUSE_GUEST_SHUTDOWN);
    CHECK_EQ(m->reset_requested, CAUSE_NONE);
    c->run->system_event.type = KVM_SYSTEM_EVENT_RESET;
    CHECK(!kvm_exit(kvm_vcpu_of(cpu)));
    CHECK_EQ(m->reset_requested, CAUSE_GUEST_RESET);
    model_end();
}

/* "KVM_CAP_X86_SMM" alone is not enough: SMRAM needs an address space of its own. */
static void smm_is_there_when_the_kernel_has_both_parts_of_it(void)
{
    for (unsigned n = 0; n < 3; n++) {
        memset(&model, 0, sizeof(model));
        model.max_slots = MODEL_SLOTS;
        model.run_bytes = MODEL_RUN_BYTES;
        model.smm = n > 0;
        model.one_space = n == 1;
        machine_begin();
        CHECK_EQ(kvm_of(m)->has_smm, n == 2);
        CHECK_EQ(m->accel->no_smm, n != 2);
        model_end();
    }
}

/* The VM */

/* "KVM_SET_TSS_ADDR: a three-page region", "KVM_SET_IDENTITY_MAP_ADDR: one page", "not conflict with any memory slot or
 * any mmio address": the e820 map leaves out what the accelerator says. */
static void pages_for_real_mode_lie_where_nothing_else_does(void)
{
    begin();
    CHECK_EQ(m->accel->reserved_gpa, 0xfeffc000);
    CHECK_EQ(m->accel->reserved_bytes, 4 * PAGE);
    CHECK_EQ(model.identity_map, 0xfeffc000);
    CHECK_EQ(model.tss, 0xfeffd000);
    model_end();
}

/* "KVM_CAP_NR_MEMSLOTS": kernels that do not tell have 32. */
static void a_kernel_that_does_not_tell_has_32_slots(void)
{
    begin();
    CHECK_EQ(kvm_of(m)->max_slots, MODEL_SLOTS);
    model_end();
    memset(&model, 0, sizeof(model));
    model.run_bytes = MODEL_RUN_BYTES;
    machine_begin();
    CHECK_EQ(kvm_of(m)->max_slots, 32);
    model_end();
}

static void the_paravirtual_clock_is_the_kernels(void)
{
    begin();
    m->accel->ops->clock_set(m->accel, 5000000000ull);
    CHECK_EQ(model.clock_ns, 5000000000ull);
    model.clock_ns = 7000000000ull;
    CHECK_EQ(m->accel->ops->clock_get(m->accel), 7000000000ull);
    model_end();
}

static void options_that_are_not_there_are_told_from_those_that_never_were(void)
{
    static const struct { const char *options; enum error_kind kind; } wrong[] = {
        { "dirty-ring-size=4096", ERROR_UNSUPPORTED }, { "notify-vmexit=run", ERROR_UNSUPPORTED },
        { "kvm-shadow-mem", ERROR_UNSUPPORTED }, { "notify-windows=1", ERROR_UNKNOWN }, { "notify=1", ERROR_UNKNOWN },
        { "kernel-irqchip=o", ERROR_SYNTAX }, { "kernel_irqchip=offf", ERROR_SYNTAX },
    };

    begin();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct error *err = NULL;
        struct machine *other;

        CHECK(!machine_new(loop, 702, &other, NULL));
        CHECK(accel_open(other, "kvm", wrong[i].options, &err) < 0);
        CHECK_EQ(err->kind, wrong[i].kind);
        error_free(err);
        machine_free(other);
    }
    model_end();
}

int main(void)
{
    epoch_thread_init();
    TEST(memory_exits_are_cut_into_powers_of_two);
    TEST(port_exits_move_every_element);
    TEST(every_repetition_of_an_out_is_seen);
    TEST(what_is_served_does_not_end_the_run);
    TEST(an_eoi_of_the_kernels_apic_reaches_our_controller);
    TEST(a_halt_is_one_unless_an_interrupt_may_come);
    TEST(a_triple_fault_asks_for_a_reset_and_stands_until_it_comes);
    TEST(an_internal_error_is_told_with_its_data);
    TEST(exits_that_nobody_can_serve_end_in_internal_error);
    TEST(a_system_event_asks_for_a_shutdown_or_a_reset);
    TEST(smm_is_there_when_the_kernel_has_both_parts_of_it);
    TEST(pages_for_real_mode_lie_where_nothing_else_does);
    TEST(a_kernel_that_does_not_tell_has_32_slots);
    TEST(the_paravirtual_clock_is_the_kernels);
    TEST(options_that_are_not_there_are_told_from_those_that_never_were);
    epoch_thread_fini();
    return test_end();
}
