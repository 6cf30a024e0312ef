/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * The CPU hot-plug controller, as it answers on the reference and as the DSDT's methods drive it: hw/acpi/cpu-plug.c
 * opens with its ports
 */

#include "hw/acpi/cpu-plug.h"
#include "hw/acpi/piix4-pm.h"

#include <errno.h>
#include <stdlib.h>

enum { BASE = 0xaf00, SELECTOR = BASE, FLAGS = BASE + 4, COMMAND = BASE + 5, DATA = BASE + 8, PLACES = 4 };
enum { HERE = 1, INSERTING = 2, REMOVING = 4, EJECT = 8 };
enum { NEXT, OST_EVENT, OST_STATUS, ID };

static struct pci_bench p;
static struct device *pm;
static struct vcpu first, third;

/* Four places; CPUs are in the first and in the third. */
static void begin(void)
{
    static const uint32_t ids[PLACES] = { 0, 1, 4, 9 };

    pci_bench_init_i440fx(&p);
    free(p.b.m->slots);
    p.b.m->slots = calloc(PLACES, sizeof(*p.b.m->slots));
    for (p.b.m->n_slots = 0; p.b.m->n_slots < PLACES; p.b.m->n_slots++)
        p.b.m->slots[p.b.m->n_slots].apic_id = ids[p.b.m->n_slots];
    first.dev = p.host;                         /* somebody's devices: they are asked whether they were let go */
    third.dev = p.mch;
    p.b.m->slots[0].cpu = &first;
    p.b.m->slots[2].cpu = &third;
    pm = device_new(p.b.m, device_type_find("PIIX4_PM"));
    piix4_pm_set_gsi(pm, &p.b.sink);
    CHECK(!device_set(pm, "addr", "01.3", NULL) && !device_realize(pm, NULL, NULL, NULL));
    machine_reset(p.b.m, true);
}

static void begin_modern(void)
{
    begin();
    io_out(&p.b, SELECTOR, 4, 0);
}

static struct acpi_cpu_slot *slot(unsigned i)
{
    return &acpi_pm_st(pm)->cpu_slots[i];
}

static void select_cpu(uint32_t i)
{
    io_out(&p.b, SELECTOR, 4, i);
}

static void after_power_on_it_is_a_bitmap_of_apic_ids(void)
{
    begin();
    CHECK_EQ(io_in(&p.b, BASE, 4), 1 << 0 | 1 << 4);
    p.b.m->slots[3].cpu = &third;
    CHECK_EQ(io_in(&p.b, BASE, 4), 1 << 0 | 1 << 4 | 1 << 9);
    CHECK_EQ(io_in(&p.b, BASE + 1, 1), 1 << 1);
    for (unsigned at = 4; at < CPU_PLUG_PORTS; at += 4)
        CHECK_EQ(io_in(&p.b, BASE + at, 4), 0);
    pci_bench_fini(&p);
}

static void only_a_zero_in_the_first_port_ends_the_bitmap(void)
{
    static const struct { unsigned at, size, val; bool ends; } writes[] = {
        { 0, 4, 5, false }, { 0, 1, 5, false }, { 1, 1, 0, false }, { 4, 4, 0, false }, { 31, 1, 0, false },
        { 0, 1, 0, true },  { 0, 2, 0, true },  { 0, 4, 0, true },
    };

    for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        begin();
        io_out(&p.b, BASE + writes[i].at, writes[i].size, writes[i].val);
        CHECK_EQ(io_in(&p.b, BASE + 12, 4), writes[i].ends ? 0xffffffff : 0);
        CHECK_EQ(io_in(&p.b, BASE, 4), writes[i].ends ? 0 : 1 << 0 | 1 << 4);
        pci_bench_fini(&p);
    }
}

static void a_reset_does_not_bring_the_bitmap_back(void)
{
    begin_modern();
    select_cpu(2);
    machine_reset(p.b.m, false);
    CHECK_EQ(io_in(&p.b, DATA, 4), 2);
    machine_reset(p.b.m, true);
    CHECK_EQ(io_in(&p.b, BASE, 4), 1 << 0 | 1 << 4);
    pci_bench_fini(&p);
}

