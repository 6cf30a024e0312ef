/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kick.h"

/*
 * Kick, halt and wake over one futex (see kick.h)
 *
 * Invariant: KICKED is consumed by the owner only, and ASLEEP is left only through KICKED.
 */

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

bool kick_mark(struct kick *k)
{
    return __atomic_exchange_n((uint32_t *)&k->word, KICK_KICKED, __ATOMIC_SEQ_CST) == KICK_ASLEEP;
}

bool kick_try_sleep(struct kick *k)
{
    uint32_t awake = KICK_AWAKE;

    if (__atomic_compare_exchange_n((uint32_t *)&k->word, &awake, KICK_ASLEEP, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        return true;
    k->word = KICK_AWAKE;
    return false;
}

bool kick_slept(struct kick *k)
{
    uint32_t kicked = KICK_KICKED;

    return __atomic_compare_exchange_n((uint32_t *)&k->word, &kicked, KICK_AWAKE, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

void kick_set(struct kick *k)
{
    if (kick_mark(k))
        syscall(SYS_futex, &k->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void kick_halt(struct kick *k)
{
    if (!kick_try_sleep(k))
        return;
    while (!kick_slept(k))
        syscall(SYS_futex, &k->word, FUTEX_WAIT_PRIVATE, KICK_ASLEEP, NULL, NULL, 0);
}
