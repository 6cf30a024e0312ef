/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"

/* A build without gnutls decrypts nothing, and says so. */

#include "lib/error.h"

#include <errno.h>

int cipher_decrypt(const uint8_t key[32], const uint8_t iv[16], uint8_t *bytes, size_t size, const char *object,
                   struct error **err)
{
    (void)key;
    (void)iv;
    (void)bytes;
    (void)size;
    return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, object, "AES-256-CBC",
                     "which was built without gnutls; legal: no keyid");
}
