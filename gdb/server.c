/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/gdb.h"

/*
 * The server: a session on a chardev, and a machine that it watches
 *
 * Bytes stay in the chardev's ring while the peer has not taken what it was told: that is the back-pressure.
 */

#include "chardev/char.h"
#include "core/machine.h"
#include "gdb/machine.h"
#include "gdb/session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct gdb_server {
    struct gdb_machine machine;
    struct gdb_session *session;
    struct gdb_peer peer;
    struct char_front front;
    struct chardev *chr;
    struct machine_observer observer;
};

enum { FEED_BYTES = 256 };      /* a command has seven bytes and up, and a reply GDB_PACKET and more */

static struct gdb_server *of_front(struct char_front *f)
{
    return (struct gdb_server *)((char *)f - offsetof(struct gdb_server, front));
}

static void readable(struct char_front *f)
{
    struct gdb_server *s = of_front(f);
    char bytes[FEED_BYTES];

    while (gdb_session_ready(s->session)) {
        size_t n = chardev_read(f, bytes, sizeof(bytes));

        if (!n)
            return;
        gdb_session_feed(s->session, bytes, n);
    }
}

static void writable(struct char_front *f)
{
    gdb_session_drain(of_front(f)->session);
    readable(f);
}

/* What a peer that has gone left unread is not the next one's. */
static void leftovers_drop(struct char_front *f)
{
    char bytes[FEED_BYTES];

    while (chardev_read(f, bytes, sizeof(bytes)))
        ;
}

static void event(struct char_front *f, enum char_event event)
{
    struct gdb_session *session = of_front(f)->session;

    if (event == CHAR_OPENED) {
        gdb_session_open(session);
    } else if (event == CHAR_CLOSED) {
        gdb_session_close(session);
        leftovers_drop(f);
    }
}

static size_t peer_write(struct gdb_peer *p, const char *bytes, size_t n)
{
    struct gdb_server *s = (struct gdb_server *)((char *)p - offsetof(struct gdb_server, peer));

    return chardev_write(&s->front, bytes, n);
}

static unsigned number_of(const struct vcpu *cpu)
{
    unsigned n = 0;

    while (cpu->machine->vcpus[n] != cpu)
        n++;
    return n;
}

static void observed(struct machine_observer *o, enum machine_event what, enum shutdown_cause cause)
{
    struct gdb_server *s = (struct gdb_server *)((char *)o - offsetof(struct gdb_server, observer));
    const struct machine *m = s->machine.cfg.machine;
    const struct debug_stop *stop = machine_debug_stop(m);
    bool debug = m->run_state == RUN_DEBUG && stop->why != DEBUG_NOTHING;

    (void)cause;
    if (what == EVENT_STOP)
        gdb_session_stopped(s->session, gdb_machine_signal(m), debug ? number_of(stop->cpu) : 0, debug ? stop : NULL);
    else if (what == EVENT_CPUS)
        gdb_session_cpus(s->session, m->n_vcpus);
    else if (what == EVENT_QUIT)
        gdb_session_ended(s->session, (uint8_t)m->exit_status);
}

static int possible(const struct machine *m, struct error **err)
{
    if (!m->n_vcpus)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "gdb server", "a machine without CPUs",
                         "legal: a machine type that has some");
    if (!machine_debuggable(m))
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "gdb server", "an accelerator without breakpoints",
                         "legal: -accel tcg, kvm");
    return 0;
}

struct gdb_server *gdb_server_new(const struct gdb_config *cfg, struct chardev *chr, struct error **err)
{
    struct gdb_server *s;

    if (possible(cfg->machine, err) < 0)
        return NULL;
    s = calloc(1, sizeof(*s));
    assert(s);
    gdb_machine_init(&s->machine, cfg);
    s->chr = chr;
    s->peer.write = peer_write;
    s->front = (struct char_front){ .readable = readable, .writable = writable, .event = event };
    s->session = gdb_session_new(&s->machine.target, &s->peer);
    if (chardev_attach(chr, &s->front, err) < 0) {
        gdb_session_free(s->session);
        free(s);
        return NULL;
    }
    s->observer.fn = observed;
    machine_observe(cfg->machine, &s->observer);
    return s;
}

void gdb_server_free(struct gdb_server *s)
{
    if (!s)
        return;
    assert(!gdb_session_busy(s->session));
    machine_unobserve(&s->observer);
    chardev_detach(&s->front);
    gdb_session_free(s->session);
    free(s);
}

struct chardev *gdb_server_chardev(const struct gdb_server *s)
{
    return s->chr;
}

bool gdb_server_busy(const struct gdb_server *s)
{
    return gdb_session_busy(s->session);
}
