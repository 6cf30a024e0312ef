/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

/* The virtual clock and device timers, as core/clock.h says them. */

#include "core/accel.h"
#include "core/machine.h"
#include "lib/epoch.h"
#include "tests/test.h"

enum { TIMERS = 64 };

#define D struct ticker

struct ticker {
    struct device dev;
    struct { uint64_t at[TIMERS]; } st;
    struct timer timer[TIMERS];
    unsigned fired;
};

static struct loop *loop;
static struct machine *m;
static D *d;
static uint64_t fired_at[4096];
static uint64_t period_ns;

static void fire(struct device *dev)
{
    D *t = (D *)dev;

    fired_at[t->fired++ % 4096] = clock_ns(dev);
    for (unsigned i = 0; i < TIMERS; i++)
        if (t->st.at[i] <= clock_ns(dev))
            t->st.at[i] = period_ns ? t->st.at[i] + period_ns : TIMER_OFF;
}

static int ticker_realize(struct device *dev, struct error **err)
{
    (void)err;
    for (unsigned i = 0; i < TIMERS; i++)
        timer_init(&((D *)dev)->timer[i], dev, &((D *)dev)->st.at[i], fire);
    return 0;
}

static const struct section ticker_section = {
    "ticker", 1, 1, .fields = (const struct field[]){ ARRAY(D, "at", at, .reset = TIMER_OFF), {} } };
static const struct device_type ticker_type = {
    .type = { .name = "ticker", .doc = "a test's", DEVICE(D), TYPE_STATE(D), .state = &ticker_section },
    .realize = ticker_realize,
};

static void begin(void)
{
    loop_new(&loop, NULL);
    machine_new(loop, 702, &m, NULL);
    d = (D *)device_new(m, &ticker_type);
    device_realize(&d->dev, NULL, NULL, NULL);
    period_ns = 0;
}

static void end(void)
{
    machine_free(m);
    loop_free(loop);
}

static void arm(unsigned i, uint64_t at_ns)
{
    d->st.at[i] = at_ns;
    timer_update(&d->timer[i]);
}

static void timers_fire_in_the_order_of_their_deadlines_and_see_them_as_now(void)
{
    uint64_t seed = 1;

    begin();
    for (unsigned i = 0; i < TIMERS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        arm(i, 10000 + (seed >> 40));
    }
    machine_clock_step(m, 1ull << 30);
    CHECK(d->fired && d->fired <= TIMERS);
    for (unsigned i = 1; i < d->fired; i++)
        CHECK(fired_at[i - 1] <= fired_at[i]);
    for (unsigned i = 0; i < TIMERS; i++)
        CHECK_EQ(d->st.at[i], TIMER_OFF);
    CHECK_EQ(machine_clock_ns(m), 1ull << 30);
    CHECK_EQ(machine_clock_next(m), TIMER_OFF);
    end();
}

/* A device for each timer, so that none of them can do the work of another. */

struct lone {
    struct device dev;
    struct { uint64_t at; } st;
    struct timer timer;
};

static uint64_t lone_now, wrong, lone_fired;

static void lone_fire(struct device *dev)
{
    struct lone *t = (struct lone *)dev;

    wrong += t->st.at != clock_ns(dev) || t->st.at < lone_now;
    lone_now = clock_ns(dev);
    lone_fired++;
    t->st.at = TIMER_OFF;
}

static int lone_realize(struct device *dev, struct error **err)
{
    timer_init(&((struct lone *)dev)->timer, dev, &((struct lone *)dev)->st.at, lone_fire);
    return 0;
}

static const struct section lone_section = {
    "lone", 1, 1, .fields = (const struct field[]){ FIELD(struct lone, "at", at, .reset = TIMER_OFF), {} } };
static const struct device_type lone_type = {
    .type = { .name = "lone", .doc = "a test's", DEVICE(struct lone), TYPE_STATE(struct lone),
              .state = &lone_section },
    .realize = lone_realize,
};

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static uint64_t earliest(struct lone *const *t, unsigned n)
{
    uint64_t at = TIMER_OFF;

    for (unsigned i = 0; i < n; i++)
        at = t[i] && t[i]->st.at < at ? t[i]->st.at : at;
    return at;
}

