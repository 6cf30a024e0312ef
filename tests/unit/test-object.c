/* SPDX-License-Identifier: Apache-2.0 */
#include "object/object.h"

/* Types, the tree of objects, and properties, as the headers of object/ say them. */

#include "lib/error.h"
#include "qapi/json-parse.h"
#include "tests/test.h"

#include <errno.h>

struct thing {
    struct object obj;
    struct {
        uint32_t speed;
        int16_t offset;
        uint8_t mode;
        bool on;
        uint64_t room;
        char *label, *place;
    } cfg;
};
#define T_ struct thing

static const char *const modes[] = { "slow", "fast", NULL };
static const struct prop base_props[] = {
    PROP(T_, "speed", speed, .def = 9600, .min = 50, .max = 115200, WAS({ 602, 300 }, { 701, 1200 })),
    PROP(T_, "on", on, .def = true),
    {}
};
static struct text place_of(int64_t n)
{
    return n < 0 ? text("%s", "") : text("%d.%d", (int)n / 10, (int)n % 10);
}

static const struct prop leaf_props[] = {
    PROP(T_, "offset", offset, .def = (uint64_t)-5),
    PROP_NAMED(T_, "mode", mode, modes, .def = 1),
    PROP_SIZED(T_, "room", room, .def = 1 << 20),
    PROP(T_, "label", label, .def_string = "none"),
    PROP(T_, "place", place, .of_number = place_of, .min = -1, .max = 99),
    {}
};
static const struct type thing_base = { .name = "thing-base", .parent = "object", .doc = "a test's",
    .abstract = true, .props = base_props };
static const struct type thing_type = { .name = "thing", .parent = "thing-base", .doc = "a test's",
    .size = sizeof(T_), .props = leaf_props };
TYPE(thing_base);
TYPE(thing_type);

static unsigned freed;
static void thing_free(struct object *o)
{
    freed++;
    free(o);
}

static struct object *thing_new(void)
{
    T_ *t = calloc(1, sizeof(*t));

    object_init(&t->obj, &thing_type, thing_free);
    return &t->obj;
}

static void root_free(struct object *o)
{
    (void)o;
}

static void a_type_is_itself_and_its_ancestors(void)
{
    CHECK(type_find("thing") == &thing_type);
    CHECK(!type_find("nothing"));
    CHECK(type_is(&thing_type, "thing") && type_is(&thing_type, "thing-base") && type_is(&thing_type, "object"));
    CHECK(!type_is(&thing_base, "thing") && !type_is(&thing_type, "container"));
}

static char seen[200];
static void see(const struct prop *p, void *opaque)
{
    (void)opaque;
    strcat(strcat(seen, p->name), " ");
}

static void properties_of_parents_apply_too_parents_first(void)
{
    seen[0] = '\0';
    type_props_each(&thing_type, see, NULL);
    CHECK_STR(seen, "speed on offset mode room label place ");
    CHECK(type_prop_find(&thing_type, "speed") == &base_props[0]);
    CHECK(!type_prop_find(&thing_base, "mode"));
    CHECK(!type_prop_find(&thing_type, "nothing"));
}

static void a_parent_holds_a_reference_on_each_child(void)
{
    struct object root, *a = thing_new(), *b = thing_new();

    freed = 0;
    object_init(&root, &thing_base, root_free);
    CHECK_EQ(object_attach(&root, "a", a, NULL), 0);
    CHECK_EQ(object_attach(a, "b", object_get(b), NULL), 0);
    CHECK_EQ(b->refs, 2);
    object_put(&root);          /* the tree goes, b stays as long as we hold it */
    CHECK_EQ(freed, 1);
    CHECK_EQ(b->refs, 1);
    CHECK(!b->parent);
    object_put(b);
    CHECK_EQ(freed, 2);
    object_put(NULL);
}

