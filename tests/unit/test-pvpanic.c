/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/* pvpanic, as a port and as a PCI function, and isa-debug-exit: what ends a machine. */

#include <errno.h>

static struct bench b;
static struct pci_bench p;

static void pvpanic_offers_its_events_and_tells_the_machine(void)
{
    bench_init(&b, 0);
    bench_device(&b, "pvpanic");
    CHECK_EQ(port_in(&b, 0x505), 3);
    CHECK_EQ(port_in(&b, 0x506), 0xff);         /* one port only */
    port_out(&b, 0x505, 2);
    CHECK(!b.m->power.panicked && b.m->power.crash_loaded);
    port_out(&b, 0x505, 1);
    CHECK(b.m->power.panicked);
    bench_fini(&b);
}

static void an_event_that_is_not_offered_does_nothing(void)
{
    struct device *dev;

    bench_init(&b, 0);
    dev = device_new(b.m, device_type_find("pvpanic"));
    CHECK(!device_set(dev, "events", "2", NULL) && device_set(dev, "events", "4", NULL) < 0);
    CHECK(!device_set(dev, "ioport", "0x600", NULL) && !device_realize(dev, NULL, NULL, NULL));
    CHECK_EQ(port_in(&b, 0x600), 2);
    port_out(&b, 0x600, 1);
    CHECK(!b.m->power.panicked && !b.m->power.crash_loaded);
    bench_fini(&b);
}

static void each_set_of_events_can_be_offered(void)
{
    static const char *const types[] = { "pvpanic", "pvpanic-pci" };
    static const char *const legal[] = { "0", "1", "2", "3" };

    pci_bench_init(&p);
    for (unsigned i = 0; i < 2; i++) {
        struct device *dev = device_new(p.b.m, device_type_find(types[i]));

        for (unsigned n = 0; n < 4; n++)
            CHECK_EQ(device_set(dev, "events", legal[n], NULL), 0);
        CHECK(device_set(dev, "events", "4", NULL) < 0);
        device_free(dev);
    }
    pci_bench_fini(&p);
}

