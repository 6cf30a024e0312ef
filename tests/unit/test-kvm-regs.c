/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kvm-model.h"

/*
 * What of a vCPU, and of the kernel's interrupt controllers, goes to the kernel and comes back, against a model of it
 *
 * Places are those of the SDM: FXSAVE image (volume 1, 10.5.1), segment descriptors (volume 3, 3.4.5), MSRs (volume 4),
 * local vector table (volume 3, 10.5.1).  That real kernels take it is test-kvm-state's.
 */

#include "cpu/device.h"

#include <time.h>

static void fresh(void)
{
    memset(&model, 0, sizeof(model));
    model.max_slots = MODEL_SLOTS;
    model.run_bytes = MODEL_RUN_BYTES;
}

static void begin_mode(const char *options)
{
    machine_begin_with(options);
    machine_phase_advance(m, PHASE_ACCEL);
    cpus_begin(1);
    c = &model.cpu[0];
    cpu = m->vcpus[0];
}

static void begin(void)
{
    fresh();
    begin_mode("kernel-irqchip=off");
}

static struct x86_state sent, got;

static void put(void)
{
    kvm_vcpu_put(cpu, &sent);
    kvm_vcpu_get(cpu, &got);
}

static uint8_t byte_of(unsigned seed)
{
    return seed * 37 + 11;
}

/* 10.5.1: FCW 0, FSW 2, FTW 4, FOP 6, FIP 8, FDP 16, MXCSR 24, its mask 28, ST0 from 32 on, XMM0 from 160 on. */
static void fx_fill(void)
{
    x86_state_reset(&sent, NULL, true);
    for (unsigned i = 0; i < 416; i++)
        sent.fx[i] = byte_of(i);
    sent.fx[5] = 0;                                     /* reserved */
    memset(sent.fx + 28, 0, 4);
}

static void a_kernel_without_xsave_takes_the_fpu_in_pieces(void)
{
    const struct kvm_fpu *f;

    fresh();
    model.lacks_one = true;
    model.lacks = KVM_CAP_XSAVE;
    begin_mode("kernel-irqchip=off");
    fx_fill();
    put();
    f = (const struct kvm_fpu *)(const void *)c->state[MODEL_FPU];
    CHECK_EQ(f->fcw, byte_of(0) | byte_of(1) << 8);
    CHECK_EQ(f->fsw, byte_of(2) | byte_of(3) << 8);
    CHECK_EQ(f->ftwx, byte_of(4));
    CHECK_EQ(f->last_opcode, byte_of(6) | byte_of(7) << 8);
    CHECK(!memcmp(&f->last_ip, sent.fx + 8, 8) && !memcmp(&f->last_dp, sent.fx + 16, 8));
    CHECK(!memcmp(&f->mxcsr, sent.fx + 24, 4));
    CHECK(!memcmp(f->fpr, sent.fx + 32, 128) && !memcmp(f->xmm, sent.fx + 160, 256));
    CHECK(!memcmp(got.fx, sent.fx, 512));
    model_end();
}

/* Volume 1, 13.4: the legacy region is the FXSAVE image, XSTATE_BV follows it: x87 and SSE. */
static void a_kernel_with_xsave_takes_the_image(void)
{
    uint64_t parts;

    begin();
    fx_fill();
    memset(sent.fx + 28, 0xff, 4);
    memset(sent.fx + 416, 0xff, 96);
    put();
    memcpy(&parts, c->state[MODEL_XSAVE] + 512, 8);
    CHECK_EQ(parts, 3);
    memset(sent.fx + 28, 0, 4);                         /* the processor's to say */
    CHECK(!memcmp(c->state[MODEL_XSAVE], sent.fx, 416));
    memset(sent.fx + 416, 0, 96);
    CHECK(!memcmp(got.fx, sent.fx, 512));
    model_end();
}

static const struct kvm_sregs *sregs(void)
{
    return (const struct kvm_sregs *)(const void *)c->state[MODEL_SREGS];
}

