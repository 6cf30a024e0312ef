/* SPDX-License-Identifier: Apache-2.0 */
#include "object/state.h"

/* State tables: reset, the wire form, versions, subsections, and streams that lie (THREATS R8, scenario 8). */

#include "lib/error.h"
#include "tests/test.h"

#include <errno.h>
#include <glib.h>

struct inner { uint16_t x; uint8_t y, z; };

struct chip {
    struct {
        uint64_t wide;
        uint32_t word, used;
        struct inner pair[2];
        uint32_t list[4];
        uint16_t ctl, derived;
        uint8_t raw[3], narrow;
        bool flag;
        uint8_t kept, extra, mate, old, new_;
    } st;
};
#define C struct chip

/* A state table speaks of a device only to the callbacks; here it is the chip. */
static struct chip chip;
static struct device *const dev = (struct device *)&chip;

static bool with_extra;
static bool extra_needed(const struct device *d)
{
    (void)d;
    return with_extra;
}

static uint64_t sum_get(const struct device *d)
{
    const struct chip *c = (const struct chip *)d;

    return c->st.derived * 3u;
}

static void sum_put(const struct device *d, void *st, uint64_t val)
{
    (void)d;
    ((__typeof__(&chip.st))st)->derived = val / 3;
}

static int both(const struct device *d, const void *state, struct error **err)
{
    const __typeof__(chip.st) *st = state;

    (void)d;
    return st->mate && !st->flag ? error_set(err, -EINVAL, ERROR_STREAM, "chip.mate", "1", "0 without flag") : 0;
}

static const struct reg regs[] = {
    REG(C, 0, "CTL", ctl, .reset = 0x80, .wmask = 0x0f, .w1c = 0xf000), {}
};
static const struct reg *const tables[] = { regs, NULL };

static const struct field inner_fields[] = {
    ELEM(struct inner, "x", x, .reset = 7), ELEM(struct inner, "y", y, .max = 9), ELEM(struct inner, "z", z), {}
};
static const struct section subs[] = {
    { "chip/extra", 2, 1, .needed = extra_needed, .fields = (const struct field[]){
        FIELD(C, "extra", extra), FIELD(C, "new", new_, .from = 2), {} } },
    {}
};
static const struct section chip_section = {
    "chip", 3, 2, .subs = subs, .check = both, .fields = (const struct field[]){
        FIELD(C, "wide", wide, .reset = 0x1122334455667788),
        FIELD(C, "word", word, .max = 100),
        STRUCTS(C, "pair", pair, inner_fields),
        FIELD(C, "used", used, .max = 4),
        ARRAY(C, "list", list, USED(C, used)),
        FIELD(C, "ctl", ctl),
        COMPUTED("sum", 4, .get = sum_get, .put = sum_put),
        FIELD(C, "derived", derived, .hidden = true),
        BUFFER(C, "raw", raw, .reset = 0xcc),
        FIELD(C, "narrow", narrow, .wire = 4),
        FIELD(C, "flag", flag),
        FIELD(C, "kept", kept, .keep = true, .reset = 3),
        UNUSED("gap", 2),
        FIELD(C, "mate", mate),
        FIELD(C, "old", old, .until = 700),
        {} },
};

static const struct state_owner owner = { .dev = NULL, .st = &chip.st, .regs = tables, .version = 702 };
static struct state_owner o;
static struct wire w;
static __typeof__(chip.st) staged;

static void begin(void)
{
    o = owner;
    o.dev = dev;
    with_extra = false;
    memset(&chip, 0xff, sizeof(chip));
    chip.st.flag = true;
    state_reset(&o, &chip_section, &chip.st, true);
    wire_fini(&w);
    w = (struct wire){ .limit = WIRE_LIMIT };
}

static void save(void)
{
    w.at = 0;
    state_save(&o, &chip_section, &chip.st, &w);
    CHECK(!w.bad);
}

/* Of an exact copy, so that a byte too many is seen. */
static int load_bytes(const uint8_t *bytes, size_t len, uint32_t version, struct error **err, size_t *taken)
{
    uint8_t *copy = malloc(len + !len);
    struct wire r = { .buf = copy, .len = len };
    int ret;

    memcpy(copy, bytes, len);
    staged = chip.st;
    ret = state_load(&o, &chip_section, version, &staged, &r, err);
    if (taken)
        *taken = r.at;
    free(copy);
    return ret;
}

static int load(struct error **err)
{
    return load_bytes(w.buf, w.at, 3, err, NULL);
}

