/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/board.h"

/*
 * Sections of the migration stream, compared with what the reference sends (tests/facts/migration)
 *
 * Machines and optional devices are built and saved; each section's name, instance, version and size, the path, type,
 * size and number of each of its fields, and the version of each of its parts must be the reference's.  Sizes are
 * those of the bytes: a reader that shares no code with the writer finds where a section ends.  The order of sections
 * is not compared, as a receiver does not depend on it.
 *
 * Invariant: what differs stands in tests/facts/differences.tsv with its reason, and what stands there differs.  So
 * does a type that has a section and is built by no configuration.
 *
 * A description of a field that is not the reference's ("field") is one that no receiver reads, and the bytes are the
 * same.  An entry is "SECTION | OURS | THEIRS", with '*' for any section: the lines agree but for how they begin, or
 * but for how they end.
 */

#include "lib/epoch.h"
#include "migration/stream.h"
#include "object/wire.h"
#include "qapi/json.h"
#include "qapi/json-parse.h"
#include "tests/migration/reader.h"
#include "tests/unit/facts.h"
#include "tests/unit/stand-accel.h"

enum { MIB = 1 << 20, ROWS = 256, DEVICES = 3 };

/* What stands in the column "configuration", and how to build it. */
struct config {
    const char *name;
    const char *base;           /* the machine's own sections; NULL: they are in the rows of `name` */
    const char *board;
    unsigned cpus;
    struct { const char *type, *prop, *value; } device[DEVICES];
    bool has_clock;             /* the accelerator has a paravirtual clock */
};
static const struct config configs[] = {
    { "q35-min", NULL, "q35", 1 },
    { "pc-min", NULL, "pc", 1 },
    { "q35-default-smp4", NULL, "q35", 4, { { "isa-serial" }, { "isa-parallel" }, { "VGA", "addr", "1" } } },
    { "pc-default-smp4", NULL, "pc", 4, { { "isa-serial" }, { "isa-parallel" }, { "VGA", "addr", "2" } } },
    { "ib700", "pc-min", "pc", 1, { { "ib700" } } },
    { "i6300esb", "q35-min", "q35", 1, { { "i6300esb", "addr", "10" } } },
    { "pvpanic", "pc-min", "pc", 1, { { "pvpanic" } } },
    { "pvpanic-pci", "q35-min", "q35", 1, { { "pvpanic-pci", "addr", "10" } } },
    { "VGA", "q35-min", "q35", 1, { { "VGA", "addr", "10" } } },
    { "VGA-global", "pc-min", "pc", 1, { { "VGA", "global-vmstate", "on" } } },
    { "secondary-vga", "q35-min", "q35", 1, { { "secondary-vga", "addr", "10" } } },
    { "isa-vga", "pc-min", "pc", 1, { { "isa-vga" } } },
    { "isa-serial", "pc-min", "pc", 1, { { "isa-serial" } } },
    { "isa-parallel", "pc-min", "pc", 1, { { "isa-parallel" } } },
    { "isa-debugcon", "pc-min", "pc", 1, { { "isa-debugcon" } } },
    { "isa-debug-exit", "pc-min", "pc", 1, { { "isa-debug-exit" } } },
    { "vmcoreinfo", "pc-min", "pc", 1, { { "vmcoreinfo" } } },
    { "vmgenid", "pc-min", "pc", 1, { { "vmgenid" } } },
    { "kvmclock", "q35-min", "q35", 1, .has_clock = true },
};

/* The paravirtual clock of an accelerator that has one stands, too. */
static uint64_t clock_get(struct accel *accel)
{
    return 0;
}

static const struct accel_ops clock_ops = { STAND_OPS, .clock_get = clock_get };

static struct loop *loop;
static struct machine *m;
static GHashTable *built;       /* names of types */
static struct accel accel;
static const struct config *config;

static void board_build(const char *name, unsigned cpus, const struct accel_ops *ops)
{
    static const struct smbios_config no_smbios;
    const struct board_type *b = board_find(name);
    struct board_config cfg;

    board_config_init(&cfg);
    cfg.ram_bytes = 32 * MIB;
    cfg.smp = cpu_topology_cores(cpus);
    cfg.ram_asked = cfg.direct_boot = true;
    cfg.smbios = &no_smbios;
    CHECK(b && !cpu_config_parse("qemu64", true, &cfg.cpu, NULL));
    CHECK(!loop_new(&loop, NULL) && !machine_new(loop, b->version, &m, NULL));
    accel = (struct accel){ ops, m };
    m->accel = &accel;
    m->type_name = b->name;
    machine_phase_advance(m, PHASE_ACCEL);
    CHECK(!b->build(m, &cfg, NULL));
    machine_phase_advance(m, PHASE_BOARD);
}

