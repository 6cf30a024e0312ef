/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * -daemonize: the program goes on without a terminal once its machine stands
 */

#include <stdbool.h>

struct error;

struct daemon {
    int ready;                  /* where the one who waits is told */
};

enum daemon_side { DAEMON_FAILED, DAEMON_STARTER, DAEMON_ITSELF };

/* While there is one thread.  In the process that was started it waits, and *status is what to end with; the other
 * one goes on, and says so with daemon_ready(), or by its end that it failed. */
enum daemon_side daemon_fork(struct daemon *d, int *status, struct error **err);
/* Standard input and output, and standard error unless it is kept (a log goes there), lead to /dev/null from now on;
 * the working directory is /. */
int daemon_ready(struct daemon *d, bool keep_stderr, struct error **err);
