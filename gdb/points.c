/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/protocol.h"

/*
 * Breakpoints and watchpoints
 *
 * Reference: GDB's manual, "Packets": z0 to z4, Z0 to Z4.  Inserting one that is there, and removing one that is not,
 * changes nothing.  Software breakpoints do not write to memory: they are the same as hardware ones.  Conditions and
 * commands of breakpoints are not there, and not announced.
 */

#include <errno.h>

enum { POINT_TYPES = 5 };

static const enum debug_kind kinds[POINT_TYPES] = {
    DEBUG_BREAK, DEBUG_BREAK, DEBUG_WATCH_WRITE, DEBUG_WATCH_READ, DEBUG_WATCH_ACCESS,
};

/* "TYPE,ADDR,KIND": for watchpoints, KIND is their length.  Replies if it is nothing of ours. */
static bool point_read(struct gdb_session *s, struct gdb_args *a, uint8_t *type, struct debug_point *p)
{
    uint64_t n = gdb_args_hex(a);

    if (!a->bad && n >= POINT_TYPES)
        return false;
    gdb_args_expect(a, ',');
    p->lin = gdb_args_hex(a);
    gdb_args_expect(a, ',');
    p->bytes = gdb_args_hex(a);
    *type = (uint8_t)n;
    p->kind = a->bad ? DEBUG_BREAK : kinds[n];
    if (p->kind == DEBUG_BREAK)
        p->bytes = 1;
    if (!gdb_args_end(a) || !p->bytes || p->bytes - 1 > ~p->lin) {
        gdb_reply_error(s, GDB_EINVAL);
        return false;
    }
    return true;
}

/* Its place in the list, or the list's end. */
static unsigned find(const struct gdb_session *s, uint8_t type, const struct debug_point *p)
{
    unsigned n = 0;

    while (n < s->n_points && !(s->point_type[n] == type && s->point[n].lin == p->lin && s->point[n].bytes == p->bytes))
        n++;
    return n;
}

static int tell(struct gdb_session *s)
{
    return gdb_ops(s)->points(s->target, s->point, s->n_points);
}

void gdb_cmd_point_add(struct gdb_session *s, struct gdb_args *a)
{
    struct debug_point p;
    uint8_t type;
    int r = 0;

    if (!point_read(s, a, &type, &p))
        return;
    if (find(s, type, &p) < s->n_points) {
        gdb_reply(s, "OK");
        return;
    }
    if (s->n_points == DEBUG_POINTS) {
        gdb_reply_error(s, GDB_ENOSPC);
        return;
    }
    s->point_type[s->n_points] = type;
    s->point[s->n_points++] = p;
    r = tell(s);
    if (r < 0)
        s->n_points--;
    gdb_reply_errno(s, r);
}

void gdb_cmd_point_del(struct gdb_session *s, struct gdb_args *a)
{
    struct debug_point p;
    unsigned n;
    uint8_t type;

    if (!point_read(s, a, &type, &p))
        return;
    n = find(s, type, &p);
    if (n < s->n_points) {
        for (s->n_points--; n < s->n_points; n++) {
            s->point[n] = s->point[n + 1];
            s->point_type[n] = s->point_type[n + 1];
        }
        tell(s);
    }
    gdb_reply(s, "OK");
}

void gdb_points_clear(struct gdb_session *s)
{
    if (!s->n_points)
        return;
    s->n_points = 0;
    tell(s);
}
