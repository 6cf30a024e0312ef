/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

/*
 * JSON: values, reading, printing.  The reader's words for faults are checked against the reference in
 * test-qmp; here are its limits, its positions, and its behaviour on broken input.
 */

#include "lib/error.h"
#include "qapi/json-parse.h"

#include <malloc.h>

static bool long_form;
static uint64_t seed = 1;

static uint32_t random_u32(void)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(seed >> 33);
}

static GString *printed(const struct json *v, enum json_style style)
{
    GString *s = g_string_new(NULL);

    json_print(v, style, s);
    return s;
}

/* Parses and prints again. */
static void check_text(const char *in, const char *out)
{
    struct json v, again;
    struct json_fault fault = { "" };

    if (json_parse(in, &v, &fault))
        CHECK_STR(fault.text, out);
    GString *s = printed(&v, JSON_COMPACT);
    CHECK_STR(s->str, out);
    CHECK(!json_parse(s->str, &again, NULL) || strstr(out, "inf"));
    CHECK(json_equal(&v, &again));
    g_string_free(s, TRUE);
    json_fini(&v);
    json_fini(&again);
}

static void values_are_printed_as_they_are_read(void)
{
    check_text("null", "null");
    check_text("true", "true");
    check_text("[ ]", "[]");
    check_text("{ }", "{}");
    check_text("-1", "-1");
    check_text("9223372036854775807", "9223372036854775807");
    check_text("9223372036854775808", "9223372036854775808");
    check_text("18446744073709551616", "1.8446744073709552e+19");
    check_text("1.5", "1.5");
    check_text("[1,[2,{\"a\":[]}]]", "[1, [2, {\"a\": []}]]");
    check_text("{'a':'\"\\''}", "{\"a\": \"\\\"'\"}");
    check_text("\"\\u00e9\\ud83d\\ude00\\u0000\"", "\"\\u00E9\\uD83D\\uDE00\\u0000\"");
    check_text(" \t\r\n1 ", "1");
}

static void a_text_is_exactly_one_value(void)
{
    struct json v;
    struct json_fault fault;
    static const char *const bad[] = { "", " ", "1 2", "[", "\"a", "1]", "nul", "{\"a\":1}}", "[1] tru" };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_EQ(json_parse(bad[i], &v, &fault), -22);
}

static void objects_refuse_duplicate_keys_whatever_their_size(void)
{
    struct json object = json_object();

    for (int i = 0; i < 5000; i++)
        CHECK(json_set(&object, T("key%d", i), json_int(i)));
    for (int i = 0; i < 5000; i++) {
        CHECK(!json_set(&object, T("key%d", i), json_string("again")));
        CHECK_EQ(json_get(&object, T("key%d", i))->i, i);
        CHECK_STR(json_key(&object, (uint32_t)i), T("key%d", i));
    }
    CHECK(!json_get(&object, "key5000"));
    struct json copy = json_dup(&object);
    CHECK(json_equal(&object, &copy));
    json_fini(&copy);
    json_fini(&object);
}

static void equality_ignores_order_and_spelling_of_numbers(void)
{
    struct json a, b;

    CHECK(!json_parse("{'a':1,'b':[2.0]}", &a, NULL) && !json_parse("{'b':[2],'a':1e0}", &b, NULL));
    CHECK(json_equal(&a, &b));
    json_fini(&b);
    CHECK(!json_parse("{'b':[2],'c':1}", &b, NULL));
    CHECK(!json_equal(&a, &b));
    json_fini(&a);
    json_fini(&b);
}

