/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Secrets: passwords and keys that a user has for TLS, disks and displays
 *
 * Objects of the types secret and secret_keyring.  What one holds is in pages of its own, which core dumps leave out
 * and which are cleared before they are given back; no property, log or error shows it.  Home loop.
 */

#include "object/user.h"

struct error;

/* The bytes of the secret of that id, which a zero follows, borrowed for as long as the object is there; what: whose
 * secret it is to be, for the error.  -ENOENT: there is no such secret. */
int secret_find(const struct user_objects *set, const char *id, const char *what, const uint8_t **bytes, size_t *size,
                struct error **err);