static void names_are_unique_among_siblings(void)
{
    struct object root, *a = thing_new(), *b = thing_new();
    struct error *err = NULL;

    object_init(&root, &thing_base, root_free);
    object_attach(&root, "x", a, NULL);
    CHECK_EQ(object_attach(&root, "x", b, &err), -EEXIST);
    CHECK_STR(err->value, "x");
    error_free(err);
    object_attach_numbered(&root, "dev", b);
    CHECK(object_child(&root, "dev[0]") == b);
    object_attach_numbered(&root, "dev", thing_new());
    CHECK(object_child(&root, "dev[1]"));
    object_detach(b);
    object_attach_numbered(&root, "dev", thing_new());
    CHECK(object_child(&root, "dev[0]"));
    object_put(&root);
}

static void paths_lead_there_and_back(void)
{
    struct object root, *a = thing_new(), *c;
    char *path, deep[600];

    object_init(&root, &thing_base, root_free);
    c = object_container(&root, "machine");
    CHECK(object_container(&root, "machine") == c);
    object_attach(c, "q35", a, NULL);
    CHECK(object_resolve(&root, "/machine/q35") == a);
    CHECK(object_resolve(&root, "//machine//q35/") == a);
    CHECK(object_resolve(&root, "/") == &root);
    CHECK(!object_resolve(&root, "/machine/none/q35"));
    memset(deep, 'x', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    CHECK(!object_resolve(&root, deep));
    path = object_path(a);
    CHECK_STR(path, "/machine/q35");
    free(path);
    object_put(&root);
}

static void defaults_are_those_of_the_machines_version(void)
{
    T_ t = { 0 };
    const struct { unsigned version; uint32_t speed; } cases[] = { { 601, 300 }, { 602, 1200 }, { 700, 1200 }, { 701,
        9600 }, { 702, 9600 } };

    for (unsigned i = 0; i < 5; i++) {
        props_init(base_props, &t, cases[i].version);
        CHECK_EQ(t.cfg.speed, cases[i].speed);
    }
    props_init(leaf_props, &t, 702);
    CHECK(t.cfg.offset == -5 && t.cfg.mode == 1 && t.cfg.on);
    CHECK_STR(t.cfg.label, "none");
    props_fini(leaf_props, &t);
    CHECK(!t.cfg.label);
}

static int set(const char *name, T_ *t, const char *value, struct error **err)
{
    return prop_set(type_prop_find(&thing_type, name), t, "thing", value, err);
}

static void what_fits_is_stored(void)
{
    T_ t = { 0 };

    CHECK(!set("speed", &t, "0x4b0", NULL) && t.cfg.speed == 1200);
    CHECK(!set("offset", &t, "-32768", NULL) && t.cfg.offset == -32768);
    CHECK_EQ(prop_get(&leaf_props[0], &t), (uint64_t)-32768);
    CHECK(!set("mode", &t, "slow", NULL) && t.cfg.mode == 0);
    CHECK(!set("on", &t, "yes", NULL) && t.cfg.on);
    CHECK(!set("on", &t, "off", NULL) && !t.cfg.on);
    CHECK(!set("room", &t, "1.5G", NULL) && t.cfg.room == 3ull << 29);
    CHECK(!set("label", &t, "a", NULL) && !set("label", &t, "b", NULL));
    CHECK_STR(prop_text(&leaf_props[3], &t).s, "\"b\"");
    CHECK_STR(prop_text(&base_props[0], &t).s, "1200 (0x4b0)");
    CHECK_STR(prop_type_name(&leaf_props[0]), "int16");
    props_fini(leaf_props, &t);
}

static void what_does_not_fit_is_refused_by_name_value_and_range(void)
{
    static const struct { const char *name, *value, *legal; int r; } bad[] = {
        { "speed", "49", "50 to 115200", -ERANGE }, { "speed", "115201", "50 to 115200", -ERANGE },
        { "speed", "12x", "a number, 50 to 115200", -EINVAL }, { "speed", "", "a number, 50 to 115200", -EINVAL },
        { "speed", "-1", "a number, 50 to 115200", -EINVAL },
        { "speed", "99999999999999999999999", "50 to 115200", -ERANGE },
        { "offset", "32768", "-32768 to 32767", -ERANGE }, { "offset", "-32769", "-32768 to 32767", -ERANGE },
        { "mode", "medium", "slow, fast", -EINVAL }, { "on", "1", "on, off", -EINVAL },
        { "room", "1Q", "a size: digits, then k, M, G, T, P or E", -EINVAL },
    };
    T_ t = { 0 };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error *err = NULL;

        CHECK_EQ(set(bad[i].name, &t, bad[i].value, &err), bad[i].r);
        CHECK_STR(err->object, T("thing.%s", bad[i].name));
        CHECK_STR(err->value, bad[i].value);
        CHECK_STR(err->legal, bad[i].legal);
        error_free(err);
    }
    CHECK(!t.cfg.speed && !t.cfg.offset && !t.cfg.room);
}

