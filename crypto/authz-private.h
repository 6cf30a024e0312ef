/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the types of authorisation have in common; private to crypto/
 */

#include "crypto/authz.h"

#include <stdint.h>

struct qapi_q_auth_z_list_rule_list;

struct authz_type {
    struct user_type user;
    bool (*allows)(const struct user_object *o, const char *identity);
};

/* The first rule that matches decides; if none does, policy does, which is an enum qapi_q_auth_z_list_policy. */
bool authz_rules_allow(const struct qapi_q_auth_z_list_rule_list *rules, unsigned policy, const char *identity);