static void bytes_that_are_no_utf8_are_printed_as_replacement_characters(void)
{
    static const struct { const char *in, *out; } cases[] = {
        { "\x80", "\"\\uFFFD\"" }, { "\xc3(", "\"\\uFFFD(\"" }, { "\xe2\x82", "\"\\uFFFD\"" },
        { "\xed\xa0\x80", "\"\\uFFFD\"" }, { "\xf4\x90\x80\x80", "\"\\uFFFD\"" }, { "\xff", "\"\\uFFFD\"" },
        { "\xc1\x81", "\"\\uFFFD\"" }, { "\xef\xbf\xbe", "\"\\uFFFD\"" }, { "\xc3\xa9", "\"\\u00E9\"" },
        { "\x7f\x01", "\"\\u007F\\u0001\"" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json v = json_string(cases[i].in);
        GString *s = printed(&v, JSON_COMPACT);

        CHECK_STR(s->str, cases[i].out);
        g_string_free(s, TRUE);
        json_fini(&v);
    }
}

static void strings_that_are_no_utf8_are_refused(void)
{
    static const char *const bad[] = { "\"\x80\"", "\"\xc3(\"", "\"\xed\xa0\x80\"", "\"\xf5\"", "\"\xc1\x81\"",
                                       "\"\xe2\x82\"", "\"\xf4\x90\x80\x80\"", "\"\xef\xbf\xbf\"" };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json v;
        struct json_fault fault;

        CHECK(json_parse(bad[i], &v, &fault));
        CHECK_STR(fault.text, "JSON parse error, invalid UTF-8 sequence in string");
    }
}

static void faults_say_where(void)
{
    struct json v;
    struct json_fault fault;

    CHECK(json_parse("{\n  \"a\": @1}", &v, &fault));
    CHECK_EQ(fault.at, 9);
    CHECK_EQ(fault.line, 2);
    CHECK_EQ(fault.column, 8);
    CHECK(json_parse("{\"a\" 1}", &v, &fault));
    CHECK_STR(fault.text, "JSON parse error, missing : in object pair");
    CHECK_EQ(fault.line, 1);
}

/* Counts what comes out of a stream. */
struct counted { unsigned values, faults; uint64_t hash; char last[200]; };

static void feed(struct json_parser *p, const char *bytes, size_t n, struct counted *c)
{
    struct json v;
    struct json_fault fault;
    enum json_result r;

    while ((r = json_parser_next(p, &bytes, &n, &v, &fault)) != JSON_MORE) {
        GString *s = r == JSON_VALUE ? printed(&v, JSON_COMPACT) : g_string_new(fault.text);

        c->hash = c->hash * 31 + g_str_hash(s->str);
        g_string_free(s, TRUE);
        if (r == JSON_VALUE)
            json_fini(&v);
        else
            memcpy(c->last, fault.text, sizeof(c->last));
        c->values += r == JSON_VALUE;
        c->faults += r == JSON_FAULT;
    }
}

static void nesting_ends_at_1024(void)
{
    struct json_parser *p = json_parser_new(JSON_LIMITS_QMP);
    struct counted c = { 0 };
    char text[10000];

    memset(text, '[', 1024);
    memset(text + 1024, ']', 1024);
    feed(p, text, 2048, &c);
    CHECK(c.values == 1 && !c.faults);
    memset(text, '[', sizeof(text));
    feed(p, text, sizeof(text), &c);
    CHECK_EQ(c.faults, 9);
    CHECK_STR(c.last, "JSON nesting depth limit exceeded");
    json_parser_restart(p);
    feed(p, "{}", 2, &c);
    CHECK_EQ(c.values, 2);
    json_parser_free(p);
}

static void deep_open_brackets_of_both_kinds_are_bounded(void)
{
    struct json_parser *p = json_parser_new(JSON_LIMITS_QMP);
    struct counted c = { 0 };

    for (int i = 0; i < 10000; i++)
        feed(p, "{\"a\":[", 6, &c);
    CHECK(c.faults >= 20000 / 1025 && c.faults < 40);
    json_parser_free(p);
}

static void tokens_of_a_message_are_counted(void)
{
    struct json_parser *p = json_parser_new((struct json_limits){ 10, 100, 1000 });
    struct counted c = { 0 };

    feed(p, "[", 1, &c);
    for (int i = 0; i < 49; i++)
        feed(p, "1,", 2, &c);
    feed(p, "1", 1, &c);
    CHECK_EQ(c.faults, 0);
    feed(p, ",", 1, &c);
    CHECK_STR(c.last, "JSON token count limit exceeded");
    json_parser_free(p);
}