static void json_that_is_typed_has_the_kind_of_the_property(void)
{
    static const struct { const char *name, *json, *legal; int r; } each[] = {
        { "speed", "300", NULL, 0 }, { "speed", "\"300\"", "a number, 50 to 115200", -EINVAL },
        { "speed", "true", "a number, 50 to 115200", -EINVAL }, { "speed", "49", "50 to 115200", -ERANGE },
        { "speed", "1.5", "a number, 50 to 115200", -EINVAL }, { "speed", "null", "a number, 50 to 115200", -EINVAL },
        { "speed", "18446744073709551616", "50 to 115200", -ERANGE }, { "offset", "-7", NULL, 0 },
        { "on", "false", NULL, 0 }, { "on", "\"off\"", "true, false", -EINVAL }, { "on", "1", "true, false", -EINVAL },
        { "mode", "\"slow\"", NULL, 0 }, { "mode", "0", "a string", -EINVAL }, { "room", "4096", NULL, 0 },
        { "room", "\"4k\"", "a number, 0 to 18446744073709551615", -EINVAL }, { "label", "\"x\"", NULL, 0 },
        { "label", "5", "a string", -EINVAL }, { "place", "18", NULL, 0 }, { "place", "-1", NULL, 0 },
        { "place", "\"1.1\"", NULL, 0 }, { "place", "100", "-1 to 99", -ERANGE },
        { "place", "true", "a string or a number, -1 to 99", -EINVAL },
    };
    T_ t = { 0 };

    for (unsigned i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        struct error *err = NULL;
        struct json value;

        CHECK(!json_parse(each[i].json, &value, &(struct json_fault){ 0 }));
        CHECK_EQ(prop_set_typed(type_prop_find(&thing_type, each[i].name), &t, "thing", &value, &err), each[i].r);
        CHECK(!each[i].legal == !err);
        CHECK(!err || !strcmp(err->legal, each[i].legal));
        CHECK(!err || !strcmp(err->object, T("thing.%s", each[i].name)));
        CHECK(!err || !strcmp(err->value, each[i].json));
        error_free(err);
        json_fini(&value);
    }
    CHECK(t.cfg.speed == 300 && t.cfg.offset == -7 && !t.cfg.on && t.cfg.room == 4096);
    CHECK_STR(t.cfg.place, "1.1");
    props_fini(leaf_props, &t);
}

/* Without types a string says anything, and a truth is no number. */
static void json_that_is_not_typed_may_be_said_as_text(void)
{
    const struct prop *speed = type_prop_find(&thing_type, "speed");
    struct json text = json_string("0x100"), truth = json_bool(true);
    struct error *err = NULL;
    T_ t = { 0 };

    CHECK(!prop_set_json(speed, &t, "thing", &text, NULL) && t.cfg.speed == 256);
    CHECK_EQ(prop_set_json(speed, &t, "thing", &truth, &err), -EINVAL);
    CHECK_STR(err->value, "true");
    CHECK_STR(err->legal, "a number, 50 to 115200");
    error_free(err);
    json_fini(&text);
}

int main(void)
{
    TEST(a_type_is_itself_and_its_ancestors);
    TEST(properties_of_parents_apply_too_parents_first);
    TEST(a_parent_holds_a_reference_on_each_child);
    TEST(names_are_unique_among_siblings);
    TEST(paths_lead_there_and_back);
    TEST(defaults_are_those_of_the_machines_version);
    TEST(what_fits_is_stored);
    TEST(what_does_not_fit_is_refused_by_name_value_and_range);
    TEST(json_that_is_typed_has_the_kind_of_the_property);
    TEST(json_that_is_not_typed_may_be_said_as_text);
    return test_end();
}
