/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ps2-bench.h"

/* vmport and vmmouse, by the answers that the reference gives to the same registers. */

#include "cpu/state.h"
#include "hw/isa/vmport.h"

#include <sched.h>

enum { MAGIC = 0x564d5868, DATA = 39, STATUS = 40, COMMAND = 41, READ_ID = 0x45414552, ABSOLUTE = 0x53424152,
       RELATIVE = 0x4c455252, DISABLE = 0xf5, MOUSE_ID = 0x3442554a };

static struct ps2_bench p;
static uint64_t gprs[X86_GPRS];

static bool writes;
static unsigned width = 4;

/* An accelerator whose only vCPU reads or writes the port once, on its thread. */
static void visitor_run(struct vcpu *cpu)
{
    uint64_t val = 0;

    if (writes)
        address_space_write(&cpu->machine->io_as, 0x5658, 4, 0, NULL);
    else
        address_space_read(&cpu->machine->io_as, 0x5658, width, &val, NULL);
    gprs[R15] = writes ? gprs[RAX] : val;
    cpu->halted = true;
}

static bool visitor_has_event(struct vcpu *cpu)
{
    return false;
}

static void visitor_get(struct vcpu *cpu, uint64_t to[16])
{
    memcpy(to, gprs, sizeof(gprs));
}

static void visitor_put(struct vcpu *cpu, const uint64_t from[16])
{
    memcpy(gprs, from, sizeof(gprs));
}

static const struct accel_ops visitor_ops = {
    .name = "visitor", .steps_clock = true, .runs_code = true, .close = bench_close, .vcpu_run = visitor_run,
    .vcpu_has_event = visitor_has_event, .vcpu_gprs_get = visitor_get, .vcpu_gprs_put = visitor_put,
};

static void visit(void)
{
    struct vcpu *cpu;

    CHECK(!vcpu_new(p.b.m, 0, 0, NULL, &cpu, NULL));
    CHECK(!vcpu_start_thread(cpu, NULL));
    vcpu_resume(cpu);
    while (!cpu->halted)
        sched_yield();
    vcpu_free(cpu);
}

static uint32_t ask(uint32_t command, uint32_t ebx)
{
    memset(gprs, 0, sizeof(gprs));
    gprs[RAX] = MAGIC;
    gprs[RBX] = ebx;
    gprs[RCX] = command;
    gprs[RDX] = 0x1111111111115658;
    gprs[RSI] = 0x22222222;
    gprs[RDI] = 0x33333333;
    visit();
    CHECK_EQ(gprs[R15], gprs[RAX] & 0xffffffff);
    return gprs[RAX];
}

static struct device *vmport;

static void init(const char *prop, const char *value)
{
    ps2_init(&p, NULL, NULL);
    p.b.accel = (struct accel){ &visitor_ops, p.b.m };
    vmport = device_new(p.b.m, device_type_find("vmport"));
    CHECK(!prop || !device_set(vmport, prop, value, NULL));
    CHECK(!device_realize(vmport, NULL, NULL, NULL));
    bench_device(&p.b, "vmmouse");
    machine_run_posted(p.b.m);
}

static void fini(void)
{
    bench_fini(&p.b);
}

static void the_version_names_the_product(void)
{
    init(NULL, NULL);
    CHECK_EQ(ask(0x0a, 0xffffffff), 6);
    CHECK_EQ(gprs[RBX], MAGIC);
    CHECK_EQ(gprs[RCX], 2);
    CHECK_EQ(gprs[RDX], 0x1111111111115658);    /* what is not answered stays whole */
    CHECK_EQ(ask(0xffff000a, 0), 6);
    fini();
    init("vmware-vmx-version", "9");
    CHECK_EQ(ask(0x0a, 0), 9);
    fini();
    init("x-report-vmx-type", "off");
    CHECK_EQ(ask(0x0a, 0), 6);
    CHECK_EQ(gprs[RCX], 0x0a);
    fini();
    init("vmware-vmx-type", "4");
    ask(0x0a, 0);
    CHECK_EQ(gprs[RCX], 4);
    fini();
}

static void the_size_of_ram_is_told(void)
{
    init(NULL, NULL);
    CHECK_EQ(ask(0x14, 0), 0);
    p.b.m->ram_bytes = 1 << 20;
    CHECK_EQ(ask(0x14, 0), 1 << 20);
    CHECK_EQ(gprs[RBX], 0x1177);
    fini();
}

