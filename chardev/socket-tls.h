/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS of a socket chardev: the objects that tls-creds= and tls-authz= name; private to chardev/
 *
 * They are held from opening to closing, so that nobody deletes them meanwhile.
 */

#include "chardev/backend.h"
#include "io/tls.h"

struct char_tls {
    struct user_object *creds, *authz;  /* held; NULL: not asked for */
    struct tls_peer peer;
};

/* In place, all zero before.  Finds what cfg names for the side that cfg is, or refuses it by name; host is cfg's, and
 * stays as long as t.  char_tls_fini() after a failure, too. */
int char_tls_init(struct char_tls *t, const struct chardev *chr, const struct chardev_config *cfg, const char *host,
                  struct error **err);
void char_tls_fini(struct char_tls *t);
/* Puts TLS on the channel of a peer that has come; nothing if none was asked for. */
int char_tls_push(const struct char_tls *t, struct channel *c, struct error **err);
bool char_tls_is_on(const struct char_tls *t);