static void flags_and_id_are_those_of_the_selected_cpu(void)
{
    begin_modern();
    for (unsigned i = 0; i < PLACES; i++) {
        select_cpu(i);
        CHECK_EQ(io_in(&p.b, FLAGS, 1), i == 0 || i == 2 ? HERE : 0);
        io_out(&p.b, COMMAND, 1, ID);
        CHECK_EQ(io_in(&p.b, DATA, 4), p.b.m->slots[i].apic_id);
        CHECK_EQ(io_in(&p.b, SELECTOR, 4), 0);
        io_out(&p.b, COMMAND, 1, OST_EVENT);
        CHECK_EQ(io_in(&p.b, DATA, 4), 0);
    }
    pci_bench_fini(&p);
}

static void a_cpu_that_is_not_possible_is_zeros_and_takes_nothing(void)
{
    static const uint32_t wild[] = { PLACES, ACPI_CPUS, 0x7fffffff, 0xffffffff };

    begin_modern();
    for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        select_cpu(wild[i]);
        for (unsigned command = 0; command < 5; command++)
            io_out(&p.b, COMMAND, 1, command);
        io_out(&p.b, FLAGS, 1, 0xff);
        io_out(&p.b, DATA, 4, 7);
        for (unsigned at = 0; at < 12; at += 4)
            CHECK_EQ(io_in(&p.b, BASE + at, 4), 0);
    }
    select_cpu(1);
    CHECK_EQ(io_in(&p.b, DATA, 4), 1);          /* still command 0 */
    pci_bench_fini(&p);
}

/* As the method CSCN asks: from the selected one on, and around. */
static void command_0_selects_the_next_cpu_with_an_event(void)
{
    begin_modern();
    select_cpu(1);
    io_out(&p.b, COMMAND, 1, NEXT);
    CHECK_EQ(io_in(&p.b, DATA, 4), 1);
    slot(0)->removing = slot(3)->inserting = true;
    io_out(&p.b, COMMAND, 1, NEXT);
    CHECK_EQ(io_in(&p.b, DATA, 4), 3);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), INSERTING);
    io_out(&p.b, FLAGS, 1, INSERTING);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), 0);
    io_out(&p.b, COMMAND, 1, NEXT);
    CHECK_EQ(io_in(&p.b, DATA, 4), 0);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), HERE | REMOVING);
    io_out(&p.b, FLAGS, 1, HERE);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), HERE | REMOVING);
    io_out(&p.b, FLAGS, 1, REMOVING);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), HERE);
    pci_bench_fini(&p);
}

/* Command, then data; what is no command changes nothing. */
static void ost_takes_an_event_and_a_status(void)
{
    begin_modern();
    select_cpu(2);
    io_out(&p.b, DATA, 4, 99);
    io_out(&p.b, COMMAND, 1, OST_EVENT);
    io_out(&p.b, DATA, 4, 0x103);
    io_out(&p.b, COMMAND, 1, OST_STATUS);
    io_out(&p.b, COMMAND, 1, 4);
    io_out(&p.b, DATA, 4, 0x80);
    CHECK_EQ(slot(2)->ost_event, 0x103);
    CHECK_EQ(slot(2)->ost_status, 0x80);
    pci_bench_fini(&p);
}

/* Asked for or not; it is gone for the guest at once, and its flags are its place's. */
static void a_cpu_is_let_go_once(void)
{
    begin_modern();
    CHECK(!acpi_cpu_tell(p.b.m, 2, true, NULL));
    select_cpu(2);
    io_out(&p.b, FLAGS, 1, EJECT);
    CHECK(third.dev->ejected && p.b.m->eject_post.queued);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), REMOVING);
    CHECK_EQ(p.b.m->guest_errors, 0);
    io_out(&p.b, FLAGS, 1, EJECT);
    CHECK_EQ(p.b.m->guest_errors, 1);
    third.dev->ejected = false;
    pci_bench_fini(&p);
}

static void the_first_cpu_and_an_empty_place_are_not_let_go(void)
{
    begin_modern();
    for (unsigned i = 0; i < 2; i++) {
        select_cpu(i);
        io_out(&p.b, FLAGS, 1, EJECT);
        CHECK_EQ(io_in(&p.b, FLAGS, 1), i ? 0 : HERE);
        CHECK_EQ(p.b.m->guest_errors, i + 1);
    }
    CHECK(!first.dev->ejected);
    pci_bench_fini(&p);
}