static void reset_gives_every_byte_its_documented_value(void)
{
    begin();
    CHECK_EQ(chip.st.wide, 0x1122334455667788);
    CHECK_EQ(chip.st.ctl, 0x80);        /* its register's */
    CHECK(chip.st.pair[0].x == 7 && chip.st.pair[1].x == 7 && !chip.st.pair[1].y && !chip.st.pair[0].z);
    CHECK(chip.st.raw[0] == 0xcc && chip.st.raw[2] == 0xcc);
    CHECK(!chip.st.flag && !chip.st.extra && !chip.st.derived && !chip.st.list[3] && !chip.st.old);
    CHECK_EQ(chip.st.kept, 3);
}

static void what_is_kept_survives_reset_and_not_power_on(void)
{
    begin();
    chip.st.kept = 99;
    chip.st.word = 50;
    state_reset(&o, &chip_section, &chip.st, false);
    CHECK_EQ(chip.st.kept, 99);
    CHECK_EQ(chip.st.word, 0);
    state_reset(&o, &chip_section, &chip.st, true);
    CHECK_EQ(chip.st.kept, 3);
}

static void the_wire_form_is_big_endian_and_in_order(void)
{
    static const uint8_t want[] = {
        0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0, 0, 0, 42,            /* wide, word */
        0, 7, 1, 0, 0x12, 0x34, 0, 5,                                           /* pair */
        0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 8,                                     /* used, list */
        0, 0x80, 0, 0, 0, 15, 1, 2, 3, 0, 0, 0, 0xee, 1, 3, 0, 0, 1,            /* ctl ... mate */
    };

    begin();
    chip.st.word = 42;
    chip.st.pair[0].y = 1;
    chip.st.pair[1] = (struct inner){ 0x1234, 0, 5 };
    chip.st.used = 2;
    memcpy(chip.st.list, (uint32_t[]){ 9, 8, 7, 6 }, 16);
    chip.st.derived = 5;
    memcpy(chip.st.raw, "\1\2\3", 3);
    chip.st.narrow = 0xee;
    chip.st.flag = true;
    chip.st.mate = 1;
    chip.st.old = 77;                   /* machines of 7.0 and later do not send it */
    save();
    CHECK_EQ(w.at, sizeof(want));
    CHECK(!memcmp(w.buf, want, sizeof(want)));
}

static void save_load_save_is_identical(void)
{
    uint8_t first[256];
    size_t n;

    begin();
    with_extra = true;
    chip.st.extra = 12;
    chip.st.new_ = 13;
    chip.st.word = 100;
    chip.st.used = 4;
    chip.st.list[3] = 0xdeadbeef;
    chip.st.derived = 21;
    save();
    n = w.at;
    memcpy(first, w.buf, n);
    memset(&chip.st, 0, sizeof(chip.st));
    CHECK_EQ(load_bytes(first, n, 3, NULL, NULL), 0);
    chip.st = staged;
    save();
    CHECK(w.at == n && !memcmp(first, w.buf, n));
    CHECK(chip.st.derived == 21 && chip.st.new_ == 13);
}

static void a_subsection_that_is_absent_leaves_what_is_staged(void)
{
    begin();
    save();
    chip.st.extra = 55;
    CHECK_EQ(load(NULL), 0);
    CHECK_EQ(staged.extra, 55);
}

static void a_field_goes_with_the_versions_of_machine_and_section(void)
{
    size_t now;

    begin();
    save();
    now = w.at;
    o.version = 602;
    save();
    CHECK_EQ(w.at, now + 1);            /* `old` */
    o.version = 702;
    with_extra = true;
    save();                             /* 05, name, version, two bytes */
    CHECK_EQ(w.at, now + 1 + 1 + 10 + 4 + 2);
    w.buf[w.at - 3] = 1;                /* an older subsection lacks `new` */
    w.at--;
    chip.st.new_ = 44;
    CHECK_EQ(load(NULL), 0);
    CHECK_EQ(staged.new_, 44);
}

static void refused(uint8_t *byte, uint8_t val, const char *object, const char *legal)
{
    struct error *err = NULL;
    uint8_t was = *byte;

    *byte = val;
    CHECK(load(&err) < 0);
    CHECK(err);
    if (strcmp(err->object, object) || (legal && strcmp(err->legal, legal)))
        printf("# %s\n", error_line(err).s);
    CHECK_STR(err->object, object);
    if (legal)
        CHECK_STR(err->legal, legal);
    error_free(err);
    *byte = was;
}