/* One byte of a memory BAR of 16: the other fifteen are nothing. */
static void as_a_pci_function_it_is_a_byte_of_memory(void)
{
    enum { AT = 0xe0000000 };
    struct device *dev;

    pci_bench_init(&p);
    dev = device_new(p.b.m, device_type_find("pvpanic-pci"));
    CHECK(!device_set(dev, "addr", "4.0", NULL) && !device_realize(dev, NULL, NULL, NULL));
    CHECK_EQ(pci_in(&p, 4, 0, PCI_VENDOR, 4), 0x00111b36);
    CHECK_EQ(pci_in(&p, 4, 0, PCI_REVISION, 4), 0x08800001);
    pci_out(&p, 4, 0, PCI_BAR, 4, UINT32_MAX);
    CHECK_EQ(pci_in(&p, 4, 0, PCI_BAR, 4), 0xfffffff0);
    pci_out(&p, 4, 0, PCI_BAR, 4, AT);
    pci_out(&p, 4, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CHECK_EQ(mem_in(&p.b, AT, 1), 3);
    for (unsigned at = 1; at < 16; at++) {
        mem_out(&p.b, AT + at, 1, 1);
        CHECK_EQ(mem_in(&p.b, AT + at, 1), 0);
    }
    CHECK(!p.b.m->power.panicked && !p.b.m->power.crash_loaded);
    mem_out(&p.b, AT, 1, 2);
    CHECK(!p.b.m->power.panicked && p.b.m->power.crash_loaded);
    mem_out(&p.b, AT, 1, 1);
    CHECK(p.b.m->power.panicked);
    bench_reload(&p.b);
    CHECK_EQ(mem_in(&p.b, AT, 1), 3);           /* where it was */
    pci_bench_fini(&p);
}

static void debug_exit_makes_an_odd_status(void)
{
    bench_init(&b, 0);
    bench_device(&b, "isa-debug-exit");
    CHECK_EQ(port_in(&b, 0x501), 0);
    CHECK_EQ(port_in(&b, 0x503), 0xff);         /* two ports only */
    port_out(&b, 0x501, 0x10);
    CHECK(b.m->quit_requested);
    CHECK_EQ(b.m->exit_status, 0x21);
    bench_fini(&b);
}

/* The status is (v << 1) | 1, of which a process has eight bits. */
static void debug_exit_answers_at_as_many_ports_as_it_is_told(void)
{
    static const struct { const char *base, *size; uint16_t first, last; } want[] = {
        { NULL, NULL, 0x501, 0x502 }, { "0x600", "1", 0x600, 0x600 }, { "0x600", "4", 0x600, 0x603 },
        { "0xfffe", "2", 0xfffe, 0xffff },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        for (uint32_t port = want[i].first - 1; port <= want[i].last + 1u; port++) {
            bool inside = port >= want[i].first && port <= want[i].last;
            struct device *dev;

            bench_init(&b, 0);
            dev = device_new(b.m, device_type_find("isa-debug-exit"));
            CHECK(!want[i].base || !device_set(dev, "iobase", want[i].base, NULL));
            CHECK(!want[i].size || !device_set(dev, "iosize", want[i].size, NULL));
            CHECK_EQ(device_realize(dev, NULL, NULL, NULL), 0);
            if (port <= UINT16_MAX) {
                CHECK_EQ(port_in(&b, port), inside ? 0 : 0xff);
                port_out(&b, port, 0xc0);
                CHECK_EQ(b.m->quit_requested, inside);
                CHECK_EQ(b.m->exit_status, inside ? 0x81 : 0);
            }
            bench_fini(&b);
        }
}

static void debug_exit_takes_doublewords_and_sizes_up_to_four(void)
{
    struct device *dev;

    bench_init(&b, 0);
    dev = device_new(b.m, device_type_find("isa-debug-exit"));
    CHECK(device_set(dev, "iosize", "0", NULL) < 0 && device_set(dev, "iosize", "5", NULL) < 0);
    CHECK(!device_set(dev, "iosize", "4", NULL) && !device_realize(dev, NULL, NULL, NULL));
    CHECK_EQ(io_in(&b, 0x501, 4), 0);
    io_out(&b, 0x501, 4, 0x12345610);
    CHECK_EQ(b.m->exit_status, 0x21);
    bench_fini(&b);
}

/* A device of so many ports ends with port FFFFh. */
static void places_beyond_the_last_port_are_refused_by_name(void)
{
    static const struct { const char *type, *prop, *value, *line; } bad[] = {
        { "isa-debug-exit", "iobase", "0xffff", "isa-debug-exit.iobase: 0xffff is out of range, legal: 0 to 0xfffe" },
        { "isa-debugcon", "iobase", "0x10000", "isa-debugcon.iobase: 0x10000 is out of range, legal: 0 to 0xffff" },
        { "isa-debugcon", "iobase", "0xffffffff",
          "isa-debugcon.iobase: 0xffffffff is out of range, legal: 0 to 0xffff" },
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error *err = NULL;
        struct device *dev;

        bench_init(&b, 0);
        dev = device_new(b.m, device_type_find(bad[i].type));
        CHECK(!device_set(dev, bad[i].prop, bad[i].value, NULL));
        CHECK_EQ(device_realize(dev, NULL, NULL, &err), -ERANGE);
        CHECK_STR(error_line(err).s, bad[i].line);
        error_free(err);
        bench_fini(&b);
    }
}

int main(void)
{
    epoch_thread_init();
    TEST(pvpanic_offers_its_events_and_tells_the_machine);
    TEST(an_event_that_is_not_offered_does_nothing);
    TEST(each_set_of_events_can_be_offered);
    TEST(as_a_pci_function_it_is_a_byte_of_memory);
    TEST(debug_exit_makes_an_odd_status);
    TEST(debug_exit_answers_at_as_many_ports_as_it_is_told);
    TEST(debug_exit_takes_doublewords_and_sizes_up_to_four);
    TEST(places_beyond_the_last_port_are_refused_by_name);
    epoch_thread_fini();
    return test_end();
}
