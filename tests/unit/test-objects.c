/* SPDX-License-Identifier: Apache-2.0 */
#include "object/user.h"

/* Objects that a user makes: the sentences of user.h, and that the tables say what the schema says. */

#include "tests/unit/object-rig.h"

#include <errno.h>

/* A type that the schema has not got. */
struct lamp {
    struct user_object user;
    struct { char *colour; uint32_t watts; bool broken, lit; struct str_list owners; } cfg;
};
static unsigned lamps;

static int lamp_complete(struct user_object *o, struct error **err)
{
    struct lamp *l = (struct lamp *)o;

    CHECK(user_object_find(o->set, user_object_id(o), "lamp") == o);
    if (l->cfg.broken)
        return error_set(err, -EIO, ERROR_STATE, "lamp.broken", "on", "off");
    l->cfg.lit = true;
    lamps++;
    return 0;
}

static void lamp_release(struct user_object *o)
{
    lamps--;
}

static const struct prop lamp_props[] = {
    PROP(struct lamp, "colour", colour, .def_string = "white", .shown = "string"),
    PROP(struct lamp, "watts", watts, .def = 40, .max = 100, .doc = "how bright"),
    PROP(struct lamp, "broken", broken),
    PROP(struct lamp, "lit", lit, .read_only = true),
    PROP_OF(struct lamp, "owners", owners, &qapi_type_str_list, .shown = "list"),
    {}
};
static const struct type light = { .name = "light", .parent = "object", .doc = "a test's", .abstract = true };
TYPE(light);
static const struct user_type lamp_type = {
    .type = { .name = "lamp", .parent = "light", .doc = "a test's", TYPE_OF(struct lamp), .props = lamp_props },
    .complete = lamp_complete,
    .release = lamp_release,
};
USER_TYPE(lamp_type, lamp_type);
static const struct user_type brick_type = {
    .type = { .name = "brick", .parent = "object", .doc = "a test's", TYPE_OF(struct user_object) },
};
USER_TYPE(brick_type, brick_type);

static void an_object_has_its_id_its_type_and_its_properties(void)
{
    struct user_object *o;
    char *path;

    objects_start();
    o = object_made("lamp,id=l-1.a_b,watts=0x3c,owners.0=me,owners.1=you", "l-1.a_b");
    CHECK_STR(user_object_id(o), "l-1.a_b");
    CHECK(user_object_find(&objects, "l-1.a_b", "light") == o && user_object_find(&objects, "l-1.a_b", "lamp") == o);
    CHECK(!user_object_find(&objects, "l-1.a_b", "brick") && !user_object_find(&objects, "l", "lamp"));
    CHECK_STR(object_prop(o, "colour"), "\"white\"");
    CHECK_STR(object_prop(o, "watts"), "60");
    CHECK_STR(object_prop(o, "lit"), "true");
    CHECK_STR(object_prop(o, "owners"), "[\"me\", \"you\"]");
    path = object_path(&o->obj);
    CHECK_STR(path, "/l-1.a_b");        /* main hangs the container below the root */
    free(path);
    objects_end();
    CHECK_EQ(lamps, 0);
}

static void what_is_wrong_is_refused_by_name_and_leaves_nothing(void)
{
    static const struct { const char *spec, *says; } wrong[] = {
        { "id=a", "object qom-type: nothing is not known, legal: brick, lamp" },
        { "nosuch,id=a", "object qom-type: nosuch is not known, legal: brick, lamp" },
        { "light,id=a", "light" }, { "object,id=a", "object" },
        { "lamp", "object id: nothing" }, { "lamp,id=", "object id" }, { "lamp,id=1a", "1a" }, { "lamp,id=a/b", "a/b" },
        { "lamp,id=a,volts=1", "lamp: volts is not known, legal: qom-type, id, broken, colour, owners, watts" },
        { "lamp,id=a,watts=101", "lamp.watts: 101 is out of range, legal: 0 to 100" },
        { "lamp,id=a,watts=x", "lamp.watts" }, { "lamp,id=a,broken=2", "lamp.broken" },
        { "lamp,id=a,lit=on", "lamp.lit" }, { "lamp,id=a,owners=me", "lamp.owners" },
        { "lamp,id=a,owners.0.x=me", "lamp.owners" }, { "lamp,id=a,colour.x=1", "lamp.colour" },
        { "lamp,id=a,broken=on", "lamp.broken: on" },
    };

    objects_start();
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        object_refused(wrong[i].spec, wrong[i].says);
        CHECK(list_empty(&objects.container->children));
        CHECK_EQ(lamps, 0);
    }
    object_made("lamp,id=a", "a");
    object_refused("brick,id=a", "object id: a");
    CHECK(user_object_find(&objects, "a", "lamp"));
    objects_end();
}

static void what_is_held_is_not_deleted(void)
{
    struct user_object *o;

    objects_start();
    o = user_object_hold(object_made("lamp,id=a", "a"));
    CHECK_EQ(user_object_delete(&objects, "a", NULL), (uint64_t)-EBUSY);
    CHECK_EQ(user_object_delete(&objects, "b", NULL), (uint64_t)-ENOENT);
    user_object_drop(o);
    CHECK_EQ(lamps, 1);
    CHECK_EQ(user_object_delete(&objects, "a", NULL), 0);
    CHECK_EQ(lamps, 0);
    CHECK_EQ(user_object_delete(&objects, "a", NULL), (uint64_t)-ENOENT);
    objects_end();
}

static void who_holds_one_has_it_when_all_others_are_gone(void)
{
    struct user_object *o;

    objects_start();
    object_made("lamp,id=b", "b");
    o = user_object_hold(object_made("lamp,id=a", "a"));
    objects_end();
    CHECK_EQ(lamps, 1);
    user_object_drop(o);
    CHECK_EQ(lamps, 0);
}

static char lines[1000];
static void line(const char *text, void *opaque)
{
    strcat(strcat(lines, text), "|");
}

static void help_lists_types_and_what_can_be_set(void)
{
    struct error *err = NULL;
    int r;

    lines[0] = '\0';
    user_types_help(line, NULL);
    CHECK_STR(lines, "List of user creatable objects:|  brick|  lamp|");
    lines[0] = '\0';
    CHECK_EQ(user_type_help("lamp", line, NULL, NULL), 0);
    CHECK_STR(lines, "lamp options:|  broken=<bool>|  colour=<string>|  owners=<list>|"
              "  watts=<uint32>         - how bright|");
    lines[0] = '\0';
    CHECK_EQ(user_type_help("brick", line, NULL, NULL), 0);
    CHECK_STR(lines, "There are no options for brick.|");
    r = user_type_help("light", line, NULL, &err);
    check_refused(r, err, "light", "brick, lamp");
}

int main(void)
{
    TEST(an_object_has_its_id_its_type_and_its_properties);
    TEST(what_is_wrong_is_refused_by_name_and_leaves_nothing);
    TEST(what_is_held_is_not_deleted);
    TEST(who_holds_one_has_it_when_all_others_are_gone);
    TEST(help_lists_types_and_what_can_be_set);
    return test_end();
}
