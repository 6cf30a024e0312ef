/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

/*
 * The marshaller, the dispatcher and events, on a schema that has every shape (qapi-test.json), and
 * query-qmp-schema against a reduced copy of the reference's reply (tests/facts/qmp/schema.json)
 */

#include "qapi/json-parse.h"
#include "qapi/qapi-types.h"
#include "qapi/tq-commands.h"
#include "qapi/tq-events.h"

#include <errno.h>

/* Handlers */

static struct qapi_ctx *later;
static bool preconfig;
static unsigned state;

int qmp_echo(struct qapi_ctx *ctx, const struct tq_all *arg, struct tq_all *ret, struct error **err)
{
    struct qapi_fault fault;
    struct json v = qapi_write(&tq_type_all, arg);
    int r = qapi_read(&tq_type_all, &v, ret, &fault);

    json_fini(&v);
    return r;
}

int qmp_more(struct qapi_ctx *ctx, const struct tq_more_arg *arg, char **ret, struct error **err)
{
    GString *s = g_string_new(arg->name);

    json_print(&ctx->rest, JSON_COMPACT, s);
    *ret = strdup(s->str);
    g_string_free(s, TRUE);
    return 0;
}

int qmp_later(struct qapi_ctx *ctx, const struct tq_later_arg *arg, int64_t *ret, struct error **err)
{
    *ret = 42;
    later = ctx;
    return QAPI_LATER;
}

int qmp_shut(struct qapi_ctx *ctx, struct error **err)
{
    return 0;
}

int qmp_early(struct qapi_ctx *ctx, struct error **err)
{
    return 0;
}

int qmp_refuse(struct qapi_ctx *ctx, const struct tq_refuse_arg *arg, struct error **err)
{
    if (arg->how == 1)
        return error_set(err, -EINVAL, ERROR_RANGE, "pvpanic.events", "9", "0 to 3");
    if (arg->how == 2)
        return qapi_fail(ctx, -ENODEV, QAPI_DEVICE_NOT_FOUND, "Device '%s' not found", "zz");
    return -ENOSPC;
}

static bool is_preconfig(void *target)
{
    return preconfig;
}

static unsigned run_state(void *target)
{
    return state;
}

/* Running a command: the reply, or "Class: text", printed. */

static char answer[2000];
static unsigned answers;

static void done(struct qapi_ctx *ctx, struct json *ret, const struct qapi_fault *fault)
{
    GString *s = g_string_new(NULL);

    if (fault)
        g_string_printf(s, "%s: %s", qapi_error_class_name(fault->error_class), fault->desc);
    else
        json_print(ret, JSON_COMPACT, s);
    snprintf(answer, sizeof(answer), "%s", s->str);
    g_string_free(s, TRUE);
    answers++;
}

static const struct qapi_env env = { .table = &tq_commands, .in_preconfig = is_preconfig, .run_state = run_state };

static struct qapi_ctx *start(const char *command, const char *args)
{
    struct json v = json_null();
    struct qapi_ctx *ctx;

    CHECK(!args || !json_parse(args, &v, NULL));
    answer[0] = '\0';
    ctx = qapi_start(&env, qapi_command_find(&tq_commands, command), args ? &v : NULL, NULL, done, NULL);
    json_fini(&v);
    return ctx;
}

static const char *run(const char *command, const char *args)
{
    start(command, args);
    return answer;
}

/* Reads a value of a type: the value written again, or the fault. */
static const char *reread(const struct qapi_type *type, const char *text)
{
    static char result[2000];
    struct json v, again;
    struct qapi_fault fault;
    void *value = calloc(1, type->size);

    CHECK(!json_parse(text, &v, NULL));
    if (qapi_read(type, &v, value, &fault)) {
        snprintf(result, sizeof(result), "%s", fault.desc);
    } else {
        GString *s = g_string_new(NULL);

        again = qapi_write(type, value);
        json_print(&again, JSON_COMPACT, s);
        snprintf(result, sizeof(result), "%s", s->str);
        g_string_free(s, TRUE);
        json_fini(&again);
        qapi_fini(type, value);
    }
    json_fini(&v);
    free(value);
    return result;
}

