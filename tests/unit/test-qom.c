/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/*
 * QOM's outside: what qom-list, qom-get, qom-set and the lists of types and properties answer
 *
 * Words of errors and shapes of replies are those that the reference gives to the same questions (tests/qtest asks
 * it again where it is installed).
 */

#include "object/shown.h"
#include "qapi/json-parse.h"
#include "qapi/qapi-commands.h"
#include "tests/unit/stand-accel.h"

#include <errno.h>

enum { MIB = 1 << 20 };

static struct loop *loop;
static struct machine *m;
static struct accel accel;
static struct qapi_ctx ctx;
static struct json reply;

/* A device with a property that may change at any time, and one that may not. */
struct lamp {
    struct device dev;
    struct { uint32_t level; int32_t tilt; bool fixed; char *label; } cfg;
};

static int level_set(void *object, uint64_t val, struct error **err)
{
    ((struct lamp *)object)->cfg.level = val;
    return 0;
}

static const struct prop lamp_props[] = {
    PROP(struct lamp, "level", level, .def = 3, .max = 9, .set = level_set, .doc = "how bright"),
    PROP(struct lamp, "tilt", tilt, .def = (uint64_t)-2),
    PROP(struct lamp, "fixed", fixed),
    PROP(struct lamp, "label", label),
    {}
};
static struct json label_get(const struct object *o, const struct attr *a)
{
    return json_string("an attribute");
}
static void lamp_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque)
{
    fn(&(struct attr){ .name = "label", .type = "str", .def_json = "7", .get = label_get }, opaque);
}
static const struct device_type lamp_type = {
    .type = { .name = "test-lamp", .parent = "device", .doc = "a lamp", .internal = true, DEVICE(struct lamp),
              .props = lamp_props, .attrs = lamp_attrs, .state = &no_state },
};
DEVICE_TYPE(lamp_type);

static void begin(void)
{
    static const struct smbios_config no_smbios;
    const struct board_type *b = board_find("q35");
    struct board_config cfg;

    board_config_init(&cfg);
    cfg.ram_bytes = 64 * MIB;
    cfg.ram_asked = cfg.direct_boot = true;
    cfg.smbios = &no_smbios;
    CHECK(!cpu_config_parse("qemu64", true, &cfg.cpu, NULL));
    CHECK(!loop_new(&loop, NULL) && !machine_new(loop, b->version, &m, NULL));
    accel = (struct accel){ &stand_ops, m };
    m->accel = &accel;
    m->type_name = b->name;
    m->obj.type = &b->type;
    machine_phase_advance(m, PHASE_ACCEL);
    CHECK(!b->build(m, &cfg, NULL));
    machine_phase_advance(m, PHASE_BOARD);
    ctx = (struct qapi_ctx){ .target = m };
}

static void end(void)
{
    json_fini(&reply);
    machine_free(m);
    loop_free(loop);
}

/* The reply as JSON of the last command, or what it failed with as {"CLASS": "words"}. */
static const struct json *answer(int r, const struct qapi_type *type, void *ret)
{
    json_fini(&reply);
    if (r < 0) {
        reply = json_object();
        json_set(&reply, qapi_error_class_name(ctx.fault.error_class), json_string(ctx.fault.desc));
    } else if (type) {
        reply = qapi_write(type, ret);
    }
    if (type)
        qapi_fini(type, ret);
    ctx.failed = false;
    return &reply;
}

static const struct json *list(const char *path)
{
    const struct qapi_qom_list_arg arg = { .path = (char *)path };
    struct qapi_object_property_info_list ret = { 0 };
    int r = qmp_qom_list(&ctx, &arg, &ret, NULL);

    return answer(r, &qapi_type_object_property_info_list, &ret);
}

static const struct json *get(const char *path, const char *property)
{
    const struct qapi_qom_get_arg arg = { .path = (char *)path, .property = (char *)property };
    struct json ret = json_null();
    int r = qmp_qom_get(&ctx, &arg, &ret, NULL);

    answer(r, NULL, NULL);
    if (r >= 0)
        reply = ret;
    return &reply;
}

static const struct json *set(const char *path, const char *property, const char *value)
{
    struct qapi_qom_set_arg arg = { .path = (char *)path, .property = (char *)property };
    struct error *err = NULL;
    int r;

    CHECK(!json_parse(value, &arg.value, NULL));
    r = qmp_qom_set(&ctx, &arg, &err);
    json_fini(&arg.value);
    if (err)
        qapi_fault_set(&ctx.fault, QAPI_GENERIC_ERROR, "%s", error_line(err).s);
    error_free(err);
    return answer(r, NULL, NULL);
}