static void a_value_that_a_guest_could_not_have_made_is_refused(void)
{
    begin();
    chip.st.used = 1;
    with_extra = true;
    save();
    refused(&w.buf[11], 101, "chip.word", "0 to 0x64");
    refused(&w.buf[14], 10, "chip.y", "0 to 0x9");
    refused(&w.buf[23], 5, "chip.used", "0 to 0x4");
    refused(&w.buf[20], 0x80, "chip.used", "0 to 0x4");         /* 2^31 elements */
    refused(&w.buf[29], 0x90, "chip.ctl", "bits 0xf08f");       /* the register's legal bits */
    refused(&w.buf[37], 1, "chip.narrow", "0 to 0xff");         /* does not fit the member */
    refused(&w.buf[41], 2, "chip.flag", "0 to 0x1");
    refused(&w.buf[45], 1, "chip.mate", "0 without flag");      /* the check over several fields */
    CHECK_EQ(load(NULL), 0);
}

static void an_equal_field_is_compared_with_our_own(void)
{
    static const struct field fields[] = { FIELD(C, "word", word, .equal = true), {} };
    static const struct section fixed = { "fixed", 1, 1, .fields = fields };
    struct wire r = { .buf = (uint8_t *)"\0\0\0\7", .len = 4 };
    struct error *err = NULL;

    begin();
    chip.st.word = 7;
    memset(&staged, 0, sizeof(staged));         /* what is staged does not count */
    CHECK_EQ(state_load(&o, &fixed, 1, &staged, &r, NULL), 0);
    chip.st.word = 8;
    r.at = 0;
    CHECK(state_load(&o, &fixed, 1, &staged, &r, &err) < 0);
    CHECK_STR(err->legal, "exactly 0x8");
    error_free(err);
}

static void a_stream_that_ends_early_is_refused_wherever_it_ends(void)
{
    size_t main_end;

    begin();
    chip.st.used = 4;
    save();
    main_end = w.at;
    with_extra = true;
    save();
    for (size_t cut = 0; cut < w.at; cut++) {
        struct error *err = NULL;
        int r = load_bytes(w.buf, cut, 3, &err, NULL);

        CHECK(cut == main_end ? !r : r < 0 && err);
        error_free(err);
    }
}

static size_t put_sub(const char *name, uint32_t version, const char *body, size_t n)
{
    wire_put(&w, 5, 1);
    wire_put_name(&w, name);
    wire_put(&w, version, 4);
    wire_put_bytes(&w, body, n);
    return w.at;
}

static void unknown_too_new_and_repeated_subsections_are_refused(void)
{
    struct error *err = NULL;

    begin();
    save();
    put_sub("chip/other", 1, "", 0);
    CHECK(load(&err) < 0);
    CHECK(strstr(err->value, "chip/other"));
    error_free(err);
    save();
    put_sub("chip/extra", 3, "\1\2", 2);
    CHECK(load(NULL) < 0);
    save();
    put_sub("chip/extra", 0, "\1\2", 2);
    CHECK(load(NULL) < 0);
    save();
    put_sub("chip/extra", 2, "\1\2", 2);
    CHECK_EQ(load(NULL), 0);
    put_sub("chip/extra", 2, "\1\2", 2);
    CHECK(load(NULL) < 0);
}

static void a_subsection_of_somebody_further_out_is_left_to_them(void)
{
    size_t end, taken;

    begin();
    save();
    end = w.at;
    put_sub("outer/own", 1, "", 0);
    CHECK_EQ(load_bytes(w.buf, w.at, 3, NULL, &taken), 0);
    CHECK_EQ(taken, end);
}

/* A part: a body of fields and subsections in the middle of another. */
static bool with_part_sub;
static bool part_sub_needed(const struct device *d)
{
    (void)d;
    return with_part_sub;
}

static int part_check(const struct device *d, const void *state, struct error **err)
{
    const __typeof__(chip.st) *st = state;

    (void)d;
    return st->mate > 1 ? error_set(err, -EINVAL, ERROR_STREAM, "part.mate", "2", "0 or 1") : 0;
}

static const struct section part_subs[] = {
    { "part/extra", 1, 1, .needed = part_sub_needed, .fields = (const struct field[]){
        FIELD(C, "extra", extra, .reset = 5), {} } },
    {}
};
static const struct section part_section = {
    "part", 4, 4, .subs = part_subs, .check = part_check, .fields = (const struct field[]){
        FIELD(C, "ctl", ctl), FIELD(C, "mate", mate), {} },
};
static const struct section outer_section = {
    "outer", 1, 1, .subs = (const struct section[]){
        { "outer/kept", 1, 1, .fields = (const struct field[]){ FIELD(C, "kept", kept), {} } }, {} },
    .fields = (const struct field[]){
        FIELD(C, "word", word), PART("part", &part_section), BUFFER(C, "raw", raw), {} },
};

