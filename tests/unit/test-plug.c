/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * Devices that come and go (core/plug.h) by the PCI hot-plug controller (hw/acpi/pci-plug.c): what a client cannot see.
 * The rest is compared with the reference in tests/qtest.
 */

#include "core/plug.h"
#include "hw/acpi/pci-plug.h"
#include "hw/acpi/piix4-pm.h"
#include "qapi/json.h"

#include <errno.h>

enum { BASE = 0xae00, UP = BASE, DOWN = BASE + 4, EJECT = BASE + 8, REMOVABLE = BASE + 12, BUS = BASE + 16 };
enum { GPE0_STS = 0xafe0, GPE0_EN = GPE0_STS + 2 };

static struct pci_bench p;
static struct device *pm;
static struct machine_observer observer;
static unsigned gone;
static char last_gone[32];

static void hear(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    if (event != EVENT_DEVICE_DELETED)
        return;
    gone++;
    snprintf(last_gone, sizeof(last_gone), "%s", p.b.m->leaving->id ? p.b.m->leaving->id : "");
}

/* A machine that is ready, with one function that came before. */
static void begin_with(const char *root)
{
    pci_bench_init_i440fx(&p);
    pm = device_new(p.b.m, device_type_find("PIIX4_PM"));
    piix4_pm_set_gsi(pm, &p.b.sink);
    CHECK(!device_set(pm, "addr", "01.3", NULL) && !device_set(pm, "acpi-root-pci-hotplug", root, NULL));
    CHECK(!device_realize(pm, NULL, NULL, NULL));
    machine_phase_advance(p.b.m, PHASE_ACCEL);
    machine_phase_advance(p.b.m, PHASE_BOARD);
    machine_phase_advance(p.b.m, PHASE_READY);
    machine_reset(p.b.m, true);
    gone = 0;
    observer = (struct machine_observer){ .fn = hear };
    machine_observe(p.b.m, &observer);
}

static void end(void)
{
    machine_unobserve(&observer);
    pci_bench_fini(&p);
}

static int add(const char *driver, const char *id, const char *addr, struct error **err)
{
    struct json values = json_object();
    const struct device_wish wish = { .option = "test", .driver = driver, .id = id, .values = &values };
    int r;

    json_set(&values, "addr", json_string(addr));
    r = device_create(p.b.m, &wish, err);
    json_fini(&values);
    return r;
}

static unsigned devices(void)
{
    unsigned n = 0;

    list_for_each(node, &p.b.m->devices)
        n++;
    return n;
}


/* Without a loop that runs: what the bench's loop would do. */
static void home_loop_turns(void)
{
    struct post *post = &p.b.m->eject_post;

    if (post->queued)
        post->fn(post);
}

static void a_function_that_comes_raises_gpe_1(void)
{
    begin_with("on");
    CHECK_EQ(add("pvpanic-pci", "one", "5", NULL), 0);
    CHECK_EQ(io_in(&p.b, GPE0_STS, 2), 1 << GPE_PCI_HOTPLUG);
    CHECK_EQ(io_in(&p.b, UP, 4), 1 << 5);
    CHECK_EQ(io_in(&p.b, UP, 4), 0);
    CHECK_EQ(pci_in(&p, 5, 0, 0, 4), 0x00111b36);
    end();
}

static void one_that_fails_leaves_nothing_behind(void)
{
    struct error *err = NULL;
    unsigned before;

    begin_with("on");
    CHECK_EQ(add("pvpanic-pci", "one", "5", NULL), 0);
    before = devices();
    CHECK_EQ(add("pvpanic-pci", "two", "5", &err), -EBUSY);
    error_free(err);
    err = NULL;
    CHECK(add("pvpanic-pci", "two", "20", &err) < 0);
    error_free(err);
    err = NULL;
    CHECK_EQ(add("pvpanic-pci", "one", "6", &err), -EEXIST);
    error_free(err);
    CHECK_EQ(devices(), before);
    CHECK_EQ(io_in(&p.b, UP, 4), 1 << 5);
    CHECK_EQ(add("pvpanic-pci", "two", "6", NULL), 0);
    end();
}

static void without_the_controller_nothing_comes(void)
{
    struct error *err = NULL;

    begin_with("off");
    CHECK_EQ(add("pvpanic-pci", "one", "5", &err), -ENOTSUP);
    CHECK(strstr(error_line(err).s, "before the machine starts"));
    error_free(err);
    CHECK_EQ(io_in(&p.b, REMOVABLE, 4), UINT32_MAX);
    end();
}

