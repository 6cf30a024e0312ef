/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * IOThreads: event loops with a thread of their own, for the data plane of devices
 *
 * Whoever holds the object may watch, arm and post on its loop, from that thread or by loop_post(); before the object
 * is let go of, nothing of it is on the loop any more.
 */

#include "object/user.h"

#include <sys/types.h>

struct loop;

struct loop *iothread_loop(const struct user_object *o);
pid_t iothread_thread_id(const struct user_object *o);  /* as the host knows the thread */