/* Whatever the others do: are set, move to and fro, are switched off, leave, fire. */
static void each_timer_fires_at_its_own_deadline(void)
{
    enum { LONE = 24, CHANGES = 40000 };
    static struct lone *t[LONE];
    uint64_t seed = 1, set = 0, off = 0;

    begin();
    lone_now = wrong = lone_fired = 0;
    for (unsigned i = 0; i < LONE; i++) {
        t[i] = (struct lone *)device_new(m, &lone_type);
        CHECK(!device_realize(&t[i]->dev, NULL, NULL, NULL));
    }
    for (unsigned change = 0; change < CHANGES; change++) {
        struct lone **one = &t[random_next(&seed) % LONE];
        uint64_t now = machine_clock_ns(m);

        set += (*one)->st.at == TIMER_OFF;
        (*one)->st.at = now + TIMER_STEP_NS + random_next(&seed) % 10000000;
        if (random_next(&seed) % 8 == 0) {
            (*one)->st.at = TIMER_OFF;
            off++;
        }
        timer_update(&(*one)->timer);
        CHECK_EQ(machine_clock_next(m), earliest(t, LONE));
        if (random_next(&seed) % 1000 == 0) {           /* leaves, and another comes */
            off += (*one)->st.at != TIMER_OFF;
            device_free(&(*one)->dev);
            *one = NULL;
            CHECK_EQ(machine_clock_next(m), earliest(t, LONE));
            *one = (struct lone *)device_new(m, &lone_type);
            CHECK(!device_realize(&(*one)->dev, NULL, NULL, NULL));
        }
        machine_clock_step(m, random_next(&seed) % 30000);
        CHECK_EQ(machine_clock_next(m), earliest(t, LONE));
        CHECK_EQ(wrong, 0);
    }
    machine_clock_step(m, 1ull << 30);
    CHECK_EQ(wrong, 0);
    CHECK_EQ(lone_fired, set - off);
    end();
}

/* "False: there are more": then the clock stands where the last one was due. */
static void a_run_is_over_when_no_timer_is_due(void)
{
    struct lone *t[3];

    begin();
    lone_now = wrong = lone_fired = 0;
    for (unsigned i = 0; i < 3; i++) {
        t[i] = (struct lone *)device_new(m, &lone_type);
        CHECK(!device_realize(&t[i]->dev, NULL, NULL, NULL));
        t[i]->st.at = i ? 9000 : 5000;
        timer_update(&t[i]->timer);
    }
    CHECK(!machine_clock_run(m, 9000, 1));
    CHECK_EQ(machine_clock_ns(m), 5000);
    CHECK(!machine_clock_run(m, 9000, 1));
    CHECK_EQ(lone_fired, 2);
    CHECK_EQ(machine_clock_ns(m), 9000);
    CHECK(machine_clock_run(m, 9000, 1));
    CHECK_EQ(lone_fired, 3);
    CHECK(machine_clock_run(m, 20000, 0));
    CHECK_EQ(machine_clock_ns(m), 20000);
    end();
}

static void a_timer_fires_at_its_deadline_and_not_before(void)
{
    begin();
    arm(0, 5000);
    CHECK_EQ(machine_clock_next(m), 5000);
    machine_clock_step(m, 4999);
    CHECK_EQ(d->fired, 0);
    machine_clock_step(m, 1);
    CHECK_EQ(d->fired, 1);
    CHECK_EQ(fired_at[0], 5000);
    end();
}

static void a_deadline_that_moves_takes_its_timer_along(void)
{
    begin();
    arm(0, 5000);
    arm(1, 9000);
    arm(0, 20000);
    arm(1, TIMER_OFF);
    machine_clock_step(m, 19999);
    CHECK_EQ(d->fired, 0);
    machine_clock_step(m, 1);
    CHECK_EQ(d->fired, 1);
    end();
}

static void a_timer_cannot_fire_more_often_than_its_step(void)
{
    begin();
    period_ns = 1;
    arm(0, 1);
    machine_clock_step(m, 100 * TIMER_STEP_NS);
    CHECK(d->fired >= 99 && d->fired <= 101);
    for (unsigned i = 1; i < d->fired; i++)
        CHECK(fired_at[i] - fired_at[i - 1] >= TIMER_STEP_NS);
    end();
}

static void a_deadline_in_the_past_fires_a_step_from_now(void)
{
    begin();
    machine_clock_step(m, 1000000);
    arm(0, 5);
    CHECK_EQ(machine_clock_next(m), 1000000 + TIMER_STEP_NS);
    end();
}

static void a_device_that_leaves_takes_its_timers_along(void)
{
    begin();
    for (unsigned i = 0; i < TIMERS; i++)
        arm(i, 5000 + i);
    device_free(&d->dev);
    CHECK_EQ(machine_clock_next(m), TIMER_OFF);
    machine_clock_step(m, 10000);
    end();
}

