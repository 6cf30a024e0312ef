/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/hw-bench.h"

/* Port 92h after the ICH9 data sheet, 13.7.2. */

#include "core/pins.h"

static struct bench b;

static void begin(void)
{
    bench_init(&b, 1);
    bench_device(&b, "port92");
}

/* "ALT_A20_GATE — R/W.  This bit is Or'd with the A20GATE input signal." */
static void bit_1_is_one_gate_of_a20(void)
{
    begin();
    CHECK_EQ(port_in(&b, 0x92), 0);
    CHECK_EQ(b.m->a20_lines, 0);
    CHECK(!(b.m->vcpus[0]->requests & VCPU_A20));       /* nothing has changed: it is not masked */
    port_out(&b, 0x92, 2);
    CHECK_EQ(b.m->a20_lines, 1u << A20_PORT92);
    CHECK(b.m->vcpus[0]->requests & VCPU_A20);
    machine_set_a20(b.m, A20_KEYBOARD, true);
    port_out(&b, 0x92, 0xfc);
    CHECK_EQ(port_in(&b, 0x92), 0xfc);
    CHECK_EQ(b.m->a20_lines, 1u << A20_KEYBOARD);
    bench_fini(&b);
}

/* "INIT_NOW — R/W.  When this bit transitions from a 0 to a 1, [the chipset] will force INIT# active"; here it resets
 * the machine. */
static void bit_0_resets_the_machine(void)
{
    begin();
    port_out(&b, 0x92, 0xfe);
    CHECK_EQ(b.m->reset_requested, CAUSE_NONE);
    CHECK_EQ(port_in(&b, 0x92), 0xfe);
    port_out(&b, 0x92, 0x03);
    CHECK_EQ(b.m->reset_requested, CAUSE_GUEST_RESET);
    CHECK_EQ(port_in(&b, 0x92), 0x02);
    bench_fini(&b);
}

static void a_load_brings_the_gate_back(void)
{
    struct wire in;
    struct saved s;

    begin();
    port_out(&b, 0x92, 0xfe);
    s = bench_save(&b, "port92");
    CHECK_EQ(s.fields[0], 0xfe);
    port_out(&b, 0x92, 0);
    CHECK_EQ(b.m->a20_lines, 0);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK_EQ(bench_load(&b, &in, NULL), 0);
    CHECK_EQ(b.m->a20_lines, 1u << A20_PORT92);
    ((uint8_t *)s.fields)[0] = 1;
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(bench_load(&b, &in, NULL) < 0);
    wire_fini(&s.w);
    bench_fini(&b);
}

static void port_93_is_not_its(void)
{
    begin();
    CHECK_EQ(port_in(&b, 0x93), 0xff);
    bench_fini(&b);
}

int main(void)
{
    epoch_thread_init();
    TEST(bit_1_is_one_gate_of_a20);
    TEST(bit_0_resets_the_machine);
    TEST(a_load_brings_the_gate_back);
    TEST(port_93_is_not_its);
    epoch_thread_fini();
    return test_end();
}