/* 3.4.5: type, S, DPL, P, AVL, L, D/B, G; VMX calls a segment that is not present unusable. */
static void each_part_of_a_segment_has_its_place(void)
{
    static const struct { uint32_t attr; uint8_t type, s, dpl, present, avl, l, db, g; } want[] = {
        { 0x9b00, 11, 1, 0, 1, 0, 0, 0, 0 }, { 0xf300, 3, 1, 3, 1, 0, 0, 0, 0 }, { 0x108b00, 11, 0, 0, 1, 1, 0, 0, 0 },
        { 0x20fb00, 11, 1, 3, 1, 0, 1, 0, 0 }, { 0x40d300, 3, 1, 2, 1, 0, 0, 1, 0 },
        { 0x809300, 3, 1, 0, 1, 0, 0, 0, 1 },
        { 0x1300, 3, 1, 0, 0, 0, 0, 0, 0 },
    };

    begin();
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct kvm_segment s;

        x86_state_reset(&sent, NULL, true);
        sent.seg[FS] = (struct x86_seg){ .sel = 0x1234, .base = 0x56789abc, .limit = 0xdef01, .attr = want[i].attr };
        put();
        s = sregs()->fs;
        CHECK(s.selector == 0x1234 && s.base == 0x56789abc && s.limit == 0xdef01);
        CHECK(s.type == want[i].type && s.s == want[i].s && s.dpl == want[i].dpl && s.present == want[i].present);
        CHECK(s.avl == want[i].avl && s.l == want[i].l && s.db == want[i].db && s.g == want[i].g);
        CHECK_EQ(s.unusable, !want[i].present);
        CHECK_EQ(got.seg[FS].attr, want[i].present ? want[i].attr : 0);
        CHECK(got.seg[FS].sel == 0x1234 && got.seg[FS].base == 0x56789abc && got.seg[FS].limit == 0xdef01);
        ((struct kvm_sregs *)(void *)c->state[MODEL_SREGS])->fs.unusable = 0;
        kvm_vcpu_get(cpu, &got);
        CHECK_EQ(got.seg[FS].attr, want[i].attr);       /* not present is not the same as unusable */
    }
    model_end();
}

/* "interrupt_bitmap: ... at most one bit": an interrupt that is on its way into the guest. */
static void an_injected_vector_is_a_bit(void)
{
    static const uint8_t vectors[] = { 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff };

    begin();
    for (unsigned i = 0; i < sizeof(vectors); i++) {
        x86_state_reset(&sent, NULL, true);
        sent.injected = 1;
        sent.injected_vector = vectors[i];
        put();
        for (unsigned n = 0; n < 4; n++)
            CHECK_EQ(sregs()->interrupt_bitmap[n], n == vectors[i] / 64 ? 1ull << vectors[i] % 64 : 0);
        CHECK(got.injected && got.injected_vector == vectors[i]);
    }
    sent.injected = 0;
    put();
    for (unsigned n = 0; n < 4; n++)
        CHECK_EQ(sregs()->interrupt_bitmap[n], 0);
    model_end();
}

static uint64_t msr(uint32_t index)
{
    for (unsigned i = 0; i < c->n_msrs; i++)
        if (c->msr[i].index == index)
            return c->msr[i].data;
    printf("# MSR %#x was never set\n", index);
    return ~0ull;
}

static void each_msr_has_its_number(void)
{
    static const struct { uint32_t index; size_t off, size; } want[] = {
#define M(index_, m_) { index_, offsetof(struct x86_state, m_), sizeof(sent.m_) }
        M(0x174, sysenter_cs), M(0x175, sysenter_esp), M(0x176, sysenter_eip), M(0xc0000081, star),
        M(0xc0000082, lstar), M(0xc0000083, cstar), M(0xc0000084, fmask), M(0xc0000102, kernel_gs_base),
        M(0xc0000103, tsc_aux), M(0x277, pat), M(0x1a0, misc_enable), M(0x9e, smbase), M(0x34, smi_count),
        M(0x250, mtrr_fixed[0]), M(0x258, mtrr_fixed[1]), M(0x259, mtrr_fixed[2]), M(0x268, mtrr_fixed[3]),
        M(0x26f, mtrr_fixed[10]), M(0x2ff, mtrr_deftype), M(0x200, mtrr_var[0][0]), M(0x201, mtrr_var[0][1]),
        M(0x20f, mtrr_var[7][1]), M(0x17a, mcg_status), M(0x17b, mcg_ctl), M(0x400, mce_banks[0]),
        M(0x427, mce_banks[39]), M(0x11, wall_clock_msr), M(0x12, system_time_msr),
#undef M
    };

    begin();
    x86_state_reset(&sent, NULL, true);
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        for (unsigned n = 0; n < want[i].size; n++)
            ((uint8_t *)&sent)[want[i].off + n] = byte_of(8 * i + n);
    put();
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        uint64_t val = 0;

        memcpy(&val, (uint8_t *)&sent + want[i].off, want[i].size);
        CHECK_EQ(msr(want[i].index), val);
        CHECK(!memcmp((uint8_t *)&got + want[i].off, (uint8_t *)&sent + want[i].off, want[i].size));
    }
    model_end();
}

