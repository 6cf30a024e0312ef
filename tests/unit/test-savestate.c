/* SPDX-License-Identifier: Apache-2.0 */
#include "core/machine.h"

/* Device sections of the stream: framing, names, instances, two passes, streams that lie. */

#include "lib/epoch.h"
#include "tests/test.h"

#include <errno.h>

#define D struct widget

struct widget {
    struct device dev;
    struct { uint32_t a; uint16_t b; uint8_t c, d; } st;
    unsigned resumed, captured;
    uint32_t fetched;           /* stands for what lives in an accelerator */
};

static D *widget(struct device *dev)
{
    return (D *)dev;
}

static unsigned order;
static void resumed(struct device *dev)
{
    widget(dev)->resumed = ++order;
}

static void capture(struct device *dev)
{
    CHECK(device_inside());
    widget(dev)->captured++;
    if (widget(dev)->fetched)
        widget(dev)->st.a = widget(dev)->fetched;
}

static const struct section second = { "second", 1, 1, .fields = (const struct field[]){ FIELD(D, "d", d), {} } };
static const struct section first = {
    "widget", 2, 1, .also = &second, .fields = (const struct field[]){
        FIELD(D, "a", a, .reset = 5, .max = 1000), FIELD(D, "b", b), FIELD(D, "c", c, .from = 2, .reset = 9), {} },
};
static const struct section numbered = {
    "numbered", 1, 1, .fixed_instance = true, .fields = (const struct field[]){
        FIELD(D, "a", a), FIELD(D, "b", b), FIELD(D, "c", c), FIELD(D, "d", d), {} },
};
static const struct device_type widget_type = {
    .type = { .name = "widget", .doc = "a test's", DEVICE(D), TYPE_STATE(D), .state = &first }, .resumed = resumed,
        .capture = capture,
};
static const struct device_type numbered_type = {
    .type = { .name = "numbered", .doc = "a test's", DEVICE(D), TYPE_STATE(D), .state = &numbered } };
static const struct device_type plain_type = {
    .type = { .name = "plain", .doc = "a test's", .size = sizeof(D), .state = &no_state } };
static const struct device_type stuck_type = {
    .type = { .name = "stuck", .doc = "a test's", DEVICE(D), TYPE_STATE(D) } };

static struct loop *loop;
static struct machine *m;
static D *w[2], *n7;
static struct wire out;

static D *make(const struct device_type *type)
{
    struct device *dev = device_new(m, type);

    CHECK_EQ(device_realize(dev, NULL, NULL, NULL), 0);
    return widget(dev);
}

static void begin(void)
{
    loop_new(&loop, NULL);
    machine_new(loop, 702, &m, NULL);
    w[0] = make(&widget_type);
    make(&plain_type);
    w[1] = make(&widget_type);
    n7 = make(&numbered_type);
    n7->dev.instance = 7;
    out = (struct wire){ .limit = WIRE_LIMIT };
    order = 0;
}

static void end(void)
{
    wire_fini(&out);
    machine_free(m);
    loop_free(loop);
}

static int load_bytes(const uint8_t *bytes, size_t len, struct error **err)
{
    uint8_t *copy = malloc(len + !len);
    struct wire in = { .buf = copy, .len = len };
    int r = 0;

    memcpy(copy, bytes, len);
    while (!r && in.at < in.len)
        r = wire_get(&in, 1) == 4 ? machine_load_section(m, &in, err) : -EINVAL;
    machine_load_end(m, r < 0);
    free(copy);
    return r;
}

static void sections_are_framed_named_and_counted(void)
{
    static const char want[] =
        "\4\0\0\0\0\6widget\0\0\0\0\0\0\0\2" "\0\0\0\5\0\0\11" "\176\0\0\0\0"
        "\4\0\0\0\1\6second\0\0\0\0\0\0\0\1" "\0" "\176\0\0\0\1"
        "\4\0\0\0\2\23""0000:00:1f.0/widget\0\0\0\0\0\0\0\2" "\0\0\0\5\0\0\11" "\176\0\0\0\2"
        "\4\0\0\0\3\23""0000:00:1f.0/second\0\0\0\0\0\0\0\1" "\0" "\176\0\0\0\3"
        "\4\0\0\0\4\10numbered\0\0\0\7\0\0\0\1" "\0\0\0\0\0\0\0\0" "\176\0\0\0\4";

    begin();
    w[1]->dev.bus_path = strdup("0000:00:1f.0");
    CHECK_EQ(machine_save(m, &out, NULL), 0);
    CHECK_EQ(out.at, sizeof(want) - 1);
    for (size_t i = 0; i < out.at; i++)
        CHECK_EQ(out.buf[i], (uint8_t)want[i]);
    CHECK_EQ(w[0]->captured, 1);
    end();
}

static void equal_names_get_instances_in_order_of_creation(void)
{
    begin();
    w[0]->st.a = 1;
    w[1]->st.a = 2;
    machine_save(m, &out, NULL);
    CHECK(!memcmp(out.buf + 12, "\0\0\0\0", 4));
    w[0]->st.a = w[1]->st.a = 0;
    CHECK_EQ(load_bytes(out.buf, out.at, NULL), 0);
    CHECK_EQ(w[0]->st.a, 1);
    CHECK_EQ(w[1]->st.a, 2);
    end();
}

static void what_lives_elsewhere_is_fetched_before_the_save(void)
{
    begin();
    w[0]->fetched = 77;
    machine_save(m, &out, NULL);
    CHECK_EQ(out.buf[23], 77);
    end();
}