static int outer_load(struct error **err)
{
    struct wire r = { .buf = w.buf, .len = w.at };

    memset(&staged, 0, sizeof(staged));
    return state_load(&o, &outer_section, 1, &staged, &r, err);
}

static void outer_save(bool sub)
{
    with_part_sub = sub;
    w.at = 0;
    state_save(&o, &outer_section, &chip.st, &w);
}

static void a_part_brings_its_subsections_in_the_middle(void)
{
    static const char want[] = "\0\0\0\x2a" "\0\x81\1" "\5\x0apart/extra\0\0\0\1\x17" "\1\2\3"
                               "\5\x0aouter/kept\0\0\0\1\x2c";

    begin();
    state_reset(&o, &outer_section, &chip.st, true);
    CHECK_EQ(chip.st.ctl, 0x80);                /* its register's: a part's fields count from st */
    CHECK_EQ(chip.st.extra, 5);
    chip.st.word = 42, chip.st.ctl = 0x81, chip.st.mate = 1, chip.st.extra = 0x17, chip.st.kept = 0x2c;
    memcpy(chip.st.raw, "\1\2\3", 3);
    outer_save(true);
    CHECK_EQ(w.at, sizeof(want) - 1);
    CHECK(!memcmp(w.buf, want, w.at));
    CHECK_EQ(outer_load(NULL), 0);
    CHECK(staged.ctl == 0x81 && staged.extra == 0x17 && staged.raw[2] == 3 && staged.kept == 0x2c);
    outer_save(false);
    CHECK_EQ(outer_load(NULL), 0);
    CHECK(!staged.extra && staged.kept == 0x2c);
}

static void the_rules_of_registers_and_checks_hold_in_a_part(void)
{
    begin();
    outer_save(false);
    w.buf[5] = 0x90;
    CHECK_EQ(outer_load(NULL), -ERANGE);
    outer_save(false);
    w.buf[6] = 2;
    CHECK_EQ(outer_load(NULL), -EINVAL);
}

/* The bytes behind a part may look like the mark of a subsection. */
static void bytes_that_follow_a_part_are_not_taken_for_a_subsection(void)
{
    static const char raw[][3] = { { 5, 5, 5 }, { 5, 10, 'p' - 1 }, { 5, 0, 0 }, { 5, 4, 'p' }, { 5, (char)0xff, 0 } };

    for (unsigned i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        begin();
        memcpy(chip.st.raw, raw[i], 3);
        outer_save(i & 1);
        CHECK_EQ(outer_load(NULL), 0);
        CHECK(!memcmp(staged.raw, raw[i], 3));
    }
}

static void a_part_describes_itself_with_its_subsections(void)
{
    GString *json = g_string_new("{");

    begin();
    with_part_sub = true;
    state_describe_members(&o, &outer_section, &chip.st, json);
    CHECK_STR(json->str,
        "{\"vmsd_name\":\"outer\",\"version\":1,\"fields\":["
        "{\"name\":\"word\",\"type\":\"uint32\",\"size\":4},"
        "{\"name\":\"part\",\"type\":\"struct\",\"struct\":{\"vmsd_name\":\"part\",\"version\":4,\"fields\":["
        "{\"name\":\"ctl\",\"type\":\"uint16\",\"size\":2},{\"name\":\"mate\",\"type\":\"uint8\",\"size\":1}],"
        "\"subsections\":[{\"vmsd_name\":\"part/extra\",\"version\":1,\"fields\":["
        "{\"name\":\"extra\",\"type\":\"uint8\",\"size\":1}]}]},\"size\":20},"
        "{\"name\":\"raw\",\"type\":\"buffer\",\"size\":3}],"
        "\"subsections\":[{\"vmsd_name\":\"outer/kept\",\"version\":1,\"fields\":["
        "{\"name\":\"kept\",\"type\":\"uint8\",\"size\":1}]}]}");
    g_string_free(json, TRUE);
}

