/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Random number generators: entropy that a user has for devices
 *
 * rng-builtin (the kernel's), rng-random (a file), rng-egd (a daemon behind a chardev).  Home loop.
 */

#include "object/user.h"

/* One request.  The caller owns it and the buffer until done() has been called or it is cancelled. */
struct rng_request {
    uint8_t *buf;
    size_t size;                /* bytes wanted, 1 to RNG_MAX */
    size_t got;                 /* bytes that have come */
    void (*done)(struct rng_request *r);        /* got is at least 1; 0: the source has ended */
    struct list_node node;      /* linked while it waits */
};
enum { RNG_MAX = 65536 };

struct user_object *rng_find(const struct user_objects *set, const char *id);
/* done() comes later, from the loop, never from here. */
void rng_request(struct user_object *o, struct rng_request *r);
void rng_cancel(struct rng_request *r);         /* done() will not be called; none waits: fine */
