/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/info.h"
#include "tests/unit/kvm-rig.h"

/*
 * KVM: interrupts, with the controllers in hw/intc (off), the local APICs in the kernel (split), and all of
 * them there (on): the same guests and the same sentences for each.
 */

#include <glib.h>

#define STOP "mov $0x510,%dx; out %al,%dx; cli; 9: hlt; jmp 9b\n"
#define APIC_ON "lidt 0x700; movl $0x1ff,0xfee000f0\n"
/* Halts until at least %edi interrupts have come. */
#define HALT_UNTIL "7: cli; cmp %edi,0x5000; jae 8f; sti; hlt; jmp 7b; 8: sti\n"

/* As IRET to the same level does, which the kernel's emulator has for real mode only. */
#define RETURN "pushl 8(%esp); popfl; ret $8"

GUEST(count_eoi, 32, "lock incl 0x5000; movl $0,0xfee000b0; " RETURN);

static const char *const modes[] = { "off", "split", "on" };

static bool irq_rig(unsigned mode, unsigned cpus, const uint8_t *code, const uint8_t *end)
{
    if (!rig_new(modes[mode], cpus, code, end))
        return false;
    rig.handler = count_eoi;
    rig.handler_end = count_eoi_end;
    return true;
}
#define IRQ_RIG(mode, cpus, guest) irq_rig(mode, cpus, guest, guest##_end)

GUEST(apic_timer, 32,
      APIC_ON "movl $0xb,0xfee003e0; movl $0x40,0xfee00320; mov $1,%ebx\n"
      "1: movl $20000,0xfee00380; mov %ebx,%edi\n" HALT_UNTIL "inc %ebx; cmp $100,%ebx; jbe 1b;" STOP);

static void a_halted_cpu_is_woken_by_its_apic_timer(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, apic_timer))
            return;
        rig_run(1);
        CHECK_EQ(guest_word(DATA), 100);
        rig_free();
    }
}

GUEST(apic_periodic, 32,
      APIC_ON "movl $0xb,0xfee003e0; movl $0x20040,0xfee00320; movl $50000,0xfee00380; mov $50,%edi\n" HALT_UNTIL STOP);

static void a_periodic_apic_timer_comes_again_and_again(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, apic_periodic))
            return;
        rig_run(1);
        CHECK(guest_word(DATA) >= 50);
        rig_free();
    }
}

/* 8259s at 40h and 50h, all masked but input 0; LINT0 as ExtINT; the 8254's channel 0 at about 4 kHz. */
#define PIC_INIT                                                                                        \
    "movl $0x700,0xfee00350; mov $0x11,%al; out %al,$0x20; out %al,$0xa0; mov $0x40,%al; out %al,$0x21\n" \
    "mov $0x50,%al; out %al,$0xa1; mov $4,%al; out %al,$0x21; mov $2,%al; out %al,$0xa1; mov $1,%al\n"   \
    "out %al,$0x21; out %al,$0xa1; mov $0xfe,%al; out %al,$0x21; mov $0xff,%al; out %al,$0xa1\n"
GUEST(pit, 32, APIC_ON PIC_INIT "mov $0x34,%al; out %al,$0x43; mov $0x2c,%al; out %al,$0x40; mov $1,%al\n"
                                "out %al,$0x40; mov $50,%edi\n" HALT_UNTIL STOP);
GUEST(count_pic_eoi, 32, "lock incl 0x5000; push %eax; mov $0x20,%al; out %al,$0x20; pop %eax; " RETURN);

static void the_8254_wakes_a_halted_cpu_through_the_8259(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, pit))
            return;
        rig.handler = count_pic_eoi;
        rig.handler_end = count_pic_eoi_end;
        rig_run(1);
        CHECK(guest_word(DATA) >= 50);
        rig_free();
    }
}

/* Pin 2 of the I/O APIC is where the 8254 arrives; edge, vector 40h, to APIC 0. */
#define IOAPIC_SET(reg, val) "movl $" #reg ",0xfec00000; movl $" #val ",0xfec00010\n"
GUEST(pit_ioapic, 32, APIC_ON IOAPIC_SET(0x15, 0) IOAPIC_SET(0x14, 0x40)
                      "mov $0x34,%al; out %al,$0x43; mov $0x2c,%al; out %al,$0x40; mov $1,%al; out %al,$0x40\n"
                      "mov $50,%edi\n" HALT_UNTIL STOP);

