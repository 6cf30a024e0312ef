/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Character devices, for those who implement a back end
 *
 * A back end embeds struct chardev first and is described by one constant struct char_backend.  All of
 * it runs on the home loop.  It asks chardev_in_room() before it reads, hands bytes on with
 * chardev_in(), and tells with chardev_out_ready() that it can take bytes again.
 */

#include "chardev/char.h"
#include "lib/loop.h"

struct char_backend {
    enum char_kind kind;
    const char *name;           /* as in -chardev help */
    size_t size;                /* of the struct that embeds struct chardev */
    unsigned max_fronts;        /* 0: one */
    int (*open)(struct chardev *chr, const struct chardev_config *cfg, struct error **err);
    void (*close)(struct chardev *chr);         /* also after a failed open: frees what there is */
    /* Bytes taken of n; fewer: it calls chardev_out_ready() later.  Never waits. */
    size_t (*write)(struct chardev *chr, const void *buf, size_t n);
    /* There is room for input again, or a front end came: read on.  NULL: has no input. */
    void (*resume)(struct chardev *chr);
    void (*filename)(struct chardev *chr, char *buf, size_t size);     /* NULL: its name */
    /* For chardev_flush(): waits until write() can take something; false: time is over.  NULL: it always can. */
    bool (*wait_writable)(struct chardev *chr, int timeout_ms);
    /* Has write() taken bytes that are not out yet?  NULL: never. */
    bool (*pending)(struct chardev *chr);
    /* Cuts the connection, if there is one; what follows comes by itself.  NULL: there is never any. */
    void (*yank)(struct chardev *chr);
    /* How the front end's line is set; NULL: does not matter here. */
    void (*set_line)(struct chardev *chr, const struct char_line *line);
    /* A descriptor that came from the peer; -1: none.  NULL: none ever comes. */
    int (*take_fd)(struct chardev *chr);
    /* Who gets input, of several front ends (mux).  NULL: the only one. */
    struct char_port *(*focus)(struct chardev *chr);
    void (*attached)(struct chardev *chr, struct char_port *port);      /* may be NULL, both */
    void (*detached)(struct chardev *chr, struct char_port *port);
};

struct chardev {
    const struct char_backend *type;
    struct chardevs *set;
    struct loop *loop;
    struct list_node node;      /* in the set */
    struct list_node ports;
    char label[72];
    char name[4400];            /* what chardev_filename() has made */
    int log_fd;
    bool open, waiting;
};

extern const struct char_backend char_null, char_stdio, char_file, char_pty, char_ringbuf, char_socket, char_mux,
    char_udp, char_pipe, char_serial, char_parallel;

/* Nobody will be told of a connection any more: the beginning of chardevs_fini(). */
void chardevs_dials_end(struct chardevs *set);
/* How many bytes chardev_in() will take now.  0: resume() is called when there is room, or a front end. */
size_t chardev_in_room(struct chardev *chr);
/* The same, but 0 while there are bytes that the front end has not read, or has read and keeps for later. */
size_t chardev_in_room_if_read(struct chardev *chr);
void chardev_in(struct chardev *chr, const void *buf, size_t n);
void chardev_event(struct chardev *chr, enum char_event event);        /* to all front ends */
void chardev_out_ready(struct chardev *chr);
void chardev_port_event(struct char_port *port, enum char_event event);
/* Forgets the ports that front ends have left and what they did not get out: the end of chardev_close(). */
void chardev_drop_ports(struct chardev *chr);
/* Front ends and what they have written go to another chardev, which is open and has none. */
void chardev_move_ports(struct chardev *from, struct chardev *to);
