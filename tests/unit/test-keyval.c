/* SPDX-License-Identifier: Apache-2.0 */
#include "main/keyval.h"

/* Option values of the form "first,key=value,key". */

#include "lib/error.h"
#include "tests/test.h"

#include <errno.h>

static struct keyval kv;

static void parse(const char *spec, const char *first)
{
    CHECK_EQ(keyval_parse(&kv, "-test", spec, first, NULL), 0);
}

static void a_leading_word_belongs_to_the_first_key(void)
{
    parse("q35,hpet=off", "type");
    CHECK_STR(keyval_take(&kv, "type"), "q35");
    CHECK_STR(keyval_take(&kv, "hpet"), "off");
    CHECK(!keyval_take(&kv, "nosuch"));
    CHECK_EQ(keyval_end(&kv, "", NULL), 0);
    keyval_fini(&kv);
    parse("type=q35,type2", "type");
    CHECK_STR(keyval_take(&kv, "type"), "q35");
    CHECK_STR(keyval_take(&kv, "type2"), "on");         /* a later word is a flag */
    keyval_fini(&kv);
}

static void without_a_first_key_every_word_is_a_flag(void)
{
    parse("a,b", NULL);
    CHECK_STR(keyval_take(&kv, "a"), "on");
    CHECK_STR(keyval_take(&kv, "b"), "on");
    keyval_fini(&kv);
}

static void a_doubled_comma_is_one_inside_the_value(void)
{
    parse("path=a,,b,,,c=d", NULL);
    CHECK_STR(keyval_take(&kv, "path"), "a,b,");
    CHECK_STR(keyval_take(&kv, "c"), "d");
    keyval_fini(&kv);
    parse(",,", "path");
    CHECK_STR(keyval_take(&kv, "path"), ",");
    keyval_fini(&kv);
}

static void a_flag_is_on_and_with_no_in_front_off(void)
{
    bool wait = false, delay = true, other = false;

    parse("wait,nodelay,nowhere=on", NULL);
    CHECK_EQ(keyval_bool(&kv, "wait", &wait, NULL) | keyval_bool(&kv, "delay", &delay, NULL), 0);
    CHECK(wait && !delay);
    CHECK_EQ(keyval_bool(&kv, "where", &other, NULL), 0);       /* "nowhere=on" is a name of its own */
    CHECK(!other && keyval_end(&kv, "", NULL) == -EINVAL);
    keyval_fini(&kv);
}

static void words_without_values_can_be_refused(void)
{
    parse("q35,a=b", "type");
    CHECK_EQ(keyval_no_flags(&kv, "x", NULL), 0);
    keyval_fini(&kv);
    parse("q35,a=b,c", "type");
    CHECK_EQ(keyval_no_flags(&kv, "x", NULL), -EINVAL);
    keyval_fini(&kv);
}

static void nothing_and_an_empty_end_are_no_pairs(void)
{
    parse("", "type");
    CHECK_EQ(kv.n, 0);
    keyval_fini(&kv);
    parse("a=b,", NULL);
    CHECK_EQ(kv.n, 1);
    keyval_fini(&kv);
}

static void a_value_may_hold_equal_signs_and_be_empty(void)
{
    parse("a=b=c,d=", NULL);
    CHECK_STR(keyval_take(&kv, "a"), "b=c");
    CHECK_STR(keyval_take(&kv, "d"), "");
    keyval_fini(&kv);
}

static void of_a_repeated_key_the_last_value_counts(void)
{
    parse("a=1,a=2", NULL);
    CHECK_STR(keyval_take(&kv, "a"), "2");
    CHECK_EQ(keyval_end(&kv, "", NULL), 0);             /* and the earlier one is taken, too */
    keyval_fini(&kv);
}

static void what_nobody_took_is_named_with_what_is_legal(void)
{
    struct error *err = NULL;

    parse("a=1,b=2", NULL);
    keyval_take(&kv, "a");
    CHECK_EQ(keyval_end(&kv, "a, c", &err), -EINVAL);
    CHECK_STR(err->object, "-test");
    CHECK_STR(err->value, "b=2");
    CHECK_STR(err->legal, "a, c");
    error_free(err);
    keyval_fini(&kv);
}

