/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Connecting without waiting: socket_connect() on a thread of its own
 */

#include "io/address.h"

struct connector;
struct loop;

/*
 * done() comes on the loop, once: with the socket, or with a negative errno and the error, both the callee's; the
 * connector is gone then.  NULL: no thread could be made, with an error.
 */
struct connector *connector_new(struct loop *loop, const struct address *a,
                                void (*done)(void *opaque, int fd, struct error *err), void *opaque,
                                struct error **err);
void connector_cancel(struct connector *c);             /* done() does not come; NULL is fine */
