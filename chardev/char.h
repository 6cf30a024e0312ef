/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Character devices, for those who use them: serial ports, monitors, qtest
 *
 * A chardev joins a back end (terminal, socket, file ...) to a front end.  Between them are two bounded
 * rings of RING_BYTES.  The front end writes into one and reads from the other, on any thread (one at a
 * time per direction: its own lock sees to that), and never waits; the chardev's home loop does the I/O.
 * A full ring is back-pressure: who finds it full keeps its bytes and is called when there is room.
 * The exception: while no peer is connected (a server socket without client), what is written is dropped, as
 * on a line with nothing plugged in.
 *
 * Everything but chardev_write() and chardev_read() is called on the home loop.
 */

#include "lib/list.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chardev/config.h"

struct chardev;
struct char_port;
struct chardevs;
struct error;
struct fdsets;
struct loop;
struct user_objects;

enum char_event {
    CHAR_OPENED,        /* a peer is there: once after attaching to an open one, too */
    CHAR_CLOSED,
    CHAR_BREAK,
    CHAR_FOCUS_IN,      /* mux: what is typed comes here from now on */
    CHAR_FOCUS_OUT,     /* mux: goes to somebody else */
};

/* What a serial port puts on its line beside bytes. */
struct char_line {
    uint32_t speed;             /* bits a second */
    uint8_t data_bits;          /* 5 to 8 */
    char parity;                /* 'N', 'E', 'O' */
    uint8_t stop_bits;          /* 1, 2 */
    bool in_break, dtr, rts;
};

/* A front end.  All three are called on the home loop, with no lock held, and any may be NULL. */
struct char_front {
    void (*readable)(struct char_front *f);     /* bytes came: take them, all or those there is room for */
    void (*writable)(struct char_front *f);     /* a write came up short and there is room again */
    void (*event)(struct char_front *f, enum char_event event);
    struct char_port *port;                     /* set while attached */
    bool swappable;                             /* chardev_change() may put another back end behind it */
    bool holding;                               /* home loop: it keeps bytes that it read, and reads again later */
};

/* -EBUSY with an error if another front end has it; a mux takes up to four, the last one attached has the focus. */
int chardev_attach(struct chardev *chr, struct char_front *f, struct error **err);
/* What it has written still goes out.  Nobody else may be writing or reading.  Not attached: fine. */
void chardev_detach(struct char_front *f);

/* From any thread.  Bytes accepted; short of n: writable() will be called.  Not attached: all are dropped. */
size_t chardev_write(struct char_front *f, const void *buf, size_t n);
/* From any thread.  Bytes that were there, up to n.  readable() is not called again for those left behind. */
size_t chardev_read(struct char_front *f, void *buf, size_t n);

/* From any thread.  The last one counts, also for a back end that comes later.  Not attached: forgotten. */
void chardev_set_line(struct char_front *f, const struct char_line *line);

/*
 * The descriptor that the peer sent along with bytes that f has read or may read; now the caller's.  Of several that
 * came together it is the first, and the others are closed.  -1: none, or not such a chardev.  What nobody has taken is
 * closed when others come, which is not before f has read all bytes that are there, and is not `holding` any.
 */
int chardev_take_fd(struct char_front *f);

const char *chardev_label(const struct chardev *chr);
/* As in query-chardev: "stdio", "disconnected:unix:/x,server=on".  Valid until the next call for the same chardev. */
const char *chardev_filename(struct chardev *chr);
bool chardev_is_open(const struct chardev *chr);
bool chardev_is_attached(const struct chardev *chr);            /* "frontend-open" */
/* A server with wait=on whose first client has not come: main/ turns its loop until nobody waits. */
bool chardev_is_waiting(const struct chardev *chr);
/* Sockets: their connection can be cut, and that is what chardev_yank() does. */
bool chardev_is_yankable(const struct chardev *chr);
void chardev_yank(struct chardev *chr);
bool chardev_is_mux(const struct chardev *chr);
bool chardev_is_swappable(const struct chardev *chr);           /* chardev_change() would leave its front end there */
bool chardevs_are_waiting(struct chardevs *set);
/* As if a break had come from the peer: to the front end that has the focus, if any. */
void chardev_break(struct chardev *chr);
/* Waits until all that was written is out or timeout_ms are over; true if it is. */
bool chardev_flush(struct chardev *chr, int timeout_ms);

/* Ring buffers only (ringbuf-read, ringbuf-write): bytes moved, or -EINVAL if chr is none. */
long chardev_ringbuf_read(struct chardev *chr, void *buf, size_t n);
long chardev_ringbuf_write(struct chardev *chr, const void *buf, size_t n);
long chardev_ringbuf_held(struct chardev *chr);                 /* how many there are to read */

/* All chardevs of a process, by label, in order of creation. */
struct chardevs {
    struct list_node list;
    struct list_node dials;     /* of chardevs_dial(), under way */
    struct loop *loop;
    /* C-a x on a mux.  Set by main/; NULL: ignored. */
    void (*quit)(struct chardevs *set);
    struct fdsets *fdsets;      /* what /dev/fdset/N in a path stands for; set by main/, NULL: nothing */
    uint8_t escape;             /* of a mux: the key that begins a command, C-a; main/ may set another */
    bool no_stdio;              /* the program will leave its terminal; set by main/ */
    const struct user_objects *objects;         /* that tls-creds= and tls-authz= name; set by main/.  NULL: none */
};

void chardevs_init(struct chardevs *set, struct loop *loop);
void chardevs_fini(struct chardevs *set);               /* closes all; front ends have been detached */
/* NULL on failure: repeated labels, a second stdio, whatever the back end refuses.  With cfg->mux the result is the
 * mux, and "LABEL-base" below it.  CHAR_NONE and CHAR_REFER are the caller's to handle. */
struct chardev *chardev_open(struct chardevs *set, const struct chardev_config *cfg, struct error **err);
/* Writes out what is left for at most a second.  Not from a front end's callback.  No front end is
 * attached; of a mux its base is closed with it. */
void chardev_close(struct chardev *chr);
/* For a machine that runs: -EBUSY with a front end, and always of a mux.  What the peer does not take now is lost. */
int chardev_remove(struct chardev *chr, struct error **err);
/*
 * Puts another back end in the place of chr, under the same label; chr is gone then.  A front end stays, if it is
 * swappable, and what it has written goes to the new one.  After a failure, with an error, all is as it was: a mux, a
 * front end that cannot move, whatever chardev_open() refuses.
 */
int chardev_change(struct chardev *chr, const struct chardev_config *cfg, struct chardev **now, struct error **err);
/*
 * For a machine that runs.  A client that connects once (chardev_config_dials()) makes chardev_open() and
 * chardev_change() wait for its server; this connects on a thread instead, so that they need not.  done() comes once,
 * on the loop: with code 0 and a connection in cfg, which may be opened; or with a negative errno and an error.  cfg,
 * with its connection, and err are done()'s, and so is cfg from now on; the connection is closed after use.  The end
 * of the set is -ECANCELED.  Negative with an error, and cfg is the caller's still: no thread could be made.
 */
bool chardev_config_dials(const struct chardev_config *cfg);
int chardevs_dial(struct chardevs *set, struct chardev_config *cfg,
                  void (*done)(void *opaque, struct chardev_config *cfg, int code, struct error *err), void *opaque,
                  struct error **err);
struct chardev *chardev_find(struct chardevs *set, const char *label);
struct chardev *chardev_next(struct chardevs *set, struct chardev *prev);      /* NULL: first, and after the last */
