/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/option.h"

/* Options that the schema declares, as a command line writes them: the sentences of option.h. */

#include "qapi/tq-types.h"
#include "tests/test.h"

static char shown[2000];

static const char *parsed(const char *text, const char *first, const struct qapi_type *type)
{
    struct qapi_fault fault;
    struct json v;

    if (qapi_option_parse(text, first, &v, &fault)) {
        snprintf(shown, sizeof(shown), "! %s", fault.desc);
        CHECK(v.kind == JSON_NULL);
    } else {
        GString *out = g_string_new("");

        if (type)
            qapi_option_convert(type, &v);
        json_print(&v, JSON_COMPACT, out);
        snprintf(shown, sizeof(shown), "%s", out->str);
        g_string_free(out, TRUE);
        json_fini(&v);
    }
    return shown;
}

static void items_are_separated_by_single_commas(void)
{
    CHECK_STR(parsed("secret,id=s0,data=a,,b,", "qom-type", NULL),
              "{\"qom-type\": \"secret\", \"id\": \"s0\", \"data\": \"a,b\"}");
    CHECK_STR(parsed("a=1,a=2", "x", NULL), "{\"a\": \"2\"}");
    CHECK_STR(parsed("k=v=w,flag", NULL, NULL), "{\"k\": \"v=w\", \"flag\": \"on\"}");
    CHECK_STR(parsed("a,,b,c=", "x", NULL), "{\"x\": \"a,b\", \"c\": \"\"}");
    CHECK_STR(parsed("", "x", NULL), "{}");
}

static void dots_make_objects_and_numbers_arrays(void)
{
    CHECK_STR(parsed("l.a=1,l.b.c=2", NULL, NULL), "{\"l\": {\"a\": \"1\", \"b\": {\"c\": \"2\"}}}");
    CHECK_STR(parsed("r.1.m=b,r.0.m=a", NULL, NULL), "{\"r\": [{\"m\": \"a\"}, {\"m\": \"b\"}]}");
    CHECK_STR(parsed("r.1=b,r.2=c", NULL, NULL), "{\"r\": {\"1\": \"b\", \"2\": \"c\"}}");
}

static void what_is_no_key_is_refused(void)
{
    CHECK_STR(parsed("=1", NULL, NULL), "! Invalid parameter ''");
    CHECK_STR(parsed("a=1,b c=2", NULL, NULL), "! Invalid parameter 'b c'");
    CHECK_STR(parsed("a..b=2", NULL, NULL), "! Invalid parameter 'a..b'");
    CHECK_STR(parsed(".a=2", NULL, NULL), "! Invalid parameter '.a'");
    CHECK_STR(parsed("a.=2", NULL, NULL), "! Invalid parameter 'a.'");
    CHECK_STR(parsed("a.a.a.a.a.a.a.a.a.a.a=1", NULL, NULL), "! Invalid parameter 'a.a.a.a.a.a.a.a.a.a.a'");
    CHECK_STR(parsed("a=1,a.b=2", NULL, NULL), "! Parameter 'a' has a value and members");
    CHECK_STR(parsed("a.b=1,a=2", NULL, NULL), "! Parameter 'a' has a value and members");
}

static void json_is_taken_as_it_is(void)
{
    CHECK_STR(parsed("{\"id\": \"a\", \"n\": 5}", "x", NULL), "{\"id\": \"a\", \"n\": 5}");
    CHECK(!strncmp(parsed("{\"id\": ", "x", NULL), "! ", 2));
    CHECK(!strncmp(parsed("{}{}", "x", NULL), "! ", 2));
}

static void strings_become_what_the_type_wants(void)
{
    static const struct { const struct qapi_type *type; const char *text, *json; } cases[] = {
        { &qapi_type_int, "7", "7" }, { &qapi_type_int, "-0x10", "-16" }, { &qapi_type_int, "7x", "\"7x\"" },
        { &qapi_type_int, "-", "\"-\"" }, { &qapi_type_int, "", "\"\"" },
        { &qapi_type_int, "99999999999999999999", "\"99999999999999999999\"" },
        { &qapi_type_size, "64k", "65536" }, { &qapi_type_size, "-1", "\"-1\"" },
        { &qapi_type_bool, "on", "true" }, { &qapi_type_bool, "yes", "true" }, { &qapi_type_bool, "n", "false" },
        { &qapi_type_bool, "1", "\"1\"" }, { &qapi_type_str, "7", "\"7\"" },
        { &qapi_type_int_list, "2-4", "[2, 3, 4]" }, { &qapi_type_int_list, "3", "[3]" },
        { &qapi_type_int_list, "4-2", "\"4-2\"" }, { &qapi_type_int_list, "0-99999999", "\"0-99999999\"" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json v = json_string(cases[i].text);
        GString *out = g_string_new("");

        qapi_option_convert(cases[i].type, &v);
        json_print(&v, JSON_COMPACT, out);
        CHECK_STR(out->str, cases[i].json);
        g_string_free(out, TRUE);
        json_fini(&v);
    }
}

static void members_of_the_chosen_branch_are_converted_too(void)
{
    CHECK_STR(parsed("dark-blue,id=7,small.byte=0x7,more.word=-1", "colour", &tq_type_shape),
              "{\"colour\": \"dark-blue\", \"id\": \"7\", \"small\": {\"byte\": 7}, \"more\": {\"word\": -1}}");
    CHECK_STR(parsed("red,small.byte=7", "colour", &tq_type_shape),
              "{\"colour\": \"red\", \"small\": {\"byte\": \"7\"}}");
}

int main(void)
{
    TEST(items_are_separated_by_single_commas);
    TEST(dots_make_objects_and_numbers_arrays);
    TEST(what_is_no_key_is_refused);
    TEST(json_is_taken_as_it_is);
    TEST(strings_become_what_the_type_wants);
    TEST(members_of_the_chosen_branch_are_converted_too);
    return test_end();
}
