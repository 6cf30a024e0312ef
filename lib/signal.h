/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Signals that ask the process to end, as events of a loop (signalfd(2))
 *
 * SIGINT, SIGTERM and SIGHUP are blocked and arrive through `fn` on the loop's thread.  Added before any
 * thread is started: threads of lib/thread.h block everything, others inherit the mask.  SIGPIPE is
 * ignored, since writers look at the errors of write(2).
 */

#include "lib/loop.h"

#include <signal.h>
#include <sys/types.h>

struct signal_watch {
    /* Who asked: 0 if the kernel did (a terminal's Ctrl-C). */
    void (*fn)(struct signal_watch *w, int signal, pid_t sender);
    struct watch watch;
    sigset_t mask_before;
};

int signal_watch_add(struct loop *loop, struct signal_watch *w, struct error **err);
void signal_watch_del(struct signal_watch *w);          /* unblocks again; not added (all zero): fine */