static void newer_commands_are_a_property(void)
{
    init(NULL, NULL);
    CHECK_EQ(ask(0x13, 5), 0);
    CHECK(!gprs[RBX] && !gprs[RCX] && !gprs[RDX]);
    CHECK_EQ(ask(0x2d, 0), MAGIC);
    CHECK_EQ(gprs[RBX], UINT32_MAX);
    CHECK_EQ(ask(0x44, 0), 0);
    fini();
    init("x-cmds-v2", "off");
    CHECK_EQ(ask(0x13, 5), UINT32_MAX);
    CHECK_EQ(ask(0x2d, 0), UINT32_MAX);
    CHECK_EQ(ask(0x44, 0), UINT32_MAX);
    CHECK_EQ(ask(0x14, 0), 0);
    fini();
}

static void other_commands_and_other_magic_are_signalled(void)
{
    init(NULL, NULL);
    for (unsigned n = 0; n < 0x60; n++)
        if (n != 0x0a && n != 0x13 && n != 0x14 && n != 0x2d && n != 0x44 && (n < DATA || n > COMMAND))
            CHECK_EQ(ask(n, 0), UINT32_MAX);
    memset(gprs, 0, sizeof(gprs));
    gprs[RAX] = MAGIC + 1;
    gprs[RCX] = 0x0a;
    visit();
    CHECK_EQ(gprs[RAX], UINT32_MAX);
    fini();
    init("x-signal-unsupported-cmd", "off");
    CHECK_EQ(ask(0x11, 0), MAGIC);
    fini();
}

static void a_write_or_a_narrow_read_is_a_command_too(void)
{
    init(NULL, NULL);
    writes = true;
    CHECK_EQ(ask(0x0a, 0), 6);
    CHECK_EQ(gprs[RBX], MAGIC);
    writes = false;
    fini();
    init("x-read-set-eax", "off");
    width = 1;
    CHECK_EQ(ask(0x0a, 0), 6);
    width = 4;
    fini();
}

static void nothing(struct device *dev, struct vmport_regs *r)
{
    r->edi = 77;
}

static void commands_are_given_once_and_back(void)
{
    init(NULL, NULL);
    CHECK(vmport_register(p.i8042, 0x50, nothing, NULL) < 0);
    CHECK(vmport_register(p.i8042, DATA, nothing, NULL) < 0);
    CHECK(!vmport_register(p.i8042, 0x4f, nothing, NULL));
    CHECK(vmport_register(p.i8042, 0x4f, nothing, NULL) < 0);
    ask(0x4f, 0);
    CHECK_EQ(gprs[RDI], 77);
    vmport_unregister(p.i8042);
    CHECK_EQ(ask(0x4f, 0), UINT32_MAX);
    CHECK_EQ(ask(STATUS, 0), 0xffff0000);
    CHECK_EQ(ask(0x0a, 0), 6);
    fini();
}

static void nobodys_access_reads_as_ones(void)
{
    init(NULL, NULL);
    CHECK_EQ(port_in(&p.b, 0x5658), 0xff);
    CHECK_EQ(port_in(&p.b, 0x5659), 0xff);
    port_out(&p.b, 0x5658, 1);
    fini();
}

static void the_mouse_says_who_it_is(void)
{
    init(NULL, NULL);
    CHECK_EQ(ask(STATUS, 0), 0xffff0000);       /* off */
    CHECK_EQ(ask(COMMAND, READ_ID), MAGIC);
    CHECK_EQ(ask(STATUS, 0), 1);
    CHECK_EQ(ask(DATA, 1), MOUSE_ID);
    CHECK_EQ(gprs[RBX], 1);
    CHECK_EQ(ask(STATUS, 0), 0);
    ask(COMMAND, 0x12345);
    CHECK_EQ(ask(STATUS, 0), 0);
    ask(COMMAND, DISABLE);
    CHECK_EQ(ask(STATUS, 0), 0xffff0000);
    fini();
}

static void a_wrong_fetch_turns_it_off(void)
{
    init(NULL, NULL);
    for (unsigned i = 0; i < 8; i++)
        ask(COMMAND, READ_ID);
    CHECK_EQ(ask(DATA, 7), MAGIC);
    CHECK_EQ(ask(STATUS, 0), 0xffff0008);
    ask(COMMAND, READ_ID);
    CHECK_EQ(ask(STATUS, 0), 9);
    CHECK_EQ(ask(DATA, 0), MAGIC);
    CHECK_EQ(ask(STATUS, 0), 0xffff0009);
    CHECK_EQ(ask(DATA, 6), MOUSE_ID);
    CHECK(gprs[RBX] == MOUSE_ID && gprs[RCX] == MOUSE_ID && gprs[RDX] == MOUSE_ID && gprs[RSI] == MOUSE_ID &&
          gprs[RDI] == MOUSE_ID);
    CHECK_EQ(ask(DATA, 4), MAGIC);              /* three are left */
    CHECK_EQ(ask(STATUS, 0), 0xffff0003);
    fini();
}

