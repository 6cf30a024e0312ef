/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/timer/mc146818-chip.h"

/*
 * MC146818 real-time clock: telling QMP's clients that the guest has set it
 *
 * Under its lock the chip notes how far ahead of the machine's own clock (-rtc) it is now, the home loop tells.  Of
 * what is set several times in between the last counts; events of one second are one (the schema's rate limit).
 * Deliberately different: the reference tells 32 bits of the difference, so more than 68 years are wrong there.
 */

#include "lib/loop.h"
#include "qapi/qapi-events.h"

#include <stdatomic.h>
#include <stdlib.h>

static void tell(struct post *post)
{
    struct rtc *r = (struct rtc *)((char *)post - offsetof(struct rtc, change_post));
    struct machine *m = r->dev.machine;
    char *path;

    if (!m->events)
        return;
    path = object_path(&r->dev.obj);
    qapi_event_rtc_change(m->events, atomic_load(&r->change_s), path);
    free(path);
}

void rtc_changed(struct rtc *r, int64_t ahead_s)
{
    atomic_store(&r->change_s, ahead_s);
    if (r->change_post.fn)
        loop_post(r->dev.machine->loop, &r->change_post);
}

void rtc_change_start(struct rtc *r)
{
    r->change_post.fn = tell;
}

void rtc_change_stop(struct rtc *r)
{
    loop_post_cancel(r->dev.machine->loop, &r->change_post);
    r->change_post.fn = NULL;
}