static void the_8254_arrives_at_pin_2_of_the_io_apic(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, pit_ioapic))
            return;
        rig_run(1);
        CHECK(guest_word(DATA) >= 50);
        rig_free();
    }
}

/*
 * Pin 20, level-triggered: the line stays up for two services; the handler lowers it in the third.  The handler
 * reads a port after its EOI: without an exit in between, kvm_pvm forgets to tell the EOI to a split controller when
 * the guest halts next.  The same module delivers the last one twice when all controllers are its own.
 */
GUEST(level, 32, APIC_ON IOAPIC_SET(0x39, 0) IOAPIC_SET(0x38, 0x8040)
                 "mov $1,%ebx; 1: movl $1,0xe0000ffc; lea (%ebx,%ebx,2),%edi\n" HALT_UNTIL
                 "inc %ebx; cmp $20,%ebx; jbe 1b;" STOP);
GUEST(lower_at_third, 32, "push %eax; push %edx; lock incl 0x5000; incl 0x5100; cmpl $3,0x5100; jb 1f; movl $0,0x5100\n"
                          "movl $0,0xe0000ffc; 1: movl $0,0xfee000b0; in $0x80,%al; pop %edx; pop %eax; " RETURN);

static void a_level_interrupt_comes_again_after_its_eoi_until_the_line_falls(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, level))
            return;
        rig.handler = lower_at_third;
        rig.handler_end = lower_at_third_end;
        rig_run(1);
        CHECK(guest_word(DATA) >= 60 && guest_word(DATA) <= (mode == 2 ? 62 : 60));
        rig_free();
    }
}

GUEST(programs, 32, PIC_INIT IOAPIC_SET(0x39, 0) IOAPIC_SET(0x38, 0x18040) STOP);

static void add_line(void *opaque, const char *line)
{
    g_string_append_printf(opaque, "%s\n", line);
}

static void the_monitor_shows_what_the_guest_has_programmed(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        GString *pic = g_string_new(""), *counts = g_string_new("");

        if (IRQ_RIG(mode, 1, programs)) {
            rig_run(1);
            intc_print(rig.m, add_line, pic);
            intc_counts_print(rig.m, add_line, counts);
            CHECK(strstr(pic->str, mode == 2 ? "ioapic0: ver=0x11 id=0x00 sel=0x38 (redir[20])\n"
                                             : "ioapic0: ver=0x20 id=0x00 sel=0x38 (redir[20])\n"));
            CHECK(strstr(pic->str, "  pin 20 0x0000000000018040 dest=0 vec=64  active-hi level masked fixed  "));
            CHECK(strstr(pic->str, "imr=ff isr=00 hprio=0 irq_base=50 rr_sel=0 elcr=00 fnm=0\npic0: "));
            CHECK(strstr(pic->str, "imr=fe isr=00 hprio=0 irq_base=40 rr_sel=0 elcr=00 fnm=0\n"));
            CHECK(strstr(counts->str, mode == 2 ? "for kvm-i8259:\n" : "for isa-i8259:\n"));
            rig_free();
        }
        g_string_free(pic, true);
        g_string_free(counts, true);
    }
}

GUEST(waits_for_msi, 32, APIC_ON "mov $100,%edi\n" HALT_UNTIL STOP);

static void a_devices_message_is_an_interrupt(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, waits_for_msi))
            return;
        rig_start();
        while (!rig.finished) {
            rig.m->msi.send(rig.m->msi.opaque, 0xfee00000, 0x4040);
            loop_turn(rig.loop, 0);
        }
        CHECK(guest_word(DATA) >= 100);
        rig_free();
    }
}

/* INIT and SIPI to all others, who count themselves; then interrupts to all of them, one round after the other. */
#define START_OTHERS(n)                                                                          \
    APIC_ON "movl $0xc4500,0xfee00300; movl $0xc4601,0xfee00300; 1: cmpl $" #n ",0x5010; jne 1b\n"