/* THREATS scenario 9: gigabyte lines. */
static void a_line_without_end_takes_bounded_memory(void)
{
    size_t limit = long_form ? 64u << 20 : 1u << 20, total = long_form ? 2 * limit : 16 * limit;
    struct json_parser *p = json_parser_new((struct json_limits){ 1024, 2u << 20, limit });
    struct counted c = { 0 };
    static char block[65536];
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;

    for (const char *kind = "ax1[-"; *kind; kind++) {
        memset(block, *kind, sizeof(block));
        feed(p, *kind == 'a' ? "{\"" : "{\"a\":", *kind == 'a' ? 2 : 5, &c);
        for (size_t fed = 0; fed < total; fed += sizeof(block)) {
            feed(p, block, sizeof(block), &c);
            CHECK(mallinfo2().uordblks + mallinfo2().hblkhd - before < 4 * limit + 65536);
        }
        json_parser_restart(p);
    }
    feed(p, "{\"a\":1}", 7, &c);
    CHECK_EQ(c.values, 1);
    json_parser_free(p);
}

static void white_space_costs_nothing(void)
{
    struct json_parser *p = json_parser_new((struct json_limits){ 10, 10, 10 });
    struct counted c = { 0 };

    for (int i = 0; i < 10000; i++)
        feed(p, "  \r\n\t", 5, &c);
    feed(p, "[1,2]", 5, &c);
    CHECK(c.values == 1 && !c.faults);
    json_parser_free(p);
}

/* What comes out does not depend on how the bytes come in, and nothing crashes. */
static void broken_input_is_read_the_same_in_any_portions(void)
{
    static const char base[] = "{\"execute\":\"x\",\"arguments\":"
                               "{\"a\":[1,-2.5e3,null,true,\"\\u00e9\\n\"],'b':{}}} 12 [] ";
    unsigned rounds = long_form ? 200000 : 5000;

    for (unsigned round = 0; round < rounds; round++) {
        char text[3 * sizeof(base)];
        size_t n = 0;
        struct counted whole = { 0 }, parts = { 0 };
        struct json_parser *a = json_parser_new(JSON_LIMITS_QMP), *b = json_parser_new(JSON_LIMITS_QMP);

        for (size_t i = 0; i < sizeof(base) - 1; i++) {
            uint32_t dice = random_u32() % 64;

            if (dice == 0)
                text[n++] = (char)random_u32();
            else if (dice == 1)
                text[n++] = "{}[]:,\"'\\"[random_u32() % 9];
            else if (dice != 2)
                text[n++] = base[i];
        }
        feed(a, text, n, &whole);
        for (size_t i = 0; i < n;) {
            size_t part = 1 + random_u32() % 5;

            part = part < n - i ? part : n - i;
            feed(b, text + i, part, &parts);
            i += part;
        }
        CHECK(whole.values == parts.values && whole.faults == parts.faults && whole.hash == parts.hash);
        json_parser_free(a);
        json_parser_free(b);
    }
}

int main(int argc, char **argv)
{
    long_form = test_long(argc, argv);
    TEST(values_are_printed_as_they_are_read);
    TEST(a_text_is_exactly_one_value);
    TEST(objects_refuse_duplicate_keys_whatever_their_size);
    TEST(equality_ignores_order_and_spelling_of_numbers);
    TEST(bytes_that_are_no_utf8_are_printed_as_replacement_characters);
    TEST(strings_that_are_no_utf8_are_refused);
    TEST(faults_say_where);
    TEST(nesting_ends_at_1024);
    TEST(deep_open_brackets_of_both_kinds_are_bounded);
    TEST(tokens_of_a_message_are_counted);
    TEST(a_line_without_end_takes_bounded_memory);
    TEST(white_space_costs_nothing);
    TEST(broken_input_is_read_the_same_in_any_portions);
    return test_end();
}