static void damage_never_reaches_beyond_what_is_staged(void)
{
    uint64_t seed = 7;

    begin();
    with_extra = true;
    chip.st.used = 3;
    for (unsigned n = 0; n < 200000; n++) {
        struct error *err = NULL;

        if (n % 64 == 0)
            save();
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        w.buf[(seed >> 33) % w.at] = seed >> 57;
        if (load(&err) == 0) {
            CHECK(staged.word <= 100 && staged.used <= 4 && staged.pair[0].y <= 9 && !(staged.ctl & ~0xf08f));
            CHECK(*(uint8_t *)&staged.flag <= 1 && !(staged.mate && !staged.flag));
        }
        error_free(err);
    }
}

static void tables_describe_themselves_for_the_trailer(void)
{
    GString *json = g_string_new("{");

    begin();
    with_extra = true;
    chip.st.used = 2;
    state_describe_members(&o, &chip_section, &chip.st, json);
    CHECK_STR(json->str,
        "{\"vmsd_name\":\"chip\",\"version\":3,\"fields\":["
        "{\"name\":\"wide\",\"type\":\"uint64\",\"size\":8},{\"name\":\"word\",\"type\":\"uint32\",\"size\":4},"
        "{\"name\":\"pair\",\"index\":0,\"type\":\"struct\",\"struct\":{\"fields\":[{\"name\":\"x\","
        "\"type\":\"uint16\",\"size\":2},"
        "{\"name\":\"y\",\"type\":\"uint8\",\"size\":1},{\"name\":\"z\",\"type\":\"uint8\",\"size\":1}]},\"size\":4},"
        "{\"name\":\"pair\",\"index\":1,\"type\":\"struct\",\"struct\":{\"fields\":[{\"name\":\"x\","
        "\"type\":\"uint16\",\"size\":2},"
        "{\"name\":\"y\",\"type\":\"uint8\",\"size\":1},{\"name\":\"z\",\"type\":\"uint8\",\"size\":1}]},\"size\":4},"
        "{\"name\":\"used\",\"type\":\"uint32\",\"size\":4},{\"name\":\"list\",\"array_len\":2,"
        "\"type\":\"uint32\",\"size\":4},"
        "{\"name\":\"ctl\",\"type\":\"uint16\",\"size\":2},{\"name\":\"sum\",\"type\":\"uint32\",\"size\":4},"
        "{\"name\":\"raw\",\"type\":\"buffer\",\"size\":3},{\"name\":\"narrow\",\"type\":\"uint32\",\"size\":4},"
        "{\"name\":\"flag\",\"type\":\"bool\",\"size\":1},{\"name\":\"kept\",\"type\":\"uint8\",\"size\":1},"
        "{\"name\":\"gap\",\"type\":\"unused_buffer\",\"size\":2},{\"name\":\"mate\",\"type\":\"uint8\",\"size\":1}],"
        "\"subsections\":[{\"vmsd_name\":\"chip/extra\",\"version\":2,\"fields\":["
        "{\"name\":\"extra\",\"type\":\"uint8\",\"size\":1},{\"name\":\"new\",\"type\":\"uint8\",\"size\":1}]}]}");
    g_string_free(json, TRUE);
}

static void a_writer_stops_at_its_limit_and_says_so(void)
{
    struct wire small = { .limit = 10 };

    begin();
    state_save(&o, &chip_section, &chip.st, &small);
    CHECK(small.bad && small.at <= 10);
    wire_fini(&small);
}

int main(void)
{
    TEST(reset_gives_every_byte_its_documented_value);
    TEST(what_is_kept_survives_reset_and_not_power_on);
    TEST(the_wire_form_is_big_endian_and_in_order);
    TEST(save_load_save_is_identical);
    TEST(a_subsection_that_is_absent_leaves_what_is_staged);
    TEST(a_field_goes_with_the_versions_of_machine_and_section);
    TEST(a_value_that_a_guest_could_not_have_made_is_refused);
    TEST(an_equal_field_is_compared_with_our_own);
    TEST(a_stream_that_ends_early_is_refused_wherever_it_ends);
    TEST(unknown_too_new_and_repeated_subsections_are_refused);
    TEST(a_subsection_of_somebody_further_out_is_left_to_them);
    TEST(a_part_brings_its_subsections_in_the_middle);
    TEST(the_rules_of_registers_and_checks_hold_in_a_part);
    TEST(bytes_that_follow_a_part_are_not_taken_for_a_subsection);
    TEST(a_part_describes_itself_with_its_subsections);
    TEST(damage_never_reaches_beyond_what_is_staged);
    TEST(tables_describe_themselves_for_the_trailer);
    TEST(a_writer_stops_at_its_limit_and_says_so);
    wire_fini(&w);
    return test_end();
}
