/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/epoch.h"

/*
 * Epochs over liburcu's memb flavour (see epoch.h)
 *
 * Invariant: a registered thread is registered once; liburcu aborts on a second registration.
 */

#include <urcu/urcu-memb.h>

void epoch_thread_init(void)
{
    urcu_memb_register_thread();
}

void epoch_thread_fini(void)
{
    urcu_memb_unregister_thread();
}

void epoch_enter(void)
{
    urcu_memb_read_lock();
}

void epoch_leave(void)
{
    urcu_memb_read_unlock();
}

void epoch_wait(void)
{
    urcu_memb_synchronize_rcu();
}
