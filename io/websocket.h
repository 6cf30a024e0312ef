/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Websockets on a channel: the server's side of RFC 6455
 */

#include "io/channel.h"

/* Puts a websocket on a channel that is open; it is up when the client's request has been answered with 101. */
void websocket_push(struct channel *c);