#define ROUNDS(n)                                                                                         \
    "mov $" #n ",%edi; 2: movl $0xc4040,0xfee00300; 3: cmp %edi,0x5000; jb 3b; add $" #n ",%edi\n"           \
    "cmp $50*" #n ",%edi; jbe 2b\n"
GUEST(first_of_2, 32, START_OTHERS(1) ROUNDS(1) STOP);
GUEST(first_of_4, 32, START_OTHERS(3) ROUNDS(3) STOP);
GUEST(others, 32, APIC_ON "lock incl 0x5010; sti; 1: hlt; jmp 1b");

static void smp_run(unsigned mode, unsigned cpus, const uint8_t *code, const uint8_t *end)
{
    rig.others = others;
    rig.others_end = others_end;
    for (unsigned round = 1; round <= 3; round++) {
        if (round == 1)
            rig_start();
        else
            machine_request_reset(rig.m, CAUSE_HOST_QMP_SYSTEM_RESET);
        WAIT_FOR(rig.finished == round);
        CHECK_EQ(guest_word(DATA), 50 * (cpus - 1));
        CHECK_EQ(guest_word(DATA + 0x10), cpus - 1);
    }
    rig_free();
}

static void init_and_sipi_start_the_others_and_interrupts_between_cpus_arrive(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 2, first_of_2))
            return;
        smp_run(mode, 2, first_of_2, first_of_2_end);
        if (!IRQ_RIG(mode, 4, first_of_4))
            return;
        smp_run(mode, 4, first_of_4, first_of_4_end);
    }
}

/* The timer runs while the machine is stopped and started, saved and loaded, many times: none is lost. */
GUEST(slow_timer, 32, APIC_ON "movl $0xb,0xfee003e0; movl $0x40,0xfee00320; mov $1,%ebx\n"
                              "1: movl $2000000,0xfee00380; mov %ebx,%edi\n" HALT_UNTIL
                              "inc %ebx; cmp $40,%ebx; jbe 1b;" STOP);

static void reload(void)
{
    struct wire w = { .limit = WIRE_LIMIT }, in;
    int r = 0;

    CHECK(!machine_save(rig.m, &w, NULL));
    in = (struct wire){ .buf = w.buf, .len = w.at };
    while (!r && in.at < in.len)
        r = wire_get(&in, 1) == 0x04 ? machine_load_section(rig.m, &in, NULL) : -1;
    CHECK(!r);
    machine_load_end(rig.m, false);
    wire_fini(&w);
}

static void a_timer_survives_stop_and_start_save_and_load(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, slow_timer))
            return;
        rig_start();
        for (unsigned i = 0; !rig.finished; i++) {
            loop_turn(rig.loop, 1);
            CHECK(!machine_stop(rig.m, RUN_PAUSED, NULL));
            if (i & 1)
                reload();
            CHECK(!machine_start(rig.m, NULL));
        }
        CHECK(guest_word(DATA) >= 40);
        rig_free();
    }
}

/* LINT1 as NMI; the handler of vector 2 counts. */
GUEST(waits_for_nmi, 32, APIC_ON "movl $0x10400,0xfee00360; incl 0x5020; 1: cmpl $0,0x5024; je 1b\n"
                                 "movl $0x400,0xfee00360; incl 0x5020; mov $1,%edi\n" HALT_UNTIL STOP);

static void nothing_to_do(struct vcpu *cpu, void *arg)
{
    (void)cpu;
    (void)arg;
}

static void the_nmi_button_is_wired_to_lint1(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, waits_for_nmi))
            return;
        rig_start();
        gate(2, HANDLER);
        WAIT_FOR(guest_word(DATA + 0x20) == 1);
        apic_nmi(rig.m);                                /* masked */
        vcpu_call(rig.m->vcpus[0], nothing_to_do, NULL);
        CHECK_EQ(guest_word(DATA), 0);
        atomic_store((_Atomic uint32_t *)(void *)(rig.ram->host + DATA + 0x24), 1);
        WAIT_FOR(guest_word(DATA + 0x20) == 2);
        apic_nmi(rig.m);
        WAIT_FOR(rig.finished == 1);
        CHECK_EQ(guest_word(DATA), 1);
        rig_free();
    }
}

