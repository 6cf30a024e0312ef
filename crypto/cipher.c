/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher.h"

/* AES-256-CBC by gnutls (see cipher.h). */

#include "lib/error.h"

#include <errno.h>
#include <gnutls/crypto.h>

int cipher_decrypt(const uint8_t key[32], const uint8_t iv[16], uint8_t *bytes, size_t size, const char *object,
                   struct error **err)
{
    gnutls_datum_t k = { (uint8_t *)key, 32 }, v = { (uint8_t *)iv, 16 };
    gnutls_cipher_hd_t cipher;
    int r = gnutls_cipher_init(&cipher, GNUTLS_CIPHER_AES_256_CBC, &k, &v);

    if (r)
        return error_set(err, -EIO, ERROR_STATE, object, "AES-256-CBC", gnutls_strerror(r));
    r = gnutls_cipher_decrypt(cipher, bytes, size);
    gnutls_cipher_deinit(cipher);
    return r ? error_set(err, -EIO, ERROR_STATE, object, "AES-256-CBC", gnutls_strerror(r)) : 0;
}