static const struct json *properties(const char *type, bool of_device)
{
    struct qapi_object_property_info_list ret = { 0 };
    int r;

    if (of_device)
        r = qmp_device_list_properties(
            &ctx, &(struct qapi_device_list_properties_arg){ .typename = (char *)type }, &ret, NULL);
    else
        r = qmp_qom_list_properties(&ctx, &(struct qapi_qom_list_properties_arg){ .typename = (char *)type }, &ret,
                                    NULL);
    return answer(r, &qapi_type_object_property_info_list, &ret);
}

static const struct json *types(const char *implements, bool abstract)
{
    const struct qapi_qom_list_types_arg arg = { .implements = (char *)implements, .has_abstract = true,
                                                 .abstract = abstract };
    struct qapi_object_type_info_list ret = { 0 };
    int r = qmp_qom_list_types(&ctx, &arg, &ret, NULL);

    return answer(r, &qapi_type_object_type_info_list, &ret);
}

static void check_json(const struct json *got, const char *want)
{
    struct json j;
    GString *text = g_string_new("");
    bool same;

    CHECK(!json_parse(want, &j, NULL));
    same = json_equal(got, &j);
    json_print(got, JSON_COMPACT, text);
    if (!same)
        printf("# %s\n", text->str);
    g_string_free(text, true);
    json_fini(&j);
    CHECK(same);
}

/* The line of that name; NULL: none.  It is there once. */
static const struct json *named(const struct json *lines, const char *name)
{
    const struct json *found = NULL;

    CHECK(lines->kind == JSON_ARRAY);
    for (uint32_t i = 0; i < lines->num; i++)
        if (!strcmp(json_get_string(json_at(lines, i), "name"), name)) {
            CHECK(!found);
            found = json_at(lines, i);
        }
    return found;
}

static struct lamp *lamp_new(const char *parent, const char *name)
{
    struct lamp *lamp = (struct lamp *)device_new(m, &lamp_type);

    CHECK(!device_realize(&lamp->dev, object_resolve(m->root, parent), name, NULL));
    return lamp;
}

static void an_object_lists_properties_attributes_and_children_once_each(void)
{
    begin();
    lamp_new("/machine/peripheral", "l");
    check_json(list("/"), "[{'name':'type','type':'string'},"
                          "{'name':'machine','type':'child<pc-q35-7.2-machine>'}]");
    list("/machine/peripheral");
    check_json(named(&reply, "l"), "{'name':'l','type':'child<test-lamp>'}");
    check_json(list("/machine/peripheral/l"),
               "[{'name':'type','type':'string'},{'name':'realized','type':'bool'},{'name':'label','type':'str'},"
               "{'name':'level','type':'uint32'},{'name':'tilt','type':'int32'},{'name':'fixed','type':'bool'}]");
    list("/machine/q35/mch");
    check_json(named(&reply, "addr"), "{'name':'addr','type':'int32'}");
    end();
}

static void a_path_may_be_an_end_that_only_one_object_has(void)
{
    begin();
    check_json(get("q35/mch", "type"), "'mch'");
    check_json(get("mch", "type"), "'mch'");
    check_json(get("//machine//q35/", "mch"), "'/machine/q35/mch'");
    check_json(list("mch/q35"), "{'DeviceNotFound':\"Device 'mch/q35' not found\"}");
    lamp_new("/machine/peripheral", "twin");
    check_json(get("twin", "type"), "'test-lamp'");
    lamp_new("/machine/q35", "twin");
    check_json(list("twin"), "{'GenericError':\"Path 'twin' is ambiguous\"}");
    check_json(list(""), "{'GenericError':\"Path '' is ambiguous\"}");
    check_json(list("/nope"), "{'DeviceNotFound':\"Device '/nope' not found\"}");
    end();
}

static void a_value_is_of_its_property_s_kind(void)
{
    begin();
    lamp_new("/machine/peripheral", "l");
    check_json(get("l", "level"), "3");
    check_json(get("l", "tilt"), "-2");
    check_json(get("l", "fixed"), "false");
    check_json(get("l", "label"), "'an attribute'");
    check_json(get("l", "realized"), "true");
    check_json(get("/machine/q35/mch", "addr"), "0");
    check_json(get("/machine/q35/mch", "romfile"), "''");
    check_json(get("/machine", "type"), "'pc-q35-7.2-machine'");
    check_json(get("/machine", "memory"), "{'size':67108864}");
    check_json(get("/machine", "smp"), "{'cpus':1,'sockets':1,'dies':1,'clusters':1,'cores':1,'threads':1,"
                                       "'maxcpus':1}");
    check_json(get("/machine", "boot"), "{'order':'cad'}");
    check_json(get("/machine", "hpet"), "true");
    check_json(get("/machine", "smm"), "'on'");
    check_json(get("/machine", "kernel"), "''");
    check_json(get("/machine", "x"), "{'GenericError':\"Property 'pc-q35-7.2-machine.x' not found\"}");
    end();
}

