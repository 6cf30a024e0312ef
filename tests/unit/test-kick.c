/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kick.h"

/*
 * Kick, halt and wake, every interleaving of the steps of an owner with one and two kickers
 *
 * The futex is modelled as its manual page says: a waiter sleeps only if the word still has the
 * value that it expects, and a wake lets the waiters go that sleep then.  The steps themselves are
 * core's own.  A ghost says whether a kick has come that no halt has consumed yet.
 */

#include "tests/test.h"

#include <string.h>

enum { OWNER_TRIES, OWNER_LOOKS, OWNER_WAITS, OWNER_SLEEPS, OWNER_DONE };
enum { KICKER_MARKS, KICKER_WAKES, KICKER_DONE };
enum { KICKERS = 2 };

struct world {
    uint32_t word;
    uint8_t owner, halts;               /* halts: how many are still to come */
    uint8_t kicker[KICKERS], kicks[KICKERS];
    bool wakes[KICKERS];                /* what kick_mark() said */
    bool pending;
};

static unsigned worlds, ends_asleep;
static bool spurious;

static void owner_consumed(struct world *w)
{
    w->pending = false;
    w->owner = --w->halts ? OWNER_TRIES : OWNER_DONE;
}

/* False: the owner cannot do anything now. */
static bool owner_step(struct world *w)
{
    struct kick k = { w->word };

    switch (w->owner) {
    case OWNER_TRIES:
        if (kick_try_sleep(&k))
            w->owner = OWNER_LOOKS;
        else
            owner_consumed(w);
        break;
    case OWNER_LOOKS:
        if (kick_slept(&k))
            owner_consumed(w);
        else
            w->owner = OWNER_WAITS;
        break;
    case OWNER_WAITS:
        w->owner = w->word == KICK_ASLEEP ? OWNER_SLEEPS : OWNER_LOOKS;
        break;
    case OWNER_SLEEPS:
        if (!spurious)
            return false;
        w->owner = OWNER_LOOKS;
        break;
    default:
        return false;
    }
    w->word = k.word;
    return true;
}

static bool kicker_step(struct world *w, unsigned i)
{
    struct kick k = { w->word };

    if (w->kicker[i] == KICKER_MARKS) {
        w->wakes[i] = kick_mark(&k);
        w->pending = true;
        w->kicker[i] = KICKER_WAKES;
    } else if (w->kicker[i] == KICKER_WAKES) {
        if (w->wakes[i] && w->owner == OWNER_SLEEPS)
            w->owner = OWNER_LOOKS;
        w->kicker[i] = --w->kicks[i] ? KICKER_MARKS : KICKER_DONE;
    } else {
        return false;
    }
    w->word = k.word;
    return true;
}

static void explore(struct world w, unsigned depth)
{
    bool any = false;

    worlds++;
    CHECK(w.word <= KICK_KICKED);
    CHECK(w.pending == (w.word == KICK_KICKED));
    CHECK(depth < 64);
    for (unsigned i = 0; i < KICKERS; i++) {
        struct world next = w;

        if (kicker_step(&next, i)) {
            any = true;
            explore(next, depth + 1);
        }
    }
    if (w.owner != OWNER_DONE && !(spurious && w.owner == OWNER_SLEEPS && !any)) {
        struct world next = w;

        /* A spurious wake-up leads back to the same place: one round is enough. */
        if (spurious && w.owner == OWNER_SLEEPS && !w.pending)
            return;
        if (owner_step(&next)) {
            any = true;
            explore(next, depth + 1);
        }
    }
    if (any)
        return;
    if (w.owner == OWNER_SLEEPS) {      /* the end of this world: asleep only if every kick was consumed */
        CHECK(!w.pending);
        ends_asleep++;
    } else {
        CHECK_EQ(w.owner, OWNER_DONE);
    }
}

static void run(unsigned halts, unsigned kicks0, unsigned kicks1)
{
    struct world w = { .halts = halts, .kicks = { kicks0, kicks1 } };

    w.kicker[0] = kicks0 ? KICKER_MARKS : KICKER_DONE;
    w.kicker[1] = kicks1 ? KICKER_MARKS : KICKER_DONE;
    worlds = ends_asleep = 0;
    explore(w, 0);
    printf("# %u halts, %u and %u kicks: %u worlds, %u end asleep\n", halts, kicks0, kicks1, worlds, ends_asleep);
}

static void one_kick_before_during_or_after_the_decision_ends_the_halt(void)
{
    run(1, 1, 0);
    CHECK_EQ(ends_asleep, 0);
}

static void two_kickers_end_the_halt(void)
{
    run(1, 1, 1);
    CHECK_EQ(ends_asleep, 0);
    run(1, 2, 2);
    CHECK_EQ(ends_asleep, 0);
}

static void a_kick_is_never_lost_between_two_halts(void)
{
    run(2, 1, 1);
    CHECK(ends_asleep);                 /* both kicks before the first halt: the second one sleeps, rightly */
    run(2, 2, 0);
    run(3, 2, 2);
}

static void nobody_kicks_and_the_owner_sleeps(void)
{
    run(1, 0, 0);
    CHECK_EQ(ends_asleep, 1);
}

static void spurious_wake_ups_do_no_harm(void)
{
    spurious = true;
    run(1, 1, 1);
    spurious = false;
}

static void a_kick_without_a_sleeper_wakes_nobody(void)
{
    struct kick k = { KICK_AWAKE };

    CHECK(!kick_mark(&k));
    CHECK(!kick_mark(&k));
    CHECK(!kick_try_sleep(&k));
    CHECK_EQ(k.word, KICK_AWAKE);
    kick_set(&k);
    kick_halt(&k);                      /* returns at once */
    CHECK_EQ(k.word, KICK_AWAKE);
}

int main(void)
{
    TEST(one_kick_before_during_or_after_the_decision_ends_the_halt);
    TEST(two_kickers_end_the_halt);
    TEST(a_kick_is_never_lost_between_two_halts);
    TEST(nobody_kicks_and_the_owner_sleeps);
    TEST(spurious_wake_ups_do_no_harm);
    TEST(a_kick_without_a_sleeper_wakes_nobody);
    return test_end();
}
