/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/authz.h"

/*
 * Authorisation (see authz.h; properties as the reference's schema has them)
 *
 * authz-simple allows one identity.  The first rule of authz-list that matches decides; if none does, `policy` does,
 * which denies unless it was given.  Patterns are those of glob(7), where a slash is a character as all others.  Lists
 * in files: authz-file.c.  Left out: PAM, which may take as long as its modules please; Debian's reference has none.
 */

#include "crypto/authz-private.h"
#include "lib/error.h"
#include "qapi/qapi-types.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

struct authz {
    struct user_object user;
    struct { char *identity; struct qapi_q_auth_z_list_rule_list rules; uint8_t policy; } cfg;
};
#define T_ struct authz

static const char *const policies[] = { "deny", "allow", NULL };

struct user_object *authz_find(const struct user_objects *set, const char *id)
{
    return user_object_find(set, id, "authz");
}

bool authz_allows(const struct user_object *o, const char *identity)
{
    return ((const struct authz_type *)o->type)->allows(o, identity);
}

static bool simple_allows(const struct user_object *o, const char *identity)
{
    return !strcmp(((const struct authz *)o)->cfg.identity, identity);
}

static int simple_complete(struct user_object *o, struct error **err)
{
    if (((struct authz *)o)->cfg.identity)
        return 0;
    return error_set(err, -EINVAL, ERROR_STATE, "authz-simple.identity", "nothing", "the identity that is allowed");
}

static bool matches(const struct qapi_q_auth_z_list_rule *rule, const char *identity)
{
    if (rule->has_format && rule->format == QAPI_Q_AUTH_Z_LIST_FORMAT_GLOB)
        return !fnmatch(rule->match, identity, 0);
    return !strcmp(rule->match, identity);
}

bool authz_rules_allow(const struct qapi_q_auth_z_list_rule_list *rules, unsigned policy, const char *identity)
{
    for (size_t i = 0; i < rules->num; i++)
        if (matches(&rules->items[i], identity))
            return rules->items[i].policy == QAPI_Q_AUTH_Z_LIST_POLICY_ALLOW;
    return policy == QAPI_Q_AUTH_Z_LIST_POLICY_ALLOW;
}

static bool list_allows(const struct user_object *o, const char *identity)
{
    const struct authz *a = (const struct authz *)o;

    return authz_rules_allow(&a->cfg.rules, a->cfg.policy, identity);
}

static const struct type authz_base = { .name = "authz", .parent = "object", .doc = "who may connect",
    .abstract = true };
TYPE(authz_base);

static const struct prop simple_props[] = {
    PROP(T_, "identity", identity, .shown = "string"),
    {}
};
static const struct authz_type simple_type = {
    .user = {
        .type = { .name = "authz-simple", .parent = "authz", TYPE_OF(T_), .props = simple_props,
                  .doc = "allows one identity" },
        .complete = simple_complete,
    },
    .allows = simple_allows,
};
USER_TYPE(simple_type, simple_type.user);

static const struct prop list_props[] = {
    PROP_NAMED(T_, "policy", policy, policies, .shown = "QAuthZListPolicy"),
    PROP_OF(T_, "rules", rules, &qapi_type_q_auth_z_list_rule_list, .shown = "QAuthZListRule"),
    {}
};
static const struct authz_type list_type = {
    .user = {
        .type = { .name = "authz-list", .parent = "authz", TYPE_OF(T_), .props = list_props,
                  .doc = "allows and denies by rules" },
    },
    .allows = list_allows,
};
USER_TYPE(list_type, list_type.user);