static void device_build(const char *type, const char *prop, const char *value)
{
    const struct device_type *t = device_type_find(type);
    struct device *dev;

    CHECK(t);
    dev = device_new(m, t);
    CHECK(!prop || !device_set(dev, prop, value, NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
}

/* Marks their types; and what a stop of the machine asks of those who hold a clock of the accelerator. */
static void devices_visit(void)
{
    list_for_each(n, &m->devices) {
        struct device *dev = list_entry(n, struct device, in_machine);

        g_hash_table_add(built, (void *)dev->type->type.name);
        if (dev->type->run_state)
            dev->type->run_state(dev, false);
    }
}

static void machine_build(const struct config *c, struct wire *w)
{
    board_build(c->board, c->cpus, c->has_clock ? &clock_ops : &stand_ops);
    for (unsigned i = 0; i < DEVICES && c->device[i].type; i++)
        device_build(c->device[i].type, c->device[i].prop, c->device[i].value);
    machine_phase_advance(m, PHASE_READY);
    machine_reset(m, true);
    devices_visit();
    CHECK(!stream_save_devices(m, w, NULL));
}

/* The reference's sections of a configuration. */
struct row { char name[64], what[32]; unsigned instance, version, bytes; };
static struct row rows[ROWS];
static unsigned n_rows;

static FILE *facts_open(const char *name)
{
    FILE *f = fopen(T(TEST_SOURCE_DIR "/tests/facts/migration/%s", name), "r");

    CHECK(f);
    return f;
}

static unsigned rows_read(const char *name)
{
    FILE *f = facts_open("sections.tsv");
    unsigned lines = 0;
    char line[300], conf[32];

    while (fgets(line, sizeof(line), f) && n_rows < ROWS) {
        struct row *r = &rows[n_rows];

        if (*line == '#' || sscanf(line, "%31[^\t]\t%63[^\t]\t%u\t%u\t%u\t%31[^\n]", conf, r->name, &r->instance,
                                   &r->version, &r->bytes, r->what) != 6 || strcmp(conf, name))
            continue;
        lines++;
        n_rows += strcmp(r->name, "-") != 0;
    }
    fclose(f);
    return lines;
}

/* The reference's fields of a section, a line each. */
static GString *fields_read(const char *layout)
{
    FILE *f = facts_open("fields.tsv");
    GString *out = g_string_new(NULL);
    size_t n = strlen(layout);
    char line[300];

    while (fgets(line, sizeof(line), f))
        if (!strncmp(line, layout, n) && line[n] == '\t')
            g_string_append(out, line + n + 1);
    fclose(f);
    return out;
}

/* Ours, from the stream's description, in the same shape. */

static void fields_put(const struct json *part, const char *prefix, GString *out);

static uint64_t number(const struct json *v, const char *key, uint64_t otherwise)
{
    const struct json *n = json_get(v, key);

    return n ? (uint64_t)n->i : otherwise;
}

/* Structs of one name: once if all of them look alike. */
static void structs_put(const struct json *fields, uint32_t at, uint32_t run, const char *path, GString *out)
{
    uint64_t count = number(json_at(fields, at), "array_len", run);
    struct text inside = text("%s.", path);
    GString *first = g_string_new(NULL);
    bool alike = true;

    if (count > 1)
        inside = text("%s[%u].", path, (unsigned)count);
    fields_put(json_get(json_at(fields, at), "struct"), inside.s, first);
    for (uint32_t i = 1; i < run; i++) {
        GString *other = g_string_new(NULL);

        fields_put(json_get(json_at(fields, at + i), "struct"), inside.s, other);
        alike &= g_string_equal(first, other);
        g_string_free(other, true);
    }
    if (alike)
        g_string_append(out, first->str);
    for (uint32_t i = 0; i < run && !alike; i++)
        fields_put(json_get(json_at(fields, at + i), "struct"), T("%s[%u].", path, i), out);
    g_string_free(first, true);
}

/* Returns how many entries of the description it took. */
static uint32_t field_put(const struct json *fields, uint32_t at, const char *prefix, GString *out)
{
    const struct json *f = json_at(fields, at);
    const char *name = json_get_string(f, "name");
    uint32_t run = 1;

    while (json_get(f, "index") && at + run < fields->num &&
           !strcmp(json_get_string(json_at(fields, at + run), "name"), name))
        run++;
    if (json_get(f, "struct"))
        structs_put(fields, at, run, T("%s%s", prefix, name), out);
    else
        g_string_append_printf(out, "%s%s\t%s\t%u\t%u\n", prefix, name, json_get_string(f, "type"),
                               (unsigned)number(f, "size", 0), (unsigned)number(f, "array_len", 1));
    return run;
}

static void fields_put(const struct json *part, const char *prefix, GString *out)
{
    const struct json *fields = json_get(part, "fields"), *subs = json_get(part, "subsections");

    for (uint32_t at = 0; at < fields->num;)
        at += field_put(fields, at, prefix, out);
    for (uint32_t i = 0; subs && i < subs->num; i++) {
        const struct json *sub = json_at(subs, i);

        g_string_append_printf(out, "%s+%s\tsubsection\t%u\t1\n", prefix, json_get_string(sub, "vmsd_name"),
                               (unsigned)number(sub, "version", 0));
        fields_put(sub, prefix, out);
    }
}

/* Does ours begin with a, and theirs with b, and are they equal behind that? */
static bool begin_differs(const char *ours, const char *theirs, const char *a, const char *b)
{
    return g_str_has_prefix(ours, a) && g_str_has_prefix(theirs, b) && !strcmp(ours + strlen(a), theirs + strlen(b));
}

static bool end_differs(const char *ours, const char *theirs, const char *a, const char *b)
{
    size_t before = strlen(ours) - strlen(a);

    return g_str_has_suffix(ours, a) && g_str_has_suffix(theirs, b) && strlen(theirs) == before + strlen(b) &&
           !strncmp(ours, theirs, before);
}

static bool field_differs(const struct difference *d, const char *section, const char *ours, const char *theirs)
{
    char **part = g_strsplit(d->name, " | ", 3);
    bool known = false;

    CHECK(g_strv_length(part) == 3);
    if (*part[0] == '*' || !strcmp(part[0], section))
        known = begin_differs(ours, theirs, part[1], part[2]) ||
                (*part[1] && end_differs(ours, theirs, part[1], part[2]));
    g_strfreev(part);
    return known;
}

static bool field_differs_knowingly(const char *section, const char *ours, const char *theirs)
{
    const GPtrArray *all = differences();

    for (guint i = 0; i < all->len; i++) {
        struct difference *d = all->pdata[i];

        if (strcmp(d->kind, "field") || !field_differs(d, section, ours, theirs))
            continue;
        d->seen = true;
        return true;
    }
    return false;
}

/* The line at *text, its columns parted by spaces, and moves on; "" at the end. */
static char *line_take(char **text)
{
    size_t n = strcspn(*text, "\n");
    char *line = strndup(*text, n);

    *text += n + ((*text)[n] == '\n');
    return g_strdelimit(line, "\t", ' ');
}

static bool fields_are_right(const struct row *r, const struct json *device)
{
    GString *theirs = fields_read(T("%s/%u", r->what, r->bytes)), *ours = g_string_new(NULL);
    bool same = true;

    fields_put(device, "", ours);
    CHECK(theirs->len);
    for (char *at_ours = ours->str, *at_theirs = theirs->str; *at_ours || *at_theirs;) {
        char *a = line_take(&at_ours), *b = line_take(&at_theirs);

        if (strcmp(a, b) && !field_differs_knowingly(r->what, a, b)) {
            printf("# %s: field \"%s\", the reference's: \"%s\"\n", r->name, a, b);
            same = false;
        }
        free(a);
        free(b);
    }
    g_string_free(ours, true);
    g_string_free(theirs, true);
    return same;
}

/* The version that the reference gives a description that stands for a field; -1: it has none of that name. */
static long part_version(const char *name)
{
    FILE *f = facts_open("parts.tsv");
    size_t n = strlen(name);
    char line[300];
    long version = -1;

    while (version < 0 && fgets(line, sizeof(line), f))
        if (!strncmp(line, name, n) && line[n] == '\t')
            version = strtol(line + n + 1, NULL, 10);
    fclose(f);
    return version;
}

/* A part's version is in no byte of the section; who reads the description has nothing else to go by. */
static bool parts_are_right(const char *section, const struct json *part)
{
    const struct json *fields = json_get(part, "fields"), *subs = json_get(part, "subsections");
    bool right = true;

    for (uint32_t i = 0; i < fields->num; i++) {
        const struct json *inside = json_get(json_at(fields, i), "struct");
        const char *name = inside ? json_get_string(inside, "vmsd_name") : NULL;
        long theirs = name ? part_version(name) : -1;

        if (name && theirs != (long)number(inside, "version", 0)) {
            printf("# %s: part %s: version %u, the reference's: %ld\n", section, name,
                   (unsigned)number(inside, "version", 0), theirs);
            right = false;
        }
        right &= !inside || parts_are_right(section, inside);
    }
    for (uint32_t i = 0; subs && i < subs->num; i++)
        right &= parts_are_right(section, json_at(subs, i));
    return right;
}

static bool is_to_come(const char *name)
{
    const char *slash = strrchr(name, '/');

    return differs_knowingly("section", slash ? slash + 1 : name);
}

static const struct row *row_of(const struct reader_section *s)
{
    for (const struct row *r = rows; r < rows + n_rows; r++)
        if (!strcmp(r->name, s->name) && r->instance == s->instance)
            return r;
    return NULL;
}

static bool section_is_right(const struct reader_section *s, const struct json *device)
{
    const struct row *r = row_of(s);
    unsigned bytes = s->end - s->body;

    if (!r)
        printf("# %s: section %s, instance %u: the reference does not have it\n", config->name, s->name, s->instance);
    else if (r->version != s->version || r->bytes != bytes)
        printf("# %s: section %s, instance %u: version %u, %u bytes; the reference's: version %u, %u bytes\n",
               config->name, s->name, s->instance, s->version, bytes, r->version, r->bytes);
    /* Fields are looked at whatever the size is, since they tell why it differs. */
    return r && fields_are_right(r, device) && parts_are_right(r->name, device) && r->version == s->version &&
           r->bytes == bytes;
}

static bool has(const struct reader *rd, const struct row *r)
{
    for (unsigned i = 0; i < rd->n; i++)
        if (!strcmp(rd->section[i].name, r->name) && rd->section[i].instance == r->instance)
            return true;
    return false;
}

/* Each section of ours is one of theirs, and each of theirs is there unless it is to come. */
static bool sections_are_right(const struct reader *rd, const struct json *description)
{
    const struct json *devices = json_get(description, "devices");
    bool right = true;

    CHECK_EQ(devices->num, rd->n);
    for (unsigned i = 0; i < rd->n; i++)
        right &= section_is_right(&rd->section[i], json_at(devices, i));
    for (const struct row *r = rows; r < rows + n_rows; r++) {
        bool here = has(rd, r), later = is_to_come(r->name);

        if (here == later)
            printf("# %s: section %s, instance %u: %s\n", config->name, r->name, r->instance,
                   here ? "is here now; take it from differences.tsv" : "is missing");
        right &= here != later;
    }
    return right;
}

/* The trailer of a stream that the reader has found to be right: 06, length, text up to the end. */
static void description_read(const struct reader *rd, const struct wire *w, struct json *description)
{
    size_t at = rd->section[rd->n - 1].end + 5 + 1 + 5;    /* footer, end mark, mark and length */
    char *text = strndup((const char *)w->buf + at, w->at - at);
    int r = json_parse(text, description, NULL);

    free(text);
    CHECK(!r);
}

static void sections_are_the_references(void)
{
    static struct reader rd;
    struct json description = {};
    struct wire w = { .limit = WIRE_LIMIT };
    bool right;

    n_rows = 0;
    CHECK(rows_read(config->name) && (!config->base || rows_read(config->base)));
    CHECK(n_rows < ROWS);
    machine_build(config, &w);
    CHECK(reader_read(&rd, w.buf, w.at));
    description_read(&rd, &w, &description);
    right = sections_are_right(&rd, &description);
    json_fini(&description);
    wire_fini(&w);
    machine_free(m);
    loop_free(loop);
    CHECK(right);
}

static void every_type_with_a_section_is_compared(void)
{
    bool all = true;

    TYPE_FOR_EACH(at) {
        const struct type *t = *at;

        if (t->abstract || !type_is(t, "device") || !t->state || !t->state->name ||
            g_hash_table_contains(built, t->name) != differs_knowingly("section-type", t->name))
            continue;
        printf("# %s: %s\n", t->name,
               g_hash_table_contains(built, t->name) ? "is built now" : "no configuration builds it");
        all = false;
    }
    CHECK(all);
}

static bool versions_are_in_order(const struct section *s)
{
    bool right = true;

    for (; s; s = s->also) {
        for (const struct field *f = s->fields; f->name; f++)
            right &= !f->section || versions_are_in_order(f->section);
        for (const struct section *sub = s->subs; sub && sub->name; sub++)
            right &= versions_are_in_order(sub);
        if (s->name && s->min_version > s->version) {
            printf("# %s: version %u, and none below %u is taken\n", s->name, s->version, s->min_version);
            right = false;
        }
    }
    return right;
}

/* "The oldest version that is taken" is the present one, or an older one. */
static void every_section_takes_its_own_version(void)
{
    bool right = true;

    TYPE_FOR_EACH(at) {
        const struct type *t = *at;

        right &= !type_is(t, "device") || !t->state || versions_are_in_order(t->state);
    }
    CHECK(right);
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("section field section-type"));
}

int main(void)
{
    epoch_thread_init();
    built = g_hash_table_new(g_str_hash, g_str_equal);
    for (config = configs; config < configs + sizeof(configs) / sizeof(configs[0]); config++)
        test_run(config->name, sections_are_the_references);
    TEST(every_type_with_a_section_is_compared);
    TEST(every_section_takes_its_own_version);
    TEST(every_difference_is_still_one);
    g_hash_table_destroy(built);
    epoch_thread_fini();
    return test_end();
}