static void every_shape_survives_reading_and_writing(void)
{
    static const char *const same[] = {
        "{\"shapes\": [], \"limit\": 8, \"colour\": \"red\"}",
        ("{\"shapes\": [{\"colour\": \"red\", \"id\": \"x\"}, {\"colour\": \"dark-blue\", \"name\": \"n\", "
         "\"comment\": \"\", \"small\": {\"byte\": 255}, \"more\": {\"byte\": 0, \"word\": -32768}}], "
         "\"alternate\": \"s\", \"anything\": [\"red\", \"dark-blue\"], \"any\": {\"a\": [1, null]}, "
         "\"names\": [\"a\", \"\"], \"limit\": -1, \"colour\": \"red\", "
         "\"lists\": [{\"small\": []}, {\"small\": [{\"byte\": 1}]}]}"),
        ("{\"shapes\": [], \"alternate\": null, \"anything\": {\"byte\": 3}, \"any\": null, \"names\": [], "
         "\"limit\": 0, \"colour\": \"red\", \"lists\": []}"),
        "{\"shapes\": [], \"anything\": true, \"limit\": 0, \"colour\": \"red\"}",
        "{\"shapes\": [], \"anything\": 5, \"limit\": 0, \"colour\": \"red\"}",
    };

    for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        CHECK_STR(run("echo", same[i]), same[i]);
}

static void an_open_command_gets_what_is_not_declared_apart(void)
{
    CHECK_STR(run("more", "{'a':[1],'name':'x','id':3,'b':{}}"), "\"x{\\\"a\\\": [1], \\\"b\\\": {}}\"");
    CHECK_STR(run("more", "{'name':'x'}"), "\"x{}\"");
    CHECK_STR(run("more", "{'a':1}"), "GenericError: Parameter 'name' is missing");
    CHECK_STR(run("more", NULL), "GenericError: Parameter 'name' is missing");
    CHECK_STR(run("more", "{'name':'x','id':'y'}"), "GenericError: Invalid parameter type for 'id', expected: integer");
}

static void what_has_a_default_is_always_there(void)
{
    CHECK_STR(run("echo", "{'shapes':[]}"), "{\"shapes\": [], \"limit\": 7, \"colour\": \"dark-blue\"}");
}