/* "KVM_SET_MSRS ... the number of msrs successfully set": what comes behind one that is refused is set all the same. */
static void an_msr_that_is_refused_stops_no_other(void)
{
    unsigned all;

    begin();
    x86_state_reset(&sent, NULL, true);
    sent.star = 0x1111;
    sent.lstar = 0x2222;
    sent.cstar = 0x3333;
    c->msrs_set = 0;
    kvm_vcpu_put(cpu, &sent);
    all = c->msrs_set;
    CHECK_EQ(msr(0xc0000082), 0x2222);
    sent.star = 0x4444;
    sent.lstar = 0x5555;
    sent.cstar = 0x6666;
    c->msrs_set = 0;
    c->no_msr = 0xc0000082;
    kvm_vcpu_put(cpu, &sent);
    CHECK(msr(0xc0000081) == 0x4444 && msr(0xc0000083) == 0x6666);
    CHECK_EQ(msr(0xc0000082), 0x2222);
    CHECK_EQ(c->msrs_set, all - 1);                     /* each once */
    model_end();
}

/* The guest's TSC is the machine's clock and an offset; it stands while the machine does. */
static void the_tsc_follows_the_machine(void)
{
    begin();
    machine_clock_step(m, 1000000);
    x86_state_reset(&sent, NULL, true);
    sent.tsc_offset = 5000;
    put();
    CHECK_EQ(msr(0x10), 1005000);
    CHECK_EQ(got.tsc_offset, 5000);
    for (unsigned i = 0; i < c->n_msrs; i++)
        if (c->msr[i].index == 0x10)
            c->msr[i].data = 1009000;                   /* the guest wrote it, or it ran */
    tsc_stop(kvm_vcpu_of(cpu));
    kvm_vcpu_get(cpu, &got);
    CHECK_EQ(got.tsc_offset, 9000);
    tsc_start(kvm_vcpu_of(cpu), 2000000);
    CHECK_EQ(msr(0x10), 2009000);
    model_end();
}

static void smm_is_told_where_the_kernel_has_it(void)
{
    for (unsigned smm = 0; smm < 2; smm++) {
        const struct kvm_vcpu_events *e;

        fresh();
        model.smm = smm;
        begin_mode("kernel-irqchip=off");
        x86_state_reset(&sent, NULL, true);
        sent.smm = sent.smi_pending = sent.nmi_masked = sent.inhibit = 1;
        put();
        e = (const struct kvm_vcpu_events *)(const void *)c->state[MODEL_EVENTS];
        CHECK_EQ(!!(e->flags & KVM_VCPUEVENT_VALID_SMM), smm);
        CHECK(e->smi.smm == smm && e->smi.pending == smm && got.smm == smm && got.smi_pending == smm);
        CHECK(e->nmi.masked && e->interrupt.shadow == KVM_X86_SHADOW_INT_STI);
        CHECK_EQ(cpu->smm, smm);
        model_end();
    }
}

/* The kernel's interrupt controllers */

static const struct accel_irqchip *chips(void)
{
    return m->accel->irqchip;
}