static void the_clock_starts_at_0_and_stands_while_the_machine_does(void)
{
    uint64_t now;

    begin();
    CHECK_EQ(machine_clock_ns(m), 0);
    machine_clock_start(m);
    do
        now = machine_clock_ns(m);
    while (now < 1000);
    machine_clock_stop(m);
    now = machine_clock_ns(m);
    for (unsigned i = 0; i < 1000; i++)
        CHECK_EQ(machine_clock_ns(m), now);
    machine_clock_start(m);             /* goes on from there */
    CHECK(machine_clock_ns(m) - now < 1000000000);
    machine_clock_stop(m);
    end();
}

static void while_it_runs_timers_fire_from_the_loop(void)
{
    begin();
    arm(0, 2000000);
    machine_clock_start(m);
    for (unsigned i = 0; !d->fired && i < 1000; i++)
        loop_turn(loop, 20);
    CHECK_EQ(d->fired, 1);
    CHECK(fired_at[0] >= 2000000);
    machine_clock_stop(m);
    end();
}

/* The host is asked to wake the loop then, and not all the time until then. */
static void the_loop_sleeps_until_the_first_deadline(void)
{
    unsigned turns = 0;

    begin();
    machine_clock_step(m, 5000000000);
    arm(0, 5000000000 + 50000000);
    arm(1, 5000000000 + 90000000);
    machine_clock_start(m);
    for (; d->fired < 2; turns++)
        loop_turn(loop, 10000);
    CHECK(fired_at[0] >= 5050000000 && fired_at[1] >= 5090000000);
    CHECK(turns <= 4);
    machine_clock_stop(m);
    end();
}

static void a_step_to_the_end_of_time_stops_there(void)
{
    begin();
    arm(0, UINT64_MAX - 5000);
    machine_clock_step(m, UINT64_MAX);
    CHECK_EQ(machine_clock_ns(m), TIMER_OFF - 1);
    CHECK_EQ(d->fired, 1);
    machine_clock_step(m, UINT64_MAX);
    end();
}

static void the_product_of_muldiv_has_128_bits(void)
{
    CHECK_EQ(clock_muldiv(UINT64_MAX, 3579545, UINT64_MAX), 3579545);
    CHECK_EQ(clock_muldiv(1ull << 40, 1ull << 40, 1ull << 41), 1ull << 39);
    CHECK_EQ(clock_muldiv(7, 3, 2), 10);
}

static const struct accel_ops stepping_ops = { .name = "step", .steps_clock = true };

static void when_it_is_stepped_time_of_day_follows_it(void)
{
    struct accel accel = { .ops = &stepping_ops };
    int64_t before;

    begin();
    m->accel = &accel;
    before = machine_rtc_ns(m);
    machine_clock_start(m);             /* does nothing */
    machine_clock_step(m, 12345);
    CHECK_EQ(machine_clock_ns(m), 12345);
    CHECK_EQ(machine_rtc_ns(m) - before, 12345);
    m->accel = NULL;
    end();
}

static void the_battery_backed_clock_goes_by_what_was_said(void)
{
    int64_t first;

    begin();
    machine_rtc_set(m, RTC_HOST, 1000);
    CHECK(machine_rtc_ns(m) >= 1000 && machine_rtc_ns(m) < 60000000000);
    machine_rtc_set(m, RTC_MONOTONIC, -5000000000);
    CHECK(machine_rtc_ns(m) >= -5000000000 && machine_rtc_ns(m) < 55000000000);
    machine_rtc_set(m, RTC_VIRTUAL, 7000);
    first = machine_rtc_ns(m);
    CHECK_EQ(first, 7000);              /* the machine stands */
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(timers_fire_in_the_order_of_their_deadlines_and_see_them_as_now);
    TEST(each_timer_fires_at_its_own_deadline);
    TEST(a_run_is_over_when_no_timer_is_due);
    TEST(a_timer_fires_at_its_deadline_and_not_before);
    TEST(a_deadline_that_moves_takes_its_timer_along);
    TEST(a_timer_cannot_fire_more_often_than_its_step);
    TEST(a_deadline_in_the_past_fires_a_step_from_now);
    TEST(a_device_that_leaves_takes_its_timers_along);
    TEST(the_clock_starts_at_0_and_stands_while_the_machine_does);
    TEST(while_it_runs_timers_fire_from_the_loop);
    TEST(the_loop_sleeps_until_the_first_deadline);
    TEST(a_step_to_the_end_of_time_stops_there);
    TEST(the_battery_backed_clock_goes_by_what_was_said);
    TEST(the_product_of_muldiv_has_128_bits);
    TEST(when_it_is_stepped_time_of_day_follows_it);
    epoch_thread_fini();
    return test_end();
}
