/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * SHA-1, for protocols that ask for it by name (the answer of a websocket server); not for security
 */

#include <stddef.h>
#include <stdint.h>

enum { SHA1_BYTES = 20 };

void sha1(const void *data, size_t n, uint8_t digest[SHA1_BYTES]);
