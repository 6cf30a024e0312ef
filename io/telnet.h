/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Telnet on a channel: the server's side of RFC 854
 */

#include "io/channel.h"

/*
 * Puts telnet on a channel that is open; it is up when the options have been sent.  records: as a 3270 terminal
 * wants it (RFC 1576): the owner's bytes go out as they are, with the ends of records (FF EF) that it puts there, and
 * those of the peer come in.
 */
void telnet_push(struct channel *c, bool records);
