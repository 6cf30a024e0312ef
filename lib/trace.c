/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/trace.h"

/*
 * Static trace points (see trace.h)
 *
 * The linker collects pointers to all points in the section trace_points; a program without a point
 * has no such section, so its bounds are weak.  The same name may stand at several places.
 */

#include "lib/error.h"

#include <errno.h>
#include <fnmatch.h>

extern struct trace_point *const __start_trace_points[] __attribute__((weak));
extern struct trace_point *const __stop_trace_points[] __attribute__((weak));

#define for_each_point(p) \
    for (struct trace_point *const *p = __start_trace_points; p < __stop_trace_points; p++)

bool trace_set(const char *pattern, bool on)
{
    bool found = false;

    for_each_point(p)
        if (!fnmatch(pattern, (*p)->name, 0)) {
            (*p)->on = on;
            found = true;
        }
    return found;
}

int trace_enable(const char *pattern, struct error **err)
{
    if (!trace_set(pattern, true))
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "trace", pattern, "names and patterns of `-trace help`");
    return 0;
}

void trace_list(void (*print)(void *opaque, const char *name, bool on), void *opaque)
{
    for_each_point(p)
        print(opaque, (*p)->name, (*p)->on);
}
