/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS on a channel
 */

#include "crypto/tls-session.h"
#include "io/channel.h"

/*
 * Puts TLS on a channel that is open; it is up when the handshake is over and the peer is believed.  creds say which
 * side this is, and are held.  peer: see tls_session_new().  After a failure the channel is as it was.
 */
int tls_push(struct channel *c, struct tls_creds *creds, const struct tls_peer *peer, struct error **err);
