/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sets of descriptors that were passed to the program, and the file names that stand for them: /dev/fdset/N
 *
 * Who starts the program, or talks to it, opens files that it may not open itself, and puts the descriptors into a set
 * (-add-fd, add-fd).  Wherever a user names a file to be opened by fdsets_open(), the name of a set gets a duplicate of
 * that of its descriptors whose access mode fits.
 *
 * Everything on the home loop.
 */

#include "lib/list.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A set, for who lists them: ids ascend, descriptors are in the order in which they came. */
struct fdset {
    struct list_node node, fds, users;
    int64_t id;
};
struct fdset_fd {
    struct list_node node;
    int fd;
    bool removed;               /* as soon as the guest runs */
    char *opaque;               /* what who added it wants to find again; NULL: nothing */
};

/* All sets of a process. */
struct fdsets {
    struct list_node list;
    unsigned monitors;          /* that have a peer */
    /* Does the guest run?  While it does not, nothing is taken out of a set.  NULL: it does. */
    bool (*running)(void *opaque);
    void *opaque;
};

void fdsets_init(struct fdsets *s);
void fdsets_fini(struct fdsets *s);                     /* closes what is in sets; duplicates stay as they are */

/* Puts fd, the set's from now on, into the set with that id, which is made if there is none; -1: into a new one with
 * the lowest id that is free.  opaque is copied, and may be NULL.  Which set it is. */
struct fdset *fdsets_add(struct fdsets *s, int64_t id, int fd, const char *opaque);
/* Closes a descriptor of a set; fd -1: all of them.  -ENOENT: there is none. */
int fdsets_remove(struct fdsets *s, int64_t id, int fd);

/* A monitor's peer has come or gone.  With the last one goes every set that nobody has opened. */
void fdsets_monitor_came(struct fdsets *s);
void fdsets_monitor_left(struct fdsets *s);

/*
 * As open(2), close-on-exec; of /dev/fdset/N a duplicate, with O_APPEND, O_NONBLOCK and O_TRUNC of flags.  owner, if
 * not NULL, uses the set until fdsets_release().  s NULL: there are no sets.  A descriptor or a negative errno.
 * -EINVAL: N is no number; -ENOENT: no such set; -EACCES: none of its descriptors can be read, written, or both, as
 * asked for.
 */
int fdsets_open(struct fdsets *s, const void *owner, const char *path, int flags, mode_t mode);
/* The same for writing to a file that is made if it is not there, as file_create(); flags: O_TRUNC or O_APPEND. */
int fdsets_create(struct fdsets *s, const void *owner, const char *path, int flags);
/* owner has closed what he opened; he may have opened nothing.  s NULL: fine. */
void fdsets_release(struct fdsets *s, const void *owner);