/* GPE 2, and a flag of the place; a reset takes neither flag away. */
static void the_guest_is_told_of_what_comes_and_shall_go(void)
{
    begin_modern();
    CHECK(!acpi_cpu_tell(p.b.m, 3, false, NULL));
    CHECK_EQ(acpi_pm_st(pm)->gpe_sts[0], 1 << GPE_CPU_HOTPLUG);
    CHECK(!acpi_cpu_tell(p.b.m, 2, true, NULL) && !acpi_cpu_tell(p.b.m, 2, true, NULL));
    machine_reset(p.b.m, false);
    select_cpu(3);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), INSERTING);
    select_cpu(2);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), HERE | REMOVING);
    pci_bench_fini(&p);
}

/* Who comes shows in the bitmap; nothing could say who shall go. */
static void the_old_registers_cannot_ask_a_cpu_to_go(void)
{
    struct error *err = NULL;

    begin();
    CHECK(!acpi_cpu_tell(p.b.m, 3, false, NULL));
    CHECK_EQ(acpi_pm_st(pm)->gpe_sts[0], 1 << GPE_CPU_HOTPLUG);
    CHECK(!slot(3)->inserting);
    CHECK_EQ(acpi_cpu_tell(p.b.m, 2, true, &err), -ENOTSUP);
    CHECK(err && strstr(err->legal, "the guest's ACPI"));
    CHECK(!slot(2)->removing);
    error_free(err);
    pci_bench_fini(&p);
}

static const char name[] = "piix4_pm/cpuhp";

static const uint8_t *subsection(const struct saved *s)
{
    const uint8_t *at = memmem(s->w.buf, s->w.at, name, sizeof(name) - 1);

    return at ? at + sizeof(name) - 1 + 4 /* version */ : NULL;
}

/* Selector, command, and for each place what has come, what is to go, the event and the status of _OST. */
static void the_stream_has_it_once_the_guest_has_left_the_bitmap(void)
{
    static const uint8_t wire[5 + 10 * PLACES] = { 0, 0, 0, 2, ID, [25] = 1, 0, 0, 0, 1, 3, 0, 0, 0, 0x80 };
    struct saved s;
    struct wire in;

    begin();
    s = bench_save(&p.b, "0000:00:01.3/piix4_pm");
    CHECK(!subsection(&s));
    wire_fini(&s.w);
    io_out(&p.b, SELECTOR, 4, 0);
    select_cpu(2);
    *slot(2) = (struct acpi_cpu_slot){ .inserting = true, .ost_event = 0x103, .ost_status = 0x80 };
    io_out(&p.b, COMMAND, 1, ID);
    s = bench_save(&p.b, "0000:00:01.3/piix4_pm");
    CHECK(subsection(&s) && !memcmp(subsection(&s), wire, sizeof(wire)));
    machine_reset(p.b.m, true);
    CHECK_EQ(io_in(&p.b, BASE, 4), 1 << 0 | 1 << 4);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK_EQ(bench_load(&p.b, &in, NULL), 0);
    CHECK_EQ(io_in(&p.b, FLAGS, 1), HERE | INSERTING);
    CHECK_EQ(io_in(&p.b, DATA, 4), 4);
    CHECK_EQ(slot(2)->ost_event, 0x103);
    CHECK(bench_load_with(&p.b, &s, subsection(&s) - s.fields + 4, 4) < 0);     /* no such command */
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

int main(void)
{
    TEST(after_power_on_it_is_a_bitmap_of_apic_ids);
    TEST(only_a_zero_in_the_first_port_ends_the_bitmap);
    TEST(a_reset_does_not_bring_the_bitmap_back);
    TEST(flags_and_id_are_those_of_the_selected_cpu);
    TEST(a_cpu_that_is_not_possible_is_zeros_and_takes_nothing);
    TEST(command_0_selects_the_next_cpu_with_an_event);
    TEST(ost_takes_an_event_and_a_status);
    TEST(a_cpu_is_let_go_once);
    TEST(the_first_cpu_and_an_empty_place_are_not_let_go);
    TEST(the_guest_is_told_of_what_comes_and_shall_go);
    TEST(the_old_registers_cannot_ask_a_cpu_to_go);
    TEST(the_stream_has_it_once_the_guest_has_left_the_bitmap);
    return test_end();
}
