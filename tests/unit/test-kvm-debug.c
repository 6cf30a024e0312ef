/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kvm-rig.h"

#include <errno.h>

/* KVM: a debugger outside the guest, by the processor's debug registers (core/debug.h). */

GUEST(counts, 32, "1: incl 0x5000; mov 0x5000,%eax; incl 0x5008; jmp 1b");
enum { AFTER_INC = CODE + 6, AFTER_LOAD = CODE + 11, AFTER_INC2 = CODE + 17 };

static enum debug_go all_run[] = { DEBUG_RUN }, all_step[] = { DEBUG_STEP_ONE };

static int points(const struct debug_point *p, unsigned n)
{
    return machine_debug_points(rig.m, p, n, NULL);
}

static struct debug_stop seen;

static void observed(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    if (event == EVENT_STOP)
        seen = *machine_debug_stop(rig.m);
}

/* Goes until a vCPU stops the machine; where it is then. */
static uint64_t go(const enum debug_go *plan, unsigned step)
{
    struct machine_observer o = { .fn = observed };
    struct x86_state st;

    machine_observe(rig.m, &o);
    CHECK(!machine_debug_start(rig.m, plan, step, NULL));
    WAIT_FOR(!machine_running(rig.m));
    machine_unobserve(&o);
    CHECK_EQ(rig.m->run_state, RUN_DEBUG);
    rig.m->accel->ops->vcpu_get(rig.m->vcpus[0], &st);
    return st.rip;
}

static bool start(void)
{
    if (!RIG("off", 1, counts))
        return false;
    machine_reset(rig.m, true);
    return true;
}

static void a_breakpoint_stops_before_its_instruction(void)
{
    if (!start())
        return;
    CHECK(!points((const struct debug_point[]){ { DEBUG_BREAK, AFTER_INC, 1 } }, 1));
    CHECK_EQ(go(all_run, 0), AFTER_INC);
    CHECK_EQ(seen.why, DEBUG_BROKE);
    CHECK_EQ(seen.lin, AFTER_INC);
    CHECK_EQ(guest_word(DATA), 1);
    CHECK_EQ(go(all_step, DEBUG_STEP | DEBUG_STEP_NOIRQ), AFTER_LOAD);
    rig_free();
}

static void steps_are_single_instructions(void)
{
    static const uint64_t want[] = { AFTER_INC, AFTER_LOAD, AFTER_INC2, CODE, AFTER_INC };

    if (!start())
        return;
    for (unsigned n = 0; n < 5; n++) {
        CHECK_EQ(go(all_step, DEBUG_STEP), want[n]);
        CHECK_EQ(seen.why, DEBUG_STEPPED);
    }
    CHECK_EQ(guest_word(DATA), 2);
    rig_free();
}

/* Not every kernel's KVM knows data breakpoints: it takes them, and the store is made again and again. */
static bool watchpoints_work(void)
{
    CHECK(!machine_debug_start(rig.m, all_run, 0, NULL));
    WAIT_FOR(!machine_running(rig.m) || guest_word(DATA + 8) > 10000);
    if (guest_word(DATA + 8) == 1)
        return true;
    test_skip("KVM of this kernel never meets a data breakpoint");
    return false;
}

static void watchpoints_stop_behind_the_instruction(void)
{
    static const struct debug_point two[] = { { DEBUG_WATCH_WRITE, DATA + 8, 4 }, { DEBUG_WATCH_ACCESS, DATA, 4 } };

    if (!start())
        return;
    CHECK(!points((const struct debug_point[]){ { DEBUG_WATCH_WRITE, DATA + 8, 4 } }, 1));
    if (!watchpoints_work()) {
        rig_free();
        return;
    }
    machine_reset(rig.m, true);
    CHECK_EQ(go(all_run, 0), AFTER_INC2);
    CHECK(seen.why == DEBUG_WATCHED && seen.kind == DEBUG_WATCH_WRITE && seen.lin == DATA + 8);
    CHECK(!points(two, 2));
    CHECK_EQ(go(all_run, 0), AFTER_INC);
    CHECK_EQ(seen.lin, DATA);
    CHECK_EQ(go(all_run, 0), AFTER_LOAD);
    rig_free();
}

static void what_the_processor_cannot_do_is_refused(void)
{
    static const struct debug_point cannot[] = {
        { DEBUG_WATCH_READ, DATA, 4 }, { DEBUG_WATCH_WRITE, DATA, 3 }, { DEBUG_WATCH_WRITE, DATA + 1, 4 },
        { DEBUG_WATCH_ACCESS, DATA, 16 },
    };
    static const struct debug_point five[] = {
        { DEBUG_BREAK, CODE, 1 }, { DEBUG_BREAK, CODE + 1, 1 }, { DEBUG_BREAK, CODE + 2, 1 },
        { DEBUG_BREAK, CODE + 3, 1 }, { DEBUG_BREAK, AFTER_INC2, 1 },
    };

    if (!start())
        return;
    CHECK(!points((const struct debug_point[]){ { DEBUG_BREAK, AFTER_LOAD, 1 } }, 1));
    for (unsigned n = 0; n < sizeof(cannot) / sizeof(cannot[0]); n++)
        CHECK_EQ(points(&cannot[n], 1), -ENOTSUP);
    CHECK_EQ(points(five, 5), -ENOSPC);
    CHECK_EQ(go(all_run, 0), AFTER_LOAD);       /* the list is as it was */
    rig_free();
}

static void without_points_it_runs_on(void)
{
    uint32_t before;

    if (!start())
        return;
    CHECK(!points((const struct debug_point[]){ { DEBUG_BREAK, AFTER_INC, 1 } }, 1));
    go(all_run, 0);
    CHECK(!points(NULL, 0));
    before = guest_word(DATA);
    CHECK(!machine_debug_start(rig.m, all_run, 0, NULL));
    WAIT_FOR(guest_word(DATA) > before + 1000);
    CHECK(machine_running(rig.m));
    rig_free();
}

int main(void)
{
    alarm(110);
    epoch_thread_init();
    TEST(a_breakpoint_stops_before_its_instruction);
    TEST(steps_are_single_instructions);
    TEST(watchpoints_stop_behind_the_instruction);
    TEST(what_the_processor_cannot_do_is_refused);
    TEST(without_points_it_runs_on);
    epoch_thread_fini();
    return test_end();
}
