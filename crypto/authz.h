/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Authorisation: which identities, such as the name in a TLS certificate, may connect
 *
 * Objects of the types authz-simple and authz-list.  Home loop.
 */

#include "object/user.h"

/* NULL: there is none of that id. */
struct user_object *authz_find(const struct user_objects *set, const char *id);
bool authz_allows(const struct user_object *o, const char *identity);
