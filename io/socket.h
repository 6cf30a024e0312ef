/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Stream sockets: listen, connect, accept
 *
 * Descriptors returned are non-blocking and close-on-exec; the caller closes them.  A path that a live
 * server listens on is refused, a stale socket file is replaced, and anything else at that path is
 * left alone.  (The reference takes over the first and deletes the last, silently.)
 */

#include "io/address.h"

/* The socket, or a negative errno with an error that names the address.  A passed socket need not listen yet. */
int socket_listen(const struct address *a, struct error **err);
/* May wait for the peer's host: at start-up, or where a user asked for it.  A passed socket has its peer. */
int socket_connect(const struct address *a, struct error **err);
/* A datagram socket that talks to `remote` only, from `local`, or from any port if that is NULL.  Internet only. */
int socket_datagram(const struct address *remote, const struct address *local, struct error **err);
/* -EAGAIN without an error if nobody knocks. */
int socket_accept(int listener, struct error **err);
/* Closes a listener and removes its socket file, whoever made it. */
void socket_close_listener(const struct address *a, int listener);
/* "unix:/x", "tcp:127.0.0.1:4455": the local or the remote end as it really is; "" if there is none. */
struct text socket_text(int fd, bool remote);
void socket_set_nodelay(int fd);                        /* not TCP: does nothing */