static void only_what_may_change_is_set_and_within_its_range(void)
{
    struct lamp *lamp;

    begin();
    lamp = lamp_new("/machine/peripheral", "l");
    lamp_new("/machine/q35", "anonymous");
    set("l", "level", "9");
    CHECK_EQ(lamp->cfg.level, 9);
    check_json(set("l", "level", "10"), "{'GenericError':'test-lamp.level: 10 is out of range, legal: 0 to 9'}");
    check_json(set("l", "level", "true"),
               "{'GenericError':\"Invalid parameter type for 'level', expected: integer\"}");
    CHECK_EQ(lamp->cfg.level, 9);
    check_json(set("l", "fixed", "true"), "{'GenericError':\"Attempt to set property 'fixed' on device 'l' "
                                          "(type 'test-lamp') after it was realized\"}");
    check_json(set("anonymous", "tilt", "1"), "{'GenericError':\"Attempt to set property 'tilt' on anonymous device "
                                              "(type 'test-lamp') after it was realized\"}");
    check_json(set("l", "type", "'x'"), "{'GenericError':\"Property 'test-lamp.type' is not writable\"}");
    check_json(set("q35", "mch", "'x'"), "{'GenericError':\"Property 'q35-pcihost.mch' is not writable\"}");
    check_json(set("l", "nope", "1"), "{'GenericError':\"Property 'test-lamp.nope' not found\"}");
    check_json(set("/nope", "x", "1"), "{'DeviceNotFound':\"Device '/nope' not found\"}");
    end();
}

static void types_are_listed_with_their_parents_and_abstract_ones_if_asked(void)
{
    begin();
    types("isa-device", false);
    CHECK(named(&reply, "pvpanic") && !named(&reply, "isa-device") && !named(&reply, "mch"));
    check_json(named(&reply, "isa-pit"), "{'name':'isa-pit','parent':'pit-common'}");
    types("isa-device", true);
    check_json(named(&reply, "isa-device"), "{'name':'isa-device','abstract':true,'parent':'device'}");
    types(NULL, true);
    check_json(named(&reply, "object"), "{'name':'object','abstract':true}");
    check_json(types("nope", true), "[]");
    end();
}

static void properties_of_a_type_come_with_defaults(void)
{
    begin();
    check_json(properties("test-lamp", true),
               "[{'name':'label','type':'str','default-value':7},"
               "{'name':'level','type':'uint32','description':'how bright','default-value':3},"
               "{'name':'tilt','type':'int32','default-value':-2},"
               "{'name':'fixed','type':'bool','default-value':false}]");
    check_json(properties("device", false), "[{'name':'type','type':'string'},{'name':'realized','type':'bool'}]");
    properties("none-machine", false);
    CHECK(named(&reply, "kernel") && !named(&reply, "hpet"));
    check_json(properties("nope", false), "{'DeviceNotFound':\"Class 'nope' not found\"}");
    check_json(properties("nope", true), "{'DeviceNotFound':\"Device 'nope' not found\"}");
    for (unsigned i = 0; i < 3; i++)
        check_json(properties(((const char *[]){ "device", "container", "pci-device" })[i], true),
                   "{'GenericError':\"Parameter 'typename' expects a non-abstract device type\"}");
    end();
}

static void add_line(void *opaque, const char *line)
{
    g_string_append_printf(opaque, "%s\n", line);
}

static void the_tree_is_printed_by_name(void)
{
    GString *text = g_string_new("");

    begin();
    lamp_new("/machine/peripheral", "b");
    lamp_new("/machine/peripheral", "a");
    lamp_new("/machine/peripheral/a", "c");
    object_print_tree(object_resolve(m->root, "/machine/peripheral"), add_line, text);
    CHECK_STR(text->str, "/peripheral (container)\n  /a (test-lamp)\n    /c (test-lamp)\n  /b (test-lamp)\n");
    g_string_free(text, true);
    end();
}

int main(void)
{
    TEST(an_object_lists_properties_attributes_and_children_once_each);
    TEST(a_path_may_be_an_end_that_only_one_object_has);
    TEST(a_value_is_of_its_property_s_kind);
    TEST(only_what_may_change_is_set_and_within_its_range);
    TEST(types_are_listed_with_their_parents_and_abstract_ones_if_asked);
    TEST(properties_of_a_type_come_with_defaults);
    TEST(the_tree_is_printed_by_name);
    return test_end();
}
