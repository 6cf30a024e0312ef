/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ps2-bench.h"

/* Input events: who takes them, keys that are held, and the QMP commands that send them. */

#include "hw/input/scancodes.h"
#include "qapi/qapi-commands.h"

static struct ps2_bench p;
static struct qapi_ctx ctx;

static void init(void)
{
    ps2_init(&p, NULL, NULL);
    CHECK(!machine_start(p.b.m, NULL));
    ctx = (struct qapi_ctx){ .target = p.b.m };
}

static void fini(void)
{
    input_fini(&p.input);
    machine_stop(p.b.m, RUN_PAUSED, NULL);
    bench_fini(&p.b);
}

static unsigned events, syncs;

static void count_event(struct input_handler *h, const struct input_event *e)
{
    events++;
}

static void count_sync(struct input_handler *h)
{
    syncs++;
}

static void the_last_one_attached_takes_its_kinds(void)
{
    struct input_handler h = { .name = "other", .kinds = 1 << INPUT_KEY, .event = count_event, .sync = count_sync };

    init();
    events = syncs = 0;
    input_attach(&p.input, &h);
    CHECK(input_taker(&p.input, INPUT_KEY) == &h);
    CHECK(input_taker(&p.input, INPUT_REL) && input_taker(&p.input, INPUT_REL) != &h);
    CHECK(!input_taker(&p.input, INPUT_ABS));
    key(&p, KEY_A, true);
    CHECK(events == 1 && syncs == 1);
    input_sync(&p.input);
    CHECK_EQ(syncs, 1);                         /* nothing to end */
    CHECK_STR(drain(&p), "");
    input_detach(&h);
    input_detach(&h);
    key(&p, KEY_A, true);
    CHECK_STR(drain(&p), "k1c");
    fini();
}

static void what_is_out_of_range_is_dropped(void)
{
    static const struct input_event bad[] = {
        { INPUT_KEY, .code = KEYS }, { INPUT_BUTTON, .code = BUTTONS }, { INPUT_REL, .code = 2 },
        { INPUT_ABS, .code = 2 }, { INPUT_ABS, .value = -1 }, { INPUT_ABS, .value = INPUT_ABS_MAX + 1 },
    };
    struct input_handler h = { .name = "all", .kinds = 0xf, .event = count_event };

    init();
    events = 0;
    input_attach(&p.input, &h);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        input_send(&p.input, &bad[i]);
    CHECK_EQ(events, 0);
    input_send(&p.input, &(struct input_event){ INPUT_ABS, .code = AXIS_Y, .value = INPUT_ABS_MAX });
    input_send(&p.input, &(struct input_event){ INPUT_KEY, .code = KEYS - 1 });
    CHECK_EQ(events, 2);
    input_detach(&h);
    fini();
}

static void a_key_has_a_number(void)
{
    CHECK_EQ(scan_key(0), KEY_UNMAPPED);
    CHECK_EQ(scan_key(0x1e), KEY_A);
    CHECK_EQ(scan_key(0x9c), KEY_KP_ENTER);
    CHECK_EQ(scan_key(0x54), KEY_SYSRQ);
    CHECK_EQ(scan_key(0xb7), KEY_PRINT);
    CHECK_EQ(scan_key(0xc6), KEY_PAUSE);
    CHECK_EQ(scan_key(0x500), KEY_UNMAPPED);
    CHECK_EQ(scan_key(-1), KEY_UNMAPPED);
}

static int send_keys(const struct qapi_key_value *keys, size_t n, int64_t hold_ms)
{
    const struct qapi_send_key_arg arg = { .keys = { (struct qapi_key_value *)keys, n }, .has_hold_time = hold_ms >= 0,
                                           .hold_time = hold_ms };

    return qmp_send_key(&ctx, &arg, NULL);
}

static void turn(void)
{
    while (p.input.n_held)
        loop_turn(p.b.loop, -1);
}

static void send_key_holds_and_releases_in_reverse(void)
{
    const struct qapi_key_value keys[] = {
        { .type = QAPI_KEY_VALUE_KIND_QCODE, .u.qcode.data = QAPI_Q_KEY_CODE_CTRL },
        { .type = QAPI_KEY_VALUE_KIND_NUMBER, .u.number.data = 0x1e },
    };

    init();
    CHECK(!send_keys(keys, 2, 1));
    CHECK_STR(drain(&p), "k14 k1c");
    turn();
    CHECK_STR(drain(&p), "kf0 k1c kf0 k14");
    CHECK(!send_keys(keys, 1, -1));
    CHECK(!send_keys(keys + 1, 1, 1));          /* what is held is released first */
    CHECK_STR(drain(&p), "k14 kf0 k14 k1c");
    turn();
    drain(&p);
    CHECK(!machine_stop(p.b.m, RUN_PAUSED, NULL));
    CHECK(!send_keys(keys, 2, 1));
    CHECK_STR(drain(&p), "");
    CHECK(!machine_start(p.b.m, NULL));
    fini();
}