static void a_local_apic_comes_back_with_its_base_and_its_deadline(void)
{
    struct lapic_image image = { .base = 0xfee00900 }, back;

    fresh();
    begin_mode("kernel-irqchip=on");
    for (unsigned i = 0; i < sizeof(image.page); i++)
        image.page[i] = byte_of(i);
    x86_state_reset(&sent, NULL, true);
    sent.tsc_deadline = 0x123456;
    kvm_vcpu_put(cpu, &sent);
    chips()->lapic_put(cpu, &image);
    CHECK_EQ(msr(0x1b), 0xfee00900);
    CHECK_EQ(msr(0x6e0), 0x123456);
    CHECK(!memcmp(c->state[MODEL_LAPIC], image.page, sizeof(image.page)));
    chips()->lapic_get(cpu, &back);
    CHECK(!memcmp(back.page, image.page, sizeof(image.page)));
    CHECK(back.base == 0xfee00900 && back.tsc_deadline == 0x123456);
    c->no_msr = 0x6e0;
    chips()->lapic_get(cpu, &back);
    CHECK_EQ(back.tsc_deadline, 0);
    model_end();
}

/* 10.5.1, LVT LINT1 (360h): an edge at that pin is an NMI when its delivery mode is 100 and it is not masked. */
static void an_edge_at_lint1_is_what_its_vector_says(void)
{
    static const struct { uint32_t lvt; bool nmi; } want[] = {
        { 0x400, true }, { 0x10400, false }, { 0x000, false }, { 0x200, false }, { 0x500, false }, { 0x700, false },
        { 0x42f, true }, { 0x600, false },
    };

    fresh();
    begin_mode("kernel-irqchip=split");
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        unsigned before = c->nmis;

        memcpy(c->state[MODEL_LAPIC] + 0x360, &want[i].lvt, 4);
        chips()->lint1(cpu);
        CHECK(cpu->requests & VCPU_NMI);
        kvm_vcpu_inject(cpu, VCPU_NMI);
        CHECK_EQ(c->nmis - before, want[i].nmi);
        kvm_vcpu_inject(cpu, VCPU_NMI);                 /* one that is not that pin's is always one */
        CHECK_EQ(c->nmis - before, want[i].nmi + 1);
    }
    model_end();
}

static void the_8259s_come_back_member_by_member(void)
{
    fresh();
    begin_mode("kernel-irqchip=on");
    for (unsigned id = 0; id < 2; id++) {
        struct pic_image sent_pic, back;
        const struct kvm_pic_state *k = &model.chip[id].chip.pic;

        for (unsigned i = 0; i < sizeof(sent_pic); i++)
            ((uint8_t *)&sent_pic)[i] = 16 * id + i + 1;
        sent_pic.top = 5;
        chips()->pic_put(m->accel, id, &sent_pic);
        CHECK_EQ(model.chip[id].chip_id, id);
        CHECK(k->last_irr == sent_pic.lines && k->irr == sent_pic.irr && k->imr == sent_pic.imr);
        CHECK(k->isr == sent_pic.isr && k->priority_add == 5 && k->irq_base == sent_pic.base);
        CHECK(k->read_reg_select == sent_pic.read_isr && k->poll == sent_pic.poll && k->elcr == sent_pic.elcr);
        CHECK(k->init_state == sent_pic.expects && k->elcr_mask == sent_pic.elcr_mask);
        chips()->pic_get(m->accel, id, &back);
        CHECK(!memcmp(&back, &sent_pic, sizeof(back)));
        model.chip[id].chip.pic.priority_add = 13;      /* of which three bits are the input's number */
        chips()->pic_get(m->accel, id, &back);
        CHECK_EQ(back.top, 5);
    }
    model_end();
}

static void the_io_apic_comes_back_pin_by_pin(void)
{
    struct ioapic_image io = { .base = 0xfec00000, .select = 0x12, .id = 3, .irr = 0x800001 }, back;

    fresh();
    begin_mode("kernel-irqchip=on");
    for (unsigned pin = 0; pin < IRQCHIP_PINS; pin++)
        io.entry[pin] = 0x0100000000010030 + pin;
    chips()->ioapic_put(m->accel, &io);
    for (unsigned pin = 0; pin < IRQCHIP_PINS; pin++)
        CHECK_EQ(model.chip[2].chip.ioapic.redirtbl[pin].bits, io.entry[pin]);
    CHECK(model.chip[2].chip.ioapic.base_address == 0xfec00000 && model.chip[2].chip.ioapic.ioregsel == 0x12);
    CHECK(model.chip[2].chip.ioapic.id == 3 && model.chip[2].chip.ioapic.irr == 0x800001);
    chips()->ioapic_get(m->accel, &back);
    CHECK(!memcmp(&back, &io, sizeof(io)));
    model_end();
}

