/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hw-bench.h"

/* pvpanic and isa-debug-exit: ports that end a machine. */

static struct bench b;

static void pvpanic_offers_its_events_and_tells_the_machine(void)
{
    bench_init(&b, 0);
    bench_device(&b, "pvpanic");
    CHECK_EQ(port_in(&b, 0x505), 3);
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

int main(void)
{
    epoch_thread_init();
    TEST(pvpanic_offers_its_events_and_tells_the_machine);
    TEST(an_event_that_is_not_offered_does_nothing);
    TEST(debug_exit_makes_an_odd_status);
    epoch_thread_fini();
    return test_end();
}
