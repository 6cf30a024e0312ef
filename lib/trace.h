/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Static trace points
 *
 *     TRACE(uart_tx, "byte %#x", byte);
 *
 * A point registers itself through a linker section; `-trace PATTERN` (glob on the name) switches
 * points on.  A point that is off costs one load and a branch.  Output goes to the log.
 */

#include "lib/log.h"

struct error;

struct trace_point {
    const char *name;
    _Atomic bool on;
};

#define TRACE(name_, ...)                                                                            \
    do {                                                                                             \
        static struct trace_point point_ = { .name = #name_ };                                       \
        static struct trace_point *const entry_                                                      \
            __attribute__((used, section("trace_points"))) = &point_;                                \
        if (__builtin_expect(point_.on, 0))                                                          \
            log_line(LOG_TRACE, #name_ " " __VA_ARGS__);                                             \
    } while (0)

/* Switches on what matches; -ENOENT with an error if nothing does. */
int trace_enable(const char *pattern, struct error **err);
/* Switches what matches on or off; false: nothing does. */
bool trace_set(const char *pattern, bool on);
void trace_list(void (*print)(void *opaque, const char *name, bool on), void *opaque);