static void more_pairs_than_can_be_are_refused(void)
{
    char spec[4 * (KEYVAL_MAX + 1) + 1] = "";
    struct error *err = NULL;

    for (unsigned i = 0; i < KEYVAL_MAX; i++)
        strcat(spec, "a=1,");
    parse(spec, NULL);
    CHECK_EQ(kv.n, KEYVAL_MAX);
    keyval_fini(&kv);
    strcat(spec, "a=1,");
    CHECK_EQ(keyval_parse(&kv, "-test", spec, NULL, &err), -E2BIG);
    CHECK(err->legal[0]);
    error_free(err);
}

static void switches_have_four_spellings_each(void)
{
    static const char *const on[] = { "k=on", "k=yes", "k=true", "k=y", "k" };
    static const char *const off[] = { "k=off", "k=no", "k=false", "k=n" };
    static const char *const bad[] = { "k=", "k=ON", "k=1", "k=perhaps", "k=onn" };
    bool val;

    for (unsigned i = 0; i < 5; i++) {
        val = false;
        parse(on[i], NULL);
        CHECK(!keyval_bool(&kv, "k", &val, NULL) && val);
        CHECK(!keyval_bool(&kv, "absent", &val, NULL) && val);
        keyval_fini(&kv);
    }
    for (unsigned i = 0; i < 4; i++) {
        val = true;
        parse(off[i], NULL);
        CHECK(!keyval_bool(&kv, "k", &val, NULL) && !val);
        keyval_fini(&kv);
    }
    for (unsigned i = 0; i < 5; i++) {
        struct error *err = NULL;

        parse(bad[i], NULL);
        CHECK_EQ(keyval_bool(&kv, "k", &val, &err), -EINVAL);
        CHECK_STR(err->object, "-test k");
        error_free(err);
        keyval_fini(&kv);
    }
}

static void check_number(const char *spec, int want, unsigned number)
{
    struct error *err = NULL;
    unsigned val = 77;

    parse(spec, NULL);
    CHECK_EQ(keyval_number(&kv, "k", 1, 288, &val, &err), want);
    CHECK_EQ(val, want ? 77 : number);
    CHECK_EQ(!!err, !!want);
    error_free(err);
    keyval_fini(&kv);
}

static void numbers_lie_in_their_range(void)
{
    check_number("k=1", 0, 1);
    check_number("k=288", 0, 288);
    check_number("k=0x20", 0, 32);
    check_number("j=5", 0, 77);
    check_number("k=0", -ERANGE, 0);
    check_number("k=289", -ERANGE, 0);
    check_number("k=4294967297", -ERANGE, 0);
    check_number("k=99999999999999999999999", -ERANGE, 0);
    check_number("k=", -EINVAL, 0);
    check_number("k=-1", -EINVAL, 0);
    check_number("k=+1", -EINVAL, 0);
    check_number("k= 1", -EINVAL, 0);
    check_number("k=1 ", -EINVAL, 0);
    check_number("k=two", -EINVAL, 0);
    check_number("k", -EINVAL, 0);
}

static void an_id_is_a_letter_then_letters_digits_and_three_signs(void)
{
    static const char *const bad[] = { "id=", "id=1a", "id=-a", "id=a/b", "id=a b", "id=\xc3\xa4", "id=a,,b" };
    const char *id;

    parse("id=a.B-9_", NULL);
    CHECK(!keyval_id(&kv, &id, NULL));
    CHECK_STR(id, "a.B-9_");
    keyval_fini(&kv);
    parse("x=1", NULL);
    CHECK(!keyval_id(&kv, &id, NULL) && !id);
    keyval_fini(&kv);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error *err = NULL;

        parse(bad[i], NULL);
        CHECK_EQ(keyval_id(&kv, &id, &err), -EINVAL);
        CHECK_STR(err->object, "-test id");
        error_free(err);
        keyval_fini(&kv);
    }
}

int main(void)
{
    TEST(a_leading_word_belongs_to_the_first_key);
    TEST(without_a_first_key_every_word_is_a_flag);
    TEST(a_doubled_comma_is_one_inside_the_value);
    TEST(a_flag_is_on_and_with_no_in_front_off);
    TEST(words_without_values_can_be_refused);
    TEST(nothing_and_an_empty_end_are_no_pairs);
    TEST(a_value_may_hold_equal_signs_and_be_empty);
    TEST(of_a_repeated_key_the_last_value_counts);
    TEST(what_nobody_took_is_named_with_what_is_legal);
    TEST(more_pairs_than_can_be_are_refused);
    TEST(switches_have_four_spellings_each);
    TEST(numbers_lie_in_their_range);
    TEST(an_id_is_a_letter_then_letters_digits_and_three_signs);
    return test_end();
}
