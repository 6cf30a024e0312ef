/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/authz.h"

/* Authorisation: one identity, and lists in which the first rule that matches decides. */

#include "tests/unit/object-rig.h"

static void simple_allows_one_identity(void)
{
    struct user_object *o;

    objects_start();
    o = object_made("authz-simple,id=a,identity=CN=me,,O=us", "a");
    CHECK(authz_find(&objects, "a") == o && !authz_find(&objects, "b"));
    CHECK(authz_allows(o, "CN=me,O=us"));
    CHECK(!authz_allows(o, "CN=me") && !authz_allows(o, "") && !authz_allows(o, "CN=me,O=us2"));
    object_refused("authz-simple,id=b", "authz-simple.identity: nothing");
    objects_end();
}

static void an_empty_list_denies_unless_it_says_otherwise(void)
{
    objects_start();
    CHECK(!authz_allows(object_made("authz-list,id=a", "a"), "x"));
    CHECK(!authz_allows(object_made("authz-list,id=b,policy=deny", "b"), "x"));
    CHECK(authz_allows(object_made("authz-list,id=c,policy=allow", "c"), "x"));
    objects_end();
}

static void the_first_rule_that_matches_decides(void)
{
    struct user_object *o;

    objects_start();
    o = object_made("authz-list,id=a,rules.0.match=fred,rules.0.policy=allow,rules.1.match=f*,rules.1.policy=deny,"
                    "rules.1.format=glob,rules.2.match=*,rules.2.policy=allow,rules.2.format=glob", "a");
    CHECK(authz_allows(o, "fred"));
    CHECK(!authz_allows(o, "frank") && !authz_allows(o, "f/x"));
    CHECK(authz_allows(o, "bob"));
    CHECK_STR(object_prop(o, "rules"), "[{\"match\": \"fred\", \"policy\": \"allow\"}, {\"match\": \"f*\", "
              "\"policy\": \"deny\", \"format\": \"glob\"}, {\"match\": \"*\", \"policy\": \"allow\", "
              "\"format\": \"glob\"}]");
    o = object_made("authz-list,id=b,rules.0.match=*,rules.0.policy=allow", "b");
    CHECK(authz_allows(o, "*") && !authz_allows(o, "x"));
    objects_end();
}

static void what_is_no_rule_is_refused(void)
{
    static const char *const wrong[][2] = {
        { "rules.0.match=x", "rules" }, { "rules.0.match=x,rules.0.policy=maybe", "'maybe'" },
        { "rules.0.match=x,rules.0.policy=deny,rules.0.format=regex", "'regex'" },
        { "rules.0.match=x,rules.0.policy=deny,rules.0.nosuch=1", "nosuch" }, { "rules=x", "authz-list.rules: x" },
        { "policy=maybe", "authz-list.policy: maybe" }, { "rules.1.match=x,rules.1.policy=deny", "authz-list.rules" },
    };

    objects_start();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        object_refused(T("authz-list,id=a,%s", wrong[i][0]), wrong[i][1]);
    objects_end();
}

int main(void)
{
    TEST(simple_allows_one_identity);
    TEST(an_empty_list_denies_unless_it_says_otherwise);
    TEST(the_first_rule_that_matches_decides);
    TEST(what_is_no_rule_is_refused);
    return test_end();
}