GUEST(apic_base, 32, "mov $0x1b,%ecx; rdmsr; mov %eax,0x5004; and $0xfffff7ff,%eax; wrmsr; mov 0xfee00030,%ebx\n"
                     "mov %ebx,0x5008; or $0x800,%eax; wrmsr; mov 0xfee00030,%ebx; mov %ebx,0x500c;" STOP);

static void ia32_apic_base_switches_the_page_off_and_on(void)
{
    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, apic_base))
            return;
        rig_run(1);
        CHECK_EQ(guest_word(DATA + 4), 0xfee00900);
        CHECK_EQ(guest_word(DATA + 8), mode ? UINT32_MAX : 0);      /* the doorbell reads as 0, the kernel as a hole */
        CHECK_EQ(guest_word(DATA + 12) & 0xffffff, 0x50014);       /* the kernel offers to suppress EOI broadcasts */
        rig_free();
    }
}

static void names_of_the_controllers_are_the_references(void)
{
    static const char *const names[3][4] = {
        { "apic", "isa-i8259", "ioapic", "isa-pit" }, { "kvm-apic", "isa-i8259", "ioapic", "isa-pit" },
        { "kvm-apic", "kvm-i8259", "kvm-ioapic", "kvm-pit" },
    };

    for (unsigned mode = 0; mode < 3; mode++) {
        if (!IRQ_RIG(mode, 1, waits_for_msi))
            return;
        CHECK_STR(object_child(&rig.m->vcpus[0]->dev->obj, "lapic")->type->name, names[mode][0]);
        CHECK_STR(rig.pic.master->type->type.name, names[mode][1]);
        CHECK_STR(rig.ioapic->type->type.name, names[mode][2]);
        CHECK_STR(rig.pit->type->type.name, names[mode][3]);
        rig_free();
    }
}

static int pit_with(const char *policy, struct error **err)
{
    struct device *pit = device_new(rig.m, device_type_find("kvm-pit"));
    int r;

    CHECK(!device_set(pit, "iobase", "0x140", NULL));
    r = device_set(pit, "lost_tick_policy", policy, err);
    if (!r)
        r = device_realize(pit, NULL, NULL, err);
    device_free(pit);
    return r;
}

static void ticks_of_the_kernels_8254_are_given_later_or_lost_but_not_slewed(void)
{
    struct error *err = NULL;

    if (!rig_make("on", 1, waits_for_msi, waits_for_msi_end))
        return;
    CHECK_EQ(pit_with("delay", NULL), 0);
    CHECK_EQ(pit_with("discard", NULL), 0);
    CHECK(pit_with("slew", &err) < 0);
    CHECK(err && strstr(error_line(err).s, "delay, discard"));
    error_free(err);
    rig_ready();
    rig_free();
}

int main(void)
{
    alarm(100);
    epoch_thread_init();
    TEST(names_of_the_controllers_are_the_references);
    TEST(ticks_of_the_kernels_8254_are_given_later_or_lost_but_not_slewed);
    TEST(ia32_apic_base_switches_the_page_off_and_on);
    TEST(a_halted_cpu_is_woken_by_its_apic_timer);
    TEST(a_periodic_apic_timer_comes_again_and_again);
    TEST(the_8254_wakes_a_halted_cpu_through_the_8259);
    TEST(the_8254_arrives_at_pin_2_of_the_io_apic);
    TEST(a_level_interrupt_comes_again_after_its_eoi_until_the_line_falls);
    TEST(a_devices_message_is_an_interrupt);
    TEST(init_and_sipi_start_the_others_and_interrupts_between_cpus_arrive);
    TEST(the_nmi_button_is_wired_to_lint1);
    TEST(a_timer_survives_stop_and_start_save_and_load);
    TEST(the_monitor_shows_what_the_guest_has_programmed);
    epoch_thread_fini();
    return test_end();
}
