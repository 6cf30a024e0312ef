/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A session of the gdb protocol on a target that only notes what it is asked
 *
 * Two vCPUs, 64 KiB of memory from address 0, physical addresses from 1000000h on; it goes when it is told to, and
 * stands when the test says so.
 */

#include "cpu/state.h"
#include "gdb/packet.h"
#include "gdb/session.h"
#include "tests/test.h"

#include <errno.h>

enum { GDB_BENCH_CPUS = 2, GDB_BENCH_RAM = 1 << 16, GDB_BENCH_PHYSICAL = 0x1000000 };

struct gdb_bench {
    struct gdb_target target;
    struct gdb_peer peer;
    struct gdb_session *session;
    struct x86_state state[GDB_BENCH_CPUS];
    uint8_t cr8[GDB_BENCH_CPUS], ram[GDB_BENCH_RAM];
    bool running, go_fails, killed;
    unsigned halts, goes, step, n_points, most_points;
    enum debug_go plan[GDB_BENCH_CPUS];
    struct debug_point point[DEBUG_POINTS];
    GString *said;              /* by the session */
    size_t room;                /* that the peer has for more */
    char line[64];              /* of the monitor */
    struct gdb_in in;
};

static inline struct gdb_bench *gdb_bench_of(struct gdb_target *t)
{
    return (struct gdb_bench *)t;
}

static inline bool gb_running(struct gdb_target *t)
{
    return gdb_bench_of(t)->running;
}

static inline void gb_halt(struct gdb_target *t)
{
    struct gdb_bench *b = gdb_bench_of(t);

    b->halts++;
    b->running = false;
    gdb_session_stopped(b->session, GDB_SIGNAL_INT, 0, NULL);
}

static inline int gb_go(struct gdb_target *t, const enum debug_go *plan, unsigned step)
{
    struct gdb_bench *b = gdb_bench_of(t);

    if (b->go_fails)
        return -EINVAL;
    CHECK(!b->running);
    b->goes++;
    b->running = true;
    b->step = step;
    memcpy(b->plan, plan, sizeof(b->plan));
    return 0;
}

static inline void gb_kill(struct gdb_target *t)
{
    gdb_bench_of(t)->killed = true;
}

static inline bool gb_halted(struct gdb_target *t, unsigned cpu)
{
    return cpu == 1;
}

static inline void gb_state_get(struct gdb_target *t, unsigned cpu, struct x86_state *st)
{
    CHECK(!gdb_bench_of(t)->running && cpu < GDB_BENCH_CPUS);
    *st = gdb_bench_of(t)->state[cpu];
}

static inline void gb_state_put(struct gdb_target *t, unsigned cpu, const struct x86_state *st)
{
    CHECK(!gdb_bench_of(t)->running && cpu < GDB_BENCH_CPUS);
    gdb_bench_of(t)->state[cpu] = *st;
}

static inline uint8_t gb_cr8_get(struct gdb_target *t, unsigned cpu)
{
    return gdb_bench_of(t)->cr8[cpu];
}

static inline void gb_cr8_put(struct gdb_target *t, unsigned cpu, uint8_t cr8)
{
    gdb_bench_of(t)->cr8[cpu] = cr8;
}

static inline uint8_t *gb_at(struct gdb_target *t, bool physical, uint64_t addr, size_t n)
{
    struct gdb_bench *b = gdb_bench_of(t);

    CHECK(!b->running);
    addr -= physical ? GDB_BENCH_PHYSICAL : 0;
    return addr < GDB_BENCH_RAM && n <= GDB_BENCH_RAM - addr ? b->ram + addr : NULL;
}

static inline int gb_read(struct gdb_target *t, unsigned cpu, bool physical, uint64_t addr, void *buf, size_t n)
{
    const uint8_t *at = gb_at(t, physical, addr, n);

    if (at)
        memcpy(buf, at, n);
    return at ? 0 : -EFAULT;
}

static inline int gb_write(struct gdb_target *t, unsigned cpu, bool physical, uint64_t addr, const void *buf, size_t n)
{
    uint8_t *at = gb_at(t, physical, addr, n);

    if (at)
        memcpy(at, buf, n);
    return at ? 0 : -EFAULT;
}

static inline int gb_points(struct gdb_target *t, const struct debug_point *points, unsigned n)
{
    struct gdb_bench *b = gdb_bench_of(t);

    if (n > b->most_points)
        return -ENOSPC;
    b->n_points = n;
    memcpy(b->point, points, n * sizeof(*points));
    return 0;
}

/* "text N" says N bytes. */
static inline void gb_monitor(struct gdb_target *t, const char *line,
                              void (*put)(void *opaque, const char *text, size_t n), void *opaque)
{
    struct gdb_bench *b = gdb_bench_of(t);

    snprintf(b->line, sizeof(b->line), "%s", line);
    if (strncmp(line, "text ", 5))
        put(opaque, "hello\n", 6);
    else
        for (int n = atoi(line + 5); n > 0; n--)
            put(opaque, "x", 1);
}

static const struct gdb_target_ops gdb_bench_ops = {
    .running = gb_running, .halt = gb_halt, .go = gb_go, .kill = gb_kill, .halted = gb_halted,
    .state_get = gb_state_get, .state_put = gb_state_put, .cr8_get = gb_cr8_get, .cr8_put = gb_cr8_put,
    .read = gb_read, .write = gb_write, .points = gb_points, .monitor = gb_monitor,
};

static inline size_t gb_take(struct gdb_peer *p, const char *bytes, size_t n)
{
    struct gdb_bench *b = (struct gdb_bench *)((char *)p - offsetof(struct gdb_bench, peer));

    n = n < b->room ? n : b->room;
    b->room -= n;
    g_string_append_len(b->said, bytes, (gssize)n);
    return n;
}

static inline void gdb_bench_init(struct gdb_bench *b)
{
    *b = (struct gdb_bench){ .target = { &gdb_bench_ops, GDB_BENCH_CPUS }, .peer = { gb_take }, .room = SIZE_MAX,
                             .most_points = DEBUG_POINTS, .said = g_string_new(NULL) };
    b->session = gdb_session_new(&b->target, &b->peer);
    gdb_session_open(b->session);
}

static inline void gdb_bench_fini(struct gdb_bench *b)
{
    gdb_session_free(b->session);
    g_string_free(b->said, TRUE);
}

static inline void gdb_bench_raw(struct gdb_bench *b, const char *bytes)
{
    gdb_session_feed(b->session, bytes, strlen(bytes));
}

static inline void gdb_bench_send(struct gdb_bench *b, const char *packet, size_t n)
{
    GString *out = g_string_new(NULL);

    gdb_frame(out, packet, n);
    gdb_session_feed(b->session, out->str, out->len);
    g_string_free(out, TRUE);
}

/* The next packet that the session has said, taken away; NULL: none.  Valid until the next call. */
static inline const char *gdb_bench_said(struct gdb_bench *b)
{
    gdb_in_init(&b->in);
    for (size_t i = 0; i < b->said->len; i++)
        if (gdb_in_byte(&b->in, (uint8_t)b->said->str[i]) == GDB_CAME_PACKET) {
            g_string_erase(b->said, 0, (gssize)i + 1);
            return b->in.data;
        }
    return NULL;
}

/* A command, and its reply. */
static inline const char *gdb_bench_ask(struct gdb_bench *b, const char *packet)
{
    const char *reply;

    g_string_truncate(b->said, 0);
    gdb_bench_send(b, packet, strlen(packet));
    reply = gdb_bench_said(b);
    return reply ? reply : "(nothing)";
}