static void a_type_that_stays_cannot_come(void)
{
    struct error *err = NULL;

    begin_with("on");
    CHECK_EQ(add("VGA", NULL, "5", &err), -ENOENT);
    CHECK(strstr(error_line(err).s, "while the machine runs"));
    error_free(err);
    end();
}

static void the_guest_lets_it_go(void)
{
    struct device *dev;

    begin_with("on");
    CHECK_EQ(add("pvpanic-pci", "one", "5", NULL), 0);
    dev = device_by_name(p.b.m, "one");
    CHECK(dev && device_by_name(p.b.m, "/machine/peripheral/one") == dev && device_can_leave(dev));
    CHECK_EQ(device_unplug(dev, NULL), 0);
    CHECK_EQ(io_in(&p.b, DOWN, 4), 1 << 5);
    CHECK_EQ(device_unplug(dev, NULL), -EBUSY);
    CHECK_EQ(gone, 0);
    io_out(&p.b, EJECT, 4, 1 << 5);
    CHECK_EQ(io_in(&p.b, DOWN, 4), 0);
    home_loop_turns();
    CHECK_EQ(gone, 1);
    CHECK_STR(last_gone, "one");
    CHECK(!device_by_name(p.b.m, "one"));
    CHECK_EQ(pci_in(&p, 5, 0, 0, 4), UINT32_MAX);
    io_out(&p.b, EJECT, 4, 1 << 5);             /* an empty slot */
    home_loop_turns();
    CHECK_EQ(gone, 1);
    end();
}

/* Ejected twice before the home loop comes to it, and with bytes and words, which are no accesses of the controller. */
static void a_guest_that_ejects_wildly_loses_what_can_go_once(void)
{
    begin_with("on");
    CHECK_EQ(add("pvpanic-pci", "one", "5", NULL), 0);
    io_out(&p.b, EJECT, 1, 1 << 5);
    io_out(&p.b, EJECT, 2, 1 << 5);
    io_out(&p.b, BUS, 4, 1);
    io_out(&p.b, EJECT, 4, 1 << 5);
    io_out(&p.b, BUS, 4, 256);
    io_out(&p.b, EJECT, 4, 1 << 5);
    home_loop_turns();
    CHECK_EQ(gone, 0);
    io_out(&p.b, BUS, 4, 0);
    for (unsigned slot = 0; slot < 32; slot++)
        for (unsigned n = 0; n < 2; n++)
            io_out(&p.b, EJECT, 4, 1u << slot);
    home_loop_turns();
    CHECK_EQ(gone, 1);
    CHECK_EQ(pci_in(&p, 0, 0, 0, 4), 0x12378086);
    CHECK_EQ(pci_in(&p, 1, 3, 0, 4), 0x71138086);
    end();
}

static void slots_with_fixtures_cannot_be_left(void)
{
    begin_with("on");
    CHECK_EQ(io_in(&p.b, REMOVABLE, 4), ~(1u << 0 | 1u << 1));
    CHECK_EQ(add("pvpanic-pci", "one", "5", NULL), 0);
    CHECK_EQ(io_in(&p.b, REMOVABLE, 4), ~(1u << 0 | 1u << 1));
    io_out(&p.b, BUS, 4, 7);
    CHECK_EQ(io_in(&p.b, REMOVABLE, 4), UINT32_MAX);
    end();
}

static void what_was_asked_and_told_comes_back_with_the_stream(void)
{
    begin_with("on");
    CHECK_EQ(add("pvpanic-pci", "one", "5", NULL), 0);
    CHECK_EQ(device_unplug(device_by_name(p.b.m, "one"), NULL), 0);
    io_out(&p.b, GPE0_EN, 2, 1 << GPE_PCI_HOTPLUG);
    bench_reload(&p.b);
    CHECK_EQ(io_in(&p.b, UP, 4), 1 << 5);
    CHECK_EQ(io_in(&p.b, DOWN, 4), 1 << 5);
    end();
}

int main(void)
{
    TEST(a_function_that_comes_raises_gpe_1);
    TEST(one_that_fails_leaves_nothing_behind);
    TEST(without_the_controller_nothing_comes);
    TEST(a_type_that_stays_cannot_come);
    TEST(the_guest_lets_it_go);
    TEST(a_guest_that_ejects_wildly_loses_what_can_go_once);
    TEST(slots_with_fixtures_cannot_be_left);
    TEST(what_was_asked_and_told_comes_back_with_the_stream);
    return test_end();
}