static void after_the_load_devices_resume_in_order_of_creation(void)
{
    begin();
    machine_save(m, &out, NULL);
    order = 0;
    CHECK_EQ(load_bytes(out.buf, out.at, NULL), 0);
    CHECK_EQ(w[0]->resumed, 1);
    CHECK_EQ(w[1]->resumed, 2);
    end();
}

static void nothing_changes_unless_everything_was_read(void)
{
    begin();
    w[0]->st.a = 11;
    machine_save(m, &out, NULL);
    w[0]->st.a = 22;
    order = 0;
    w[0]->resumed = 0;
    for (size_t cut = 1; cut < out.at; cut++) {
        struct error *err = NULL;
        uint32_t before = w[0]->st.a;
        int r = load_bytes(out.buf, cut, &err);

        CHECK(r < 0 ? w[0]->st.a == before && !w[0]->dev.staged : w[0]->st.a == 11);
        w[0]->st.a = 22;
        error_free(err);
    }
    end();
}

static void a_section_that_a_stream_lacks_leaves_its_device_alone(void)
{
    begin();
    w[0]->st.d = 44;
    machine_save(m, &out, NULL);
    w[0]->st.d = 55;
    w[1]->st.b = 66;
    CHECK_EQ(load_bytes(out.buf, 32, NULL), 0);         /* the first section only */
    CHECK_EQ(w[1]->st.b, 66);
    end();
}

static void older_sections_keep_reset_values_for_what_they_lack(void)
{
    static const char old[] = "\4\0\0\0\0\6widget\0\0\0\0\0\0\0\1" "\0\0\0\10\0\1" "\176\0\0\0\0";

    begin();
    w[0]->st.c = 88;
    CHECK_EQ(load_bytes((const uint8_t *)old, sizeof(old) - 1, NULL), 0);
    CHECK(w[0]->st.a == 8 && w[0]->st.b == 1 && w[0]->st.c == 9);
    end();
}

static void refused(const char *bytes, size_t len, const char *value)
{
    struct error *err = NULL;

    begin();
    CHECK(load_bytes((const uint8_t *)bytes, len, &err) < 0);
    CHECK(err);
    if (!strstr(err->value, value))
        printf("# %s\n", error_line(err).s);
    CHECK(strstr(err->value, value));
    error_free(err);
    end();
}
#define REFUSED(bytes, value) refused(bytes, sizeof(bytes) - 1, value)

static void what_does_not_belong_is_refused_by_name(void)
{
    REFUSED("\4\0\0\0\0\6gadget\0\0\0\0\0\0\0\2" "\0\0\0\5\0\0\11" "\176\0\0\0\0", "gadget, instance 0");
    REFUSED("\4\0\0\0\0\6widget\0\0\0\5\0\0\0\2" "\0\0\0\5\0\0\11" "\176\0\0\0\0", "widget, instance 5");
    REFUSED("\4\0\0\0\0\6widget\0\0\0\0\0\0\0\3" "\0\0\0\5\0\0\11" "\176\0\0\0\0", "version 3");
    REFUSED("\4\0\0\0\0\6widget\0\0\0\0\0\0\0\0" "\0\0\0\5\0\0\11" "\176\0\0\0\0", "version 0");
    REFUSED("\4\0\0\0\0\6widget\0\0\0\0\0\0\0\2" "\0\0\7\0\0\0\11" "\176\0\0\0\0", "0x700");
    REFUSED("\4\0\0\0\0\6widget\0\0\0\0\0\0\0\2" "\0\0\0\5\0\0\11" "\176\0\0\0\1", "follows");
    REFUSED("\4\0\0\0\0\6widget\0\0\0\0\0\0\0\2" "\0\0\0\5\0\0\11" "\177\0\0\0\0", "follows");
    REFUSED("\4\0\0\0\0\6second\0\0\0\0\0\0\0\1" "\0" "\176\0\0\0\0" "\4\0\0\0\1\6second\0\0\0\0\0\0\0\1" "\0"
        "\176\0\0\0\1",
            "a second section second");
    REFUSED("\4\0\0\0\0\377w", "");
}

static void a_type_without_a_state_table_cannot_be_migrated_and_says_so(void)
{
    struct error *err = NULL;

    begin();
    make(&stuck_type);
    CHECK_EQ(machine_save(m, &out, &err), -ENOTSUP);
    CHECK_STR(err->object, "stuck");
    error_free(err);
    end();
}

static void with_only_migratable_it_is_refused(void)
{
    struct error *err = NULL;

    begin();
    m->only_migratable = true;
    CHECK_EQ(device_realize(device_new(m, &stuck_type), NULL, NULL, &err), -EINVAL);
    CHECK_STR(err->object, "-only-migratable");
    CHECK_STR(err->value, "stuck");
    error_free(err);
    make(&plain_type);                          /* which has nothing to save, and says so */
    end();
}

int main(void)
{
    epoch_thread_init();
    TEST(sections_are_framed_named_and_counted);
    TEST(equal_names_get_instances_in_order_of_creation);
    TEST(what_lives_elsewhere_is_fetched_before_the_save);
    TEST(after_the_load_devices_resume_in_order_of_creation);
    TEST(nothing_changes_unless_everything_was_read);
    TEST(a_section_that_a_stream_lacks_leaves_its_device_alone);
    TEST(older_sections_keep_reset_values_for_what_they_lack);
    TEST(what_does_not_belong_is_refused_by_name);
    TEST(a_type_without_a_state_table_cannot_be_migrated_and_says_so);
    TEST(with_only_migratable_it_is_refused);
    epoch_thread_fini();
    return test_end();
}
