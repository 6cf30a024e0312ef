/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/authz.h"

/* Authorisation: one identity, and lists in which the first rule that matches decides. */

#include "tests/unit/object-rig.h"

#include <stdlib.h>
#include <unistd.h>

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

/* Files */

static char folder[] = "/tmp/rhea-test-authz.XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[2][100];
    static unsigned n;

    n ^= 1;
    snprintf(path[n], sizeof(path[n]), "%s/%s", folder, name);
    return path[n];
}

static void write_file(const char *name, const char *text, size_t n)
{
    FILE *f = fopen(in_folder(name), "w");

    CHECK(f && fwrite(text, 1, n, f) == n);
    fclose(f);
}

static void write_list(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

#define ALLOWS(who) "{\"policy\": \"deny\", \"rules\": [{\"match\": \"" who "\", \"policy\": \"allow\"}]}"

static void a_file_has_the_rules(void)
{
    struct user_object *o;

    objects_start();
    write_list("list", "{\"policy\": \"allow\", \"rules\": [{\"match\": \"f*\", \"policy\": \"deny\", "
               "\"format\": \"glob\"}]}");
    o = object_made(T("authz-list-file,id=a,filename=%s", in_folder("list")), "a");
    CHECK(authz_find(&objects, "a") == o);
    CHECK(authz_allows(o, "bob") && !authz_allows(o, "fred"));
    CHECK_STR(object_prop(o, "refresh"), "true");
    CHECK_STR(object_prop(o, "filename"), T("\"%s\"", in_folder("list")));
    write_list("list", "{}");
    CHECK(!authz_allows(object_made(T("authz-listfile,id=b,refresh=off,filename=%s", in_folder("list")), "b"), "bob"));
    objects_end();
}

/* Turns the loop until the answer for that name is this one. */
static bool comes_to(struct user_object *o, const char *name, bool allowed)
{
    for (int left = 1000; authz_allows(o, name) != allowed && left; left--)
        loop_turn(objects.loop, 10);
    return authz_allows(o, name) == allowed;
}

static void a_file_that_changes_is_read_again(void)
{
    struct user_object *o, *fixed;

    objects_start();
    write_list("list", ALLOWS("one"));
    o = object_made(T("authz-list-file,id=a,filename=%s", in_folder("list")), "a");
    fixed = object_made(T("authz-list-file,id=b,refresh=off,filename=%s", in_folder("list")), "b");
    CHECK(authz_allows(o, "one") && !authz_allows(o, "two"));
    write_list("list", ALLOWS("two"));
    CHECK(comes_to(o, "two", true) && !authz_allows(o, "one"));
    /* Another one in its place, as editors do it. */
    write_list("new", ALLOWS("three"));
    CHECK(!rename(in_folder("new"), in_folder("list")));
    CHECK(comes_to(o, "three", true) && !authz_allows(o, "two"));
    CHECK(authz_allows(fixed, "one") && !authz_allows(fixed, "three"));
    objects_end();
}

static void a_file_that_becomes_bad_changes_nothing(void)
{
    static const struct { const char *text; size_t n; } bad[] = {
        { "", 0 }, { "{", 1 }, { "[]", 2 }, { "{\"policy\": \"maybe\"}", 19 }, { "{\"rules\": [{}]}", 15 },
        { "{}\0", 3 }, { "{\"nosuch\": 1}", 13 }, { "{\"policy\": \"allow\"} {}", 22 },
    };
    struct user_object *o, *other;

    objects_start();
    write_list("list", ALLOWS("one"));
    write_list("other", ALLOWS("x"));
    o = object_made(T("authz-list-file,id=a,filename=%s", in_folder("list")), "a");
    other = object_made(T("authz-list-file,id=b,filename=%s", in_folder("other")), "b");
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_file("list", bad[i].text, bad[i].n);
        /* The next change of the other file comes after it. */
        write_list("other", i % 2 ? ALLOWS("x") : ALLOWS("y"));
        CHECK(comes_to(other, "y", !(i % 2)));
        CHECK(authz_allows(o, "one") && !authz_allows(o, "two"));
    }
    unlink(in_folder("list"));
    write_list("list", ALLOWS("two"));
    CHECK(comes_to(o, "two", true));
    objects_end();
}

static void what_is_no_list_is_refused(void)
{
    static const char *const wrong[][2] = {
        { "{", "JSON" }, { "[]", "object" }, { "{\"policy\": \"maybe\"}", "'maybe'" },
        { "{\"rules\": [{\"match\": \"x\"}]}", "policy" }, { "{\"nosuch\": 1}", "nosuch" },
    };

    objects_start();
    object_refused("authz-list-file,id=a", "authz-list-file.filename: nothing");
    object_refused("authz-list-file,id=a,filename=/nonexistent/list,refresh=off", "/nonexistent/list");
    object_refused("authz-list-file,id=a,filename=/nonexistent/list", "authz-list-file.refresh: watch /nonexistent/");
    object_refused("authz-list-file,id=a,filename=/dev/zero,refresh=off", "/dev/zero");
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        write_list("list", wrong[i][0]);
        object_refused(T("authz-list-file,id=a,filename=%s", in_folder("list")), wrong[i][1]);
        CHECK(!authz_find(&objects, "a"));
    }
    object_refused("authz-pam,id=a,service=login", "object qom-type: authz-pam is not known");
    objects_end();
}

int main(void)
{
    char command[100];

    if (!mkdtemp(folder))
        return 1;
    TEST(simple_allows_one_identity);
    TEST(an_empty_list_denies_unless_it_says_otherwise);
    TEST(the_first_rule_that_matches_decides);
    TEST(what_is_no_rule_is_refused);
    TEST(a_file_has_the_rules);
    TEST(a_file_that_changes_is_read_again);
    TEST(a_file_that_becomes_bad_changes_nothing);
    TEST(what_is_no_list_is_refused);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) || test_end();
}