static void turn_on(uint32_t how)
{
    to_mouse(&p, 0xf4);
    ask(COMMAND, READ_ID);
    ask(DATA, 1);
    ask(COMMAND, how);
    machine_run_posted(p.b.m);
}

static void point(int32_t x, int32_t y)
{
    input_send(&p.input, &(struct input_event){ INPUT_ABS, .code = AXIS_X, .value = x });
    input_send(&p.input, &(struct input_event){ INPUT_ABS, .code = AXIS_Y, .value = y });
    input_sync(&p.input);
}

static void check_packet(uint32_t flags, uint32_t x, uint32_t y, uint32_t z)
{
    CHECK_EQ(ask(DATA, 4), flags);
    CHECK_EQ(gprs[RBX], x);
    CHECK_EQ(gprs[RCX], y);
    CHECK_EQ(gprs[RDX], z);
}

static void positions_are_absolute_when_asked_for(void)
{
    init(NULL, NULL);
    point(1, 2);                                /* off: nobody takes it */
    turn_on(ABSOLUTE);
    point(INPUT_ABS_MAX, 0x1000);
    CHECK_EQ(ask(STATUS, 0), 4);
    CHECK_STR(drain(&p), "m08 m00 m00");        /* the PS/2 mouse's hint */
    check_packet(0, 0xfffe, 0x2000, 0);
    button(&p, BUTTON_LEFT, true);
    check_packet(0x20, 0xfffe, 0x2000, 0);
    button(&p, BUTTON_RIGHT, true);
    button(&p, BUTTON_LEFT, false);
    button(&p, BUTTON_MIDDLE, true);
    ask(DATA, 4);
    ask(DATA, 4);
    check_packet(0x18, 0xfffe, 0x2000, 0);
    button(&p, BUTTON_WHEEL_UP, true);
    check_packet(0x18, 0xfffe, 0x2000, (uint32_t)-1);
    button(&p, BUTTON_WHEEL_DOWN, true);
    check_packet(0x18, 0xfffe, 0x2000, 1);
    drain(&p);
    move(&p, 1, 0);
    CHECK_STR(drain(&p), "m08 m01 m00");        /* relative movement stays the PS/2 mouse's */
    fini();
}

static void relative_packets_say_so(void)
{
    init(NULL, NULL);
    turn_on(RELATIVE);
    move(&p, 5, 7);
    check_packet(0x10000, 5, (uint32_t)-7, 0);
    move(&p, -5, 0);
    check_packet(0x10000, (uint32_t)-5, 0, 0);
    ask(COMMAND, DISABLE);
    machine_run_posted(p.b.m);
    drain(&p);
    move(&p, 1, 0);
    CHECK_STR(drain(&p), "m08 m01 m00");
    CHECK_EQ(ask(STATUS, 0), 0xffff0000);
    fini();
}

static void the_queue_is_bounded(void)
{
    init(NULL, NULL);
    turn_on(ABSOLUTE);
    for (unsigned i = 0; i < 300; i++)
        point(i, i);
    CHECK_EQ(ask(STATUS, 0), 1024);
    ask(COMMAND, READ_ID);
    CHECK_EQ(ask(STATUS, 0), 1024);
    ask(DATA, 1);
    point(1, 1);                                /* three words short */
    CHECK_EQ(ask(STATUS, 0), 1023);
    ask(COMMAND, READ_ID);
    CHECK_EQ(ask(STATUS, 0), 1024);
    bench_reload(&p.b);
    CHECK_EQ(ask(STATUS, 0), 1024);
    fini();
}

static void without_its_port_there_is_no_mouse(void)
{
    struct error *err = NULL;
    struct device *dev;

    ps2_init(&p, NULL, NULL);
    dev = device_new(p.b.m, device_type_find("vmmouse"));
    CHECK(device_realize(dev, NULL, NULL, &err) < 0);
    error_free(err);
    device_free(dev);
    bench_device(&p.b, "vmport");
    dev = bench_device(&p.b, "vmmouse");
    err = NULL;
    CHECK(device_realize(device_new(p.b.m, device_type_find("vmmouse")), NULL, NULL, &err) < 0);
    error_free(err);
    fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(the_version_names_the_product);
    TEST(the_size_of_ram_is_told);
    TEST(newer_commands_are_a_property);
    TEST(other_commands_and_other_magic_are_signalled);
    TEST(a_write_or_a_narrow_read_is_a_command_too);
    TEST(commands_are_given_once_and_back);
    TEST(nobodys_access_reads_as_ones);
    TEST(the_mouse_says_who_it_is);
    TEST(a_wrong_fetch_turns_it_off);
    TEST(positions_are_absolute_when_asked_for);
    TEST(relative_packets_say_so);
    TEST(the_queue_is_bounded);
    TEST(without_its_port_there_is_no_mouse);
    epoch_thread_fini();
    return test_end();
}