static int64_t host_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

/* "count_load_time" is the host's monotonic clock; ours is the machine's, which stands at 5 ms here. */
static void the_8254_counts_in_the_hosts_clock(void)
{
    struct pit_image pit = { .disabled = true }, back;
    int64_t before, after;

    fresh();
    begin_mode("kernel-irqchip=on");
    machine_clock_step(m, 5000000);
    for (unsigned i = 0; i < IRQCHIP_PIT_CHANNELS; i++)
        pit.channel[i] = (struct pit_channel_image){
            .load_ns = 4000000 + i, .count = 0x10000 - i, .latched_count = 0x1230 + i, .count_latched = 1,
            .status_latched = 2, .status = 3, .read_state = 4, .write_state = 5, .write_latch = 6, .rw_mode = 7,
            .mode = 8, .bcd = 9, .gate = 10,
        };
    before = host_ns();
    chips()->pit_put(m->accel, &pit);
    after = host_ns();
    CHECK_EQ(model.pit_state.flags, KVM_PIT_FLAGS_HPET_LEGACY);
    for (unsigned i = 0; i < IRQCHIP_PIT_CHANNELS; i++) {
        const struct kvm_pit_channel_state *k = &model.pit_state.channels[i];

        CHECK(k->count_load_time >= before - 1000000 + i && k->count_load_time <= after - 1000000 + i);
        CHECK(k->count == 0x10000 - i && k->latched_count == 0x1230 + i && k->count_latched == 1);
        CHECK(k->status_latched == 2 && k->status == 3 && k->read_state == 4 && k->write_state == 5);
        CHECK(k->write_latch == 6 && k->rw_mode == 7 && k->mode == 8 && k->bcd == 9 && k->gate == 10);
        model.pit_state.channels[i].count_load_time = host_ns() - 2000000 - i;
    }
    before = host_ns();
    chips()->pit_get(m->accel, &back);
    after = host_ns();
    CHECK(back.disabled);
    for (unsigned i = 0; i < IRQCHIP_PIT_CHANNELS; i++) {
        int64_t loaded = model.pit_state.channels[i].count_load_time;

        CHECK((int64_t)back.channel[i].load_ns <= loaded - before + 5000000);
        CHECK((int64_t)back.channel[i].load_ns >= loaded - after + 5000000);
        back.channel[i].load_ns = pit.channel[i].load_ns;
        CHECK(!memcmp(&back.channel[i], &pit.channel[i], sizeof(pit.channel[i])));
        model.pit_state.channels[i].count_load_time = 0;        /* before the machine was there */
    }
    model.pit_state.flags = 0;
    chips()->pit_get(m->accel, &back);
    CHECK(!back.disabled && !back.channel[0].load_ns);
    model_end();
}

int main(void)
{
    epoch_thread_init();
    TEST(a_kernel_without_xsave_takes_the_fpu_in_pieces);
    TEST(a_kernel_with_xsave_takes_the_image);
    TEST(each_part_of_a_segment_has_its_place);
    TEST(an_injected_vector_is_a_bit);
    TEST(each_msr_has_its_number);
    TEST(an_msr_that_is_refused_stops_no_other);
    TEST(the_tsc_follows_the_machine);
    TEST(smm_is_told_where_the_kernel_has_it);
    TEST(a_local_apic_comes_back_with_its_base_and_its_deadline);
    TEST(an_edge_at_lint1_is_what_its_vector_says);
    TEST(the_8259s_come_back_member_by_member);
    TEST(the_io_apic_comes_back_pin_by_pin);
    TEST(the_8254_counts_in_the_hosts_clock);
    epoch_thread_fini();
    return test_end();
}