static void integers_have_the_range_of_their_type(void)
{
    static const struct { const char *in, *out; } cases[] = {
        { "{'i8':-128,'u8':255,'i16':-32768,'u16':65535,'i32':-2147483648,'u32':4294967295}",
          "{\"i8\": -128, \"u8\": 255, \"i16\": -32768, \"u16\": 65535, \"i32\": -2147483648, \"u32\": 4294967295}" },
        { "{'i8':128}", "Parameter 'i8' expects int8_t" },
        { "{'i8':-129}", "Parameter 'i8' expects int8_t" },
        { "{'u8':256}", "Parameter 'u8' expects uint8_t" },
        { "{'u8':-1}", "Parameter 'u8' expects uint8_t" },
        { "{'u8':'1'}", "Parameter 'u8' expects uint64" },
        { "{'i16':32768}", "Parameter 'i16' expects int16_t" },
        { "{'u32':4294967296}", "Parameter 'u32' expects uint32_t" },
        { "{'i64':9223372036854775808}", "Invalid parameter type for 'i64', expected: integer" },
        { "{'i64':1.0}", "Invalid parameter type for 'i64', expected: integer" },
        { "{'u64':18446744073709551615,'size':-1}", "{\"u64\": 18446744073709551615, \"size\": 18446744073709551615}" },
        { "{'size':18446744073709551616}", "Parameter 'size' expects uint64" },
        { "{'number':1}", "{\"number\": 1}" },
        { "{'number':'1'}", "Invalid parameter type for 'number', expected: number" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_STR(reread(&tq_type_numbers, cases[i].in), cases[i].out);
}

static void what_the_schema_forbids_is_told_in_the_reference_s_words(void)
{
    static const struct { const char *in, *out; } cases[] = {
        { "{}", "GenericError: Parameter 'shapes' is missing" },
        { "{'shapes':5}", "GenericError: Invalid parameter type for 'shapes', expected: array" },
        { "{'shapes':[5]}", "GenericError: Invalid parameter type for 'shapes[0]', expected: object" },
        { "{'shapes':[{}]}", "GenericError: Parameter 'shapes[0].colour' is missing" },
        { "{'shapes':[{'colour':'green'}]}", "GenericError: Parameter 'colour' does not accept value 'green'" },
        { "{'shapes':[{'colour':'dark-blue'}]}", "GenericError: Parameter 'shapes[0].name' is missing" },
        { "{'shapes':[{'colour':'dark-blue','name':'n','small':{'byte':1},'x':1}]}",
          "GenericError: Parameter 'shapes[0].x' is unexpected" },
        { "{'shapes':[{'colour':'red','name':'n'}]}", "GenericError: Parameter 'shapes[0].name' is unexpected" },
        { "{'shapes':[{'colour':'dark-blue','name':'n','small':{'byte':1,'word':'x'}}]}",
          "GenericError: Invalid parameter type for 'shapes[0].small.word', expected: integer" },
        { "{'shapes':[],'alternate':5}", "GenericError: Invalid parameter type for 'alternate', expected: StrOrNull" },
        { "{'shapes':[],'anything':['green']}", "GenericError: Parameter 'null' does not accept value 'green'" },
        { "{'shapes':[],'names':['a',1]}", "GenericError: Invalid parameter type for 'names[1]', expected: string" },
        { "{'shapes':[],'bad':1}", "GenericError: Parameter 'bad' is unexpected" },
        { "{'shapes':[],'colour':1}", "GenericError: Invalid parameter type for 'colour', expected: string" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        CHECK_STR(run("echo", cases[i].in), cases[i].out);
    CHECK_STR(run("shut", "{'a':1}"), "GenericError: Parameter 'a' is unexpected");
    CHECK_STR(run("shut", "{}"), "{}");
    CHECK_STR(run("shut", NULL), "{}");
}

static void states_and_preconfig_are_checked_before_the_handler(void)
{
    state = TQ_RUN_STATE_RUNNING;
    CHECK_STR(run("shut", NULL), "GenericError: The command 'shut' is not possible in run state 'running', "
              "legal: paused, shutdown");
    state = TQ_RUN_STATE_SHUTDOWN;
    CHECK_STR(run("shut", NULL), "{}");
    preconfig = true;
    CHECK_STR(run("shut", NULL),
              "GenericError: The command 'shut' is permitted only after machine initialization has completed");
    CHECK_STR(run("early", NULL), "{}");
    preconfig = false;
}

static void errors_keep_their_words_and_class(void)
{
    CHECK_STR(run("refuse", "{'how':1}"), "GenericError: pvpanic.events: 9 is out of range, legal: 0 to 3");
    CHECK_STR(run("refuse", "{'how':2}"), "DeviceNotFound: Device 'zz' not found");
    CHECK_STR(run("refuse", "{'how':3}"), "GenericError: No space left on device");
}

static void a_command_may_finish_later(void)
{
    struct error *err = NULL;

    CHECK(start("later", "{'fail':false}") == later);
    CHECK_STR(answer, "");
    qapi_finish(later, 0, NULL);
    CHECK_STR(answer, "42");
    start("later", "{'fail':true}");
    error_set(&err, -EIO, ERROR_STATE, "a", "b", "c");
    qapi_finish(later, -EIO, err);
    CHECK_STR(answer, "GenericError: a: b is not possible now, legal: c");
}

static void an_orphan_finishes_in_silence(void)
{
    unsigned before = answers;

    qapi_orphan(start("later", "{'fail':false}"));
    qapi_finish(later, 0, NULL);
    CHECK_EQ(answers, before);
}

/* Events */

static uint64_t now, armed;
static char heard[4000];

static uint64_t now_ns(void)
{
    return now;
}

static uint64_t wall_ns(void)
{
    return 1234567890123456789;
}

static void arm(struct qapi_sink *sink, uint64_t at_ns)
{
    armed = at_ns;
}

static void hear(struct qapi_listener *l, const struct json *event)
{
    GString *s = g_string_new(heard);

    json_print(event, JSON_COMPACT, s);
    snprintf(heard, sizeof(heard), "%s\n", s->str);
    g_string_free(s, TRUE);
}

#define STAMP "{\"timestamp\": {\"seconds\": 1234567890, \"microseconds\": 123456}, \"event\": "

static struct qapi_sink *sink_start(struct qapi_sink *sink, struct qapi_listener *l)
{
    qapi_sink_init(sink);
    sink->now_ns = now_ns;
    sink->wall_ns = wall_ns;
    sink->arm = arm;
    l->event = hear;
    qapi_sink_add(sink, l);
    heard[0] = '\0';
    now = armed = 0;
    return sink;
}

static void an_event_without_data_has_no_member_data(void)
{
    struct qapi_sink sink;
    struct qapi_listener l;

    qapi_event_done(sink_start(&sink, &l));
    CHECK_STR(heard, STAMP "\"DONE\"}\n");
    qapi_sink_remove(&sink, &l);
    qapi_event_done(&sink);
    CHECK_STR(heard, STAMP "\"DONE\"}\n");
    qapi_sink_fini(&sink);
}

static void at_most_one_per_second_per_key_and_the_last_one_wins(void)
{
    struct qapi_sink sink;
    struct qapi_listener l;
    struct tq_small small = { .byte = 9 };

    sink_start(&sink, &l);
    qapi_event_changed(&sink, "a", 1, NULL);
    qapi_event_changed(&sink, "b", 2, &small);
    CHECK_STR(heard, STAMP "\"CHANGED\", \"data\": {\"where\": \"a\", \"value\": 1}}\n"
              STAMP "\"CHANGED\", \"data\": {\"where\": \"b\", \"value\": 2, \"small\": {\"byte\": 9}}}\n");
    heard[0] = '\0';
    now = 999999999;
    qapi_event_changed(&sink, "a", 3, NULL);
    qapi_event_changed(&sink, "a", 4, NULL);
    qapi_sink_poll(&sink);
    CHECK_STR(heard, "");
    CHECK_EQ(armed, 1000000000);
    now = 1000000000;
    qapi_sink_poll(&sink);
    CHECK_STR(heard, STAMP "\"CHANGED\", \"data\": {\"where\": \"a\", \"value\": 4}}\n");
    CHECK_EQ(armed, 2000000000);
    heard[0] = '\0';
    now = 2000000000;
    qapi_sink_poll(&sink);
    CHECK_STR(heard, "");
    qapi_event_changed(&sink, "a", 5, NULL);
    CHECK_STR(heard, STAMP "\"CHANGED\", \"data\": {\"where\": \"a\", \"value\": 5}}\n");
    qapi_event_changed(&sink, "a", 6, NULL);
    qapi_sink_fini(&sink);
}

/* Introspection: two replies say the same when they differ in nothing but order and the names of types. */

static struct json ours, theirs;

static const struct json *entry(const struct json *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->num; i++)
        if (!strcmp(json_get_string(json_at(schema, i), "name"), name))
            return json_at(schema, i);
    return NULL;
}

static void same_entry(const char *a_name, const char *b_name, unsigned depth);

static bool is_type_reference(const char *key)
{
    return !strcmp(key, "arg-type") || !strcmp(key, "ret-type") || !strcmp(key, "element-type") || !strcmp(key, "type");
}

static void same_value(const char *key, const struct json *a, const struct json *b, unsigned depth);

/* Arrays of members and variants have no order. */
static const struct json *counterpart(const struct json *list, const struct json *item, uint32_t at)
{
    static const char *const keys[] = { "name", "case" };

    for (unsigned k = 0; k < 2; k++) {
        const char *name = json_get_string(item, keys[k]);

        for (uint32_t i = 0; name && i < list->num; i++) {
            const char *other = json_get_string(json_at(list, i), keys[k]);

            if (other && !strcmp(other, name))
                return json_at(list, i);
        }
    }
    return at < list->num ? json_at(list, at) : NULL;
}

static void same_object(const struct json *a, const struct json *b, bool top, unsigned depth)
{
    CHECK_EQ(a->num, b->num);
    for (uint32_t i = 0; i < a->num; i++) {
        const char *key = json_key(a, i);

        CHECK(json_get(b, key));
        if (!top || strcmp(key, "name"))
            same_value(key, json_at(a, i), json_get(b, key), depth);
    }
}

static void same_value(const char *key, const struct json *a, const struct json *b, unsigned depth)
{
    CHECK_EQ(a->kind, b->kind);
    if (a->kind == JSON_STRING && is_type_reference(key)) {
        same_entry(a->string, b->string, depth + 1);
    } else if (a->kind == JSON_ARRAY) {
        CHECK_EQ(a->num, b->num);
        for (uint32_t i = 0; i < a->num; i++) {
            const struct json *item = json_at(a, i), *other = counterpart(b, item, i);

            CHECK(other);
            same_value(key, item, other, depth);
        }
    } else if (a->kind == JSON_OBJECT) {
        same_object(a, b, false, depth);
    } else {
        CHECK(json_equal(a, b));
    }
}

static void same_entry(const char *a_name, const char *b_name, unsigned depth)
{
    const struct json *a = entry(&ours, a_name), *b = entry(&theirs, b_name);

    CHECK(a && b);
    if (depth < 12)             /* types may hold themselves */
        same_object(a, b, true, depth);
}

static void query_qmp_schema_says_what_the_reference_says(void)
{
    char *text;
    unsigned seen = 0;

    CHECK(g_file_get_contents(TEST_SOURCE_DIR "/tests/facts/qmp/schema.json", &text, NULL, NULL));
    CHECK(!json_parse(qapi_introspection, &ours, NULL) && !json_parse(text, &theirs, NULL));
    g_free(text);
    for (uint32_t i = 0; i < ours.num; i++) {
        const struct json *e = json_at(&ours, i);
        const char *meta = json_get_string(e, "meta-type"), *name = json_get_string(e, "name");

        if (strcmp(meta, "command") && strcmp(meta, "event"))
            continue;
        same_entry(name, name, 0);
        seen++;
    }
    CHECK(seen >= 17);
    json_fini(&ours);
    json_fini(&theirs);
}

/* tests/facts/qmp/commands.tsv: kind, name, and "done" or what it waits for. */
static void what_is_done_and_what_waits_is_written_down(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/qmp/commands.tsv", "r");
    char line[200], kind[20], name[100], state[100];
    unsigned lines = 0, done = 0, here = 0;

    CHECK(f && !json_parse(qapi_introspection, &ours, NULL));
    while (fgets(line, sizeof(line), f)) {
        const struct json *e;
        bool is_done;

        if (*line == '#')
            continue;
        CHECK(sscanf(line, "%19[^\t]\t%99[^\t]\t%99[^\n]", kind, name, state) == 3);
        e = entry(&ours, name);
        is_done = !strcmp(state, "done");
        if (is_done != (e && !strcmp(json_get_string(e, "meta-type"), kind)))
            printf("# %s %s: %s\n", kind, name, state);
        CHECK_EQ(is_done, e && !strcmp(json_get_string(e, "meta-type"), kind));
        done += is_done;
        lines++;
    }
    fclose(f);
    for (uint32_t i = 0; i < ours.num; i++) {
        const char *meta = json_get_string(json_at(&ours, i), "meta-type");

        here += !strcmp(meta, "command") || !strcmp(meta, "event");
    }
    printf("# %u of %u commands and events are done\n", done, lines);
    CHECK_EQ(here, done);               /* we have none that the reference has not */
    CHECK_EQ(lines, 216 + 52);
    json_fini(&ours);
}

int main(void)
{
    TEST(every_shape_survives_reading_and_writing);
    TEST(an_open_command_gets_what_is_not_declared_apart);
    TEST(what_has_a_default_is_always_there);
    TEST(integers_have_the_range_of_their_type);
    TEST(what_the_schema_forbids_is_told_in_the_reference_s_words);
    TEST(states_and_preconfig_are_checked_before_the_handler);
    TEST(errors_keep_their_words_and_class);
    TEST(a_command_may_finish_later);
    TEST(an_orphan_finishes_in_silence);
    TEST(an_event_without_data_has_no_member_data);
    TEST(at_most_one_per_second_per_key_and_the_last_one_wins);
    TEST(query_qmp_schema_says_what_the_reference_says);
    TEST(what_is_done_and_what_waits_is_written_down);
    return test_end();
}
