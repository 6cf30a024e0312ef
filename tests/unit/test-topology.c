/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

/*
 * Where CPUs are, and the APIC ids that follow (Intel SDM volume 3, 9.9.1); numbers left out are filled in as machine
 * types since 6.2 do it on the reference
 */

#include "cpu/topology.h"
#include "lib/error.h"

#include <string.h>

static struct cpu_topology completed(struct cpu_topology t)
{
    CHECK_EQ(cpu_topology_complete(&t, NULL), 0);
    return t;
}

static void threads_count_first_and_sockets_last(void)
{
    struct cpu_topology t = completed((struct cpu_topology){ .sockets = 2, .dies = 3, .cores = 2, .threads = 2 });
    struct cpu_place p = cpu_topology_place(&t, 12 + 2 * 4 + 1 * 2 + 1);

    CHECK_EQ(t.cpus, 24);
    CHECK_EQ(p.socket, 1);
    CHECK_EQ(p.die, 2);
    CHECK_EQ(p.core, 1);
    CHECK_EQ(p.thread, 1);
    p = cpu_topology_place(&t, 11);
    CHECK_EQ(p.socket, 0);
    CHECK_EQ(p.die, 2);
}

/* Each level has whole bits of its own. */
static void ids_have_gaps_where_a_number_is_no_power_of_two(void)
{
    struct cpu_topology t = completed((struct cpu_topology){ .sockets = 2, .dies = 3, .cores = 5, .threads = 3 });

    CHECK_EQ(cpu_topology_apic_id(&t, 0), 0);
    CHECK_EQ(cpu_topology_apic_id(&t, 2), 2);
    CHECK_EQ(cpu_topology_apic_id(&t, 3), 4);
    CHECK_EQ(cpu_topology_apic_id(&t, 15), 1 << 5);
    CHECK_EQ(cpu_topology_apic_id(&t, 30), 2 << 5);
    CHECK_EQ(cpu_topology_apic_id(&t, 45), 1 << 7);
    CHECK_EQ(cpu_topology_apic_id(&t, 89), 1 << 7 | 2 << 5 | 4 << 2 | 2);
}

static void one_thing_needs_no_bit(void)
{
    CHECK_EQ(cpu_topology_bits(1), 0);
    CHECK_EQ(cpu_topology_bits(2), 1);
    CHECK_EQ(cpu_topology_bits(3), 2);
    CHECK_EQ(cpu_topology_bits(4), 2);
    CHECK_EQ(cpu_topology_bits(5), 3);
}

static void what_was_not_said_is_filled_in_cores_first(void)
{
    static const struct { struct cpu_topology said, is; } cases[] = {
        { { 0 }, { 1, 1, 1, 1, 1, 1 } },
        { { .cpus = 6 }, { 6, 6, 1, 1, 6, 1 } },
        { { .max_cpus = 6 }, { 6, 6, 1, 1, 6, 1 } },
        { { .cpus = 2, .max_cpus = 6 }, { 2, 6, 1, 1, 6, 1 } },
        { { .cpus = 6, .dies = 3 }, { 6, 6, 1, 3, 2, 1 } },
        { { .cpus = 6, .dies = 3, .sockets = 2 }, { 6, 6, 2, 3, 1, 1 } },
        { { .cpus = 6, .cores = 3 }, { 6, 6, 2, 1, 3, 1 } },
        { { .cpus = 6, .sockets = 1, .cores = 3 }, { 6, 6, 1, 1, 3, 2 } },
        { { .dies = 2, .threads = 2 }, { 4, 4, 1, 2, 1, 2 } },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cpu_topology t = completed(cases[i].said);

        CHECK(!memcmp(&t, &cases[i].is, sizeof(t)));
    }
    struct cpu_topology six = cpu_topology_cores(6);
    CHECK(!memcmp(&six, &cases[1].is, sizeof(six)));
}

static void check_refused(struct cpu_topology t, const char *object, const char *words)
{
    struct error *err = NULL;

    CHECK(cpu_topology_complete(&t, &err) < 0);
    CHECK_STR(err->object, object);
    CHECK(strstr(error_line(err).s, words));
    error_free(err);
}

static void numbers_that_contradict_each_other_are_refused(void)
{
    check_refused((struct cpu_topology){ .cpus = 4, .max_cpus = 3 }, "-smp maxcpus", "4, which are there, or more");
    check_refused((struct cpu_topology){ .cpus = 5, .cores = 2 }, "-smp",
                  "2 sockets * 1 dies * 2 cores * 1 threads for 5");
    check_refused((struct cpu_topology){ .cpus = 2, .cores = 3 }, "-smp", "for 2 CPUs");
    check_refused((struct cpu_topology){ .cpus = 2, .dies = 3 }, "-smp", "for 2 CPUs");
    check_refused((struct cpu_topology){ .cpus = 2, .sockets = 288, .dies = 288, .cores = 288, .threads = 288 }, "-smp",
                  "288 threads for 2 CPUs");
}

int main(void)
{
    TEST(threads_count_first_and_sockets_last);
    TEST(ids_have_gaps_where_a_number_is_no_power_of_two);
    TEST(one_thing_needs_no_bit);
    TEST(what_was_not_said_is_filled_in_cores_first);
    TEST(numbers_that_contradict_each_other_are_refused);
    return test_end();
}
