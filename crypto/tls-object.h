/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS credentials as a user makes them: objects of the types tls-creds-anon, tls-creds-psk and tls-creds-x509
 *
 * Whoever uses one holds the object.  Home loop.
 */

#include "crypto/tls-creds.h"
#include "object/user.h"

/*
 * The credentials of that id for that side, whose object the caller may hold; `what` and `side` are whose they are to
 * be, for the error.  NULL: there are none of that id, or they are for the other side; *err says which.  set: NULL is
 * empty.
 */
struct user_object *tls_object_find(const struct user_objects *set, const char *id, bool server, const char *what,
                                    struct error **err);
struct tls_creds *tls_object_creds(const struct user_object *o);       /* borrowed */
