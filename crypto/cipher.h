/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* AES-256 in CBC mode (FIPS 197, SP 800-38A 6.2), for secrets that are given encrypted. */

#include <stddef.h>
#include <stdint.h>

struct error;

/* Decrypts size bytes, a multiple of 16, in place.  -ENOTSUP with an error about object: built without gnutls. */
int cipher_decrypt(const uint8_t key[32], const uint8_t iv[16], uint8_t *bytes, size_t size, const char *object,
                   struct error **err);