static void send_key_is_bounded(void)
{
    static struct qapi_key_value keys[INPUT_HELD + 1];

    init();
    for (unsigned i = 0; i <= INPUT_HELD; i++)
        keys[i] = (struct qapi_key_value){ .type = QAPI_KEY_VALUE_KIND_NUMBER, .u.number.data = 0x1e };
    CHECK(!send_keys(keys, INPUT_HELD, 0));
    turn();
    CHECK(send_keys(keys, INPUT_HELD + 1, 0) < 0);
    CHECK(ctx.failed);
    fini();
}

static int send_event(const struct qapi_input_event *e, const char *device)
{
    const struct qapi_input_send_event_arg arg = { .device = (char *)device,
                                                   .events = { (struct qapi_input_event *)e, 1 } };

    ctx = (struct qapi_ctx){ .target = p.b.m };
    return qmp_input_send_event(&ctx, &arg, NULL);
}

static void input_send_event_sends_what_somebody_takes(void)
{
    struct qapi_input_event e = { .type = QAPI_INPUT_EVENT_KIND_KEY };

    init();
    e.u.key.data.down = true;
    e.u.key.data.key = (struct qapi_key_value){ .u.number.data = 0x1e, .type = QAPI_KEY_VALUE_KIND_NUMBER };
    CHECK(!send_event(&e, NULL));
    CHECK_STR(drain(&p), "k1c");
    to_mouse(&p, 0xf4);
    e = (struct qapi_input_event){ .type = QAPI_INPUT_EVENT_KIND_BTN };
    e.u.btn.data.button = QAPI_INPUT_BUTTON_RIGHT;
    e.u.btn.data.down = true;
    CHECK(!send_event(&e, NULL));
    CHECK_STR(drain(&p), "m0a m00 m00");
    e = (struct qapi_input_event){ .type = QAPI_INPUT_EVENT_KIND_REL };
    e.u.rel.data.axis = QAPI_INPUT_AXIS_Y;
    e.u.rel.data.value = -3;
    CHECK(!send_event(&e, NULL));
    CHECK_STR(drain(&p), "m0a m00 m03");
    e.u.rel.data.value = INT64_MIN;
    CHECK(!send_event(&e, NULL));
    e.type = QAPI_INPUT_EVENT_KIND_ABS;
    CHECK(send_event(&e, NULL) < 0);
    CHECK_STR(ctx.fault.desc, "Input handler not found for event type abs");
    CHECK(send_event(&e, "vga") < 0);
    CHECK_STR(ctx.fault.desc, "Device 'vga' not found");
    CHECK(!machine_stop(p.b.m, RUN_PAUSED, NULL));
    CHECK(send_event(&e, NULL) < 0);
    CHECK_STR(ctx.fault.desc, "VM not running");
    fini();
}

static void query_mice_lists_pointers(void)
{
    struct input_handler h = { .name = "tablet", .kinds = 1 << INPUT_ABS, .event = count_event };
    struct qapi_mouse_info_list list = { 0 };

    init();
    CHECK(!qmp_query_mice(&ctx, &list, NULL));
    CHECK_EQ(list.num, 1);
    CHECK_STR(list.items[0].name, "QEMU PS/2 Mouse");
    CHECK(list.items[0].index == 2 && list.items[0].current && !list.items[0].absolute);
    qapi_fini(&qapi_type_mouse_info_list, &list);
    input_attach(&p.input, &h);
    CHECK(!qmp_query_mice(&ctx, &list, NULL));
    CHECK_EQ(list.num, 2);
    CHECK(list.items[0].index == 3 && list.items[0].current && list.items[0].absolute);
    CHECK(!list.items[1].current);
    qapi_fini(&qapi_type_mouse_info_list, &list);
    input_detach(&h);
    p.b.m->input = NULL;
    CHECK(!qmp_query_mice(&ctx, &list, NULL) && !list.num);
    fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(the_last_one_attached_takes_its_kinds);
    TEST(what_is_out_of_range_is_dropped);
    TEST(a_key_has_a_number);
    TEST(send_key_holds_and_releases_in_reverse);
    TEST(send_key_is_bounded);
    TEST(input_send_event_sends_what_somebody_takes);
    TEST(query_mice_lists_pointers);
    epoch_thread_fini();
    return test_end();
}
