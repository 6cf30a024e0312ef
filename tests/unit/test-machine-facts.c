/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/program-bench.h"

/*
 * Whole machines after power-on, compared with what was observed of the reference (tests/facts/machine)
 *
 * Memory and ports (who answers where), CMOS memory, fw_cfg's keys and directory, e820 for many sizes of memory, and
 * the tree of objects with the values of their properties.  Configuration space is test-pci-facts'.
 *
 * Left out: ports that nobody claims; of CMOS the time of day; of the tree memory regions and lines.  Numbers of
 * /machine/unattached/device[N] shift with each device that is not there: the order of the others is compared.
 * Invariant: what differs stands in tests/facts/differences.tsv with its reason, and what stands there differs.
 */

#include "hw/nvram/fw-cfg.h"
#include "lib/bits.h"
#include "tests/unit/facts.h"
#include "tests/unit/machine-views.h"

enum { CONFIGS = 8, SHORT = 512 };

/* As the facts call them: machine, memory and CPUs. */
static const struct { const char *machine, *name, *memory, *options; } configs[CONFIGS] = {
    { "q35", "512-1", "512", "-M q35 -m 512" }, { "q35", "512-4", "512", "-M q35 -m 512 -smp 4" },
    { "q35", "4G-1", "4G", "-M q35 -m 4G" },    { "q35", "4G-4", "4G", "-M q35 -m 4G -smp 4" },
    { "pc", "512-1", "512", "-M pc -m 512" },   { "pc", "512-4", "512", "-M pc -m 512 -smp 4" },
    { "pc", "4G-1", "4G", "-M pc -m 4G" },      { "pc", "4G-4", "4G", "-M pc -m 4G -smp 4" },
};

static void memory_and_ports_are_answered_by_the_same(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < CONFIGS; i++) {
        GPtrArray *ours, *theirs = map_facts(configs[i].machine, "reset", configs[i].memory);

        program_begin(configs[i].options);
        ours = map_view(m);
        CHECK(ours->len > 40);
        wrong += lines_differ("map", T("%s reset", configs[i].machine), ours, theirs);
        program_end();
        g_ptr_array_free(ours, TRUE);
        g_ptr_array_free(theirs, TRUE);
    }
    CHECK_EQ(wrong, 0);
}

static void cmos_memory_holds_the_same(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < CONFIGS; i++) {
        program_begin(configs[i].options);
        wrong += cmos_differs(configs[i].machine, configs[i].name, "reset");
        program_end();
    }
    CHECK_EQ(wrong, 0);
}

static char *hex(const uint8_t *bytes, uint32_t len)
{
    GString *s = g_string_new(NULL);

    for (uint32_t i = 0; i < len; i++)
        g_string_append_printf(s, "%02x", bytes[i]);
    return g_string_free(s, FALSE);
}

/* As a guest reads it: some files are made when they are selected. */
static char *contents(uint16_t key, uint32_t len)
{
    uint8_t bytes[SHORT];

    CHECK(len <= SHORT);
    address_space_write(&m->io_as, 0x510, 2, key, NULL);
    for (uint32_t i = 0; i < len; i++)
        bytes[i] = program_read(&m->io_as, 0x511, 1);
    return hex(bytes, len);
}

/* "0x0025 40 etc/e820 ...": contents where the facts have them. */
static void file_add(GPtrArray *lines, uint16_t key, uint32_t len, const char *name)
{
    bool has_addresses = !strcmp(name, "etc/acpi/rsdp");
    char *text = len && len <= SHORT && !has_addresses ? contents(key, len) : g_strdup("-");

    g_ptr_array_add(lines, g_strdup_printf("0x%04x\t%u\t%s\t%s", key, len, name, text));
    g_free(text);
}

/* The directory's entries: 4 bytes of size, 2 of key, 2 of nothing, 56 of name, big-endian. */
static GPtrArray *files_list(struct device *dev)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    uint32_t len;
    const uint8_t *dir = fw_cfg_bytes(dev, FW_CFG_FILE_DIR, &len);

    for (uint32_t i = 0; i < bits_load_be(dir, 4); i++) {
        const uint8_t *entry = dir + 4 + 64 * i;

        file_add(lines, bits_load_be(entry + 4, 2), bits_load_be(entry, 4), (const char *)entry + 8);
    }
    return lines;
}

/* A key without a name: zeros at its end are left out there. */
static bool key_is_right(struct device *dev, const char *key, const char *want)
{
    uint32_t len = 0, n = strlen(want) / 2;
    const uint8_t *bytes = fw_cfg_bytes(dev, strtoul(key, NULL, 16), &len);
    char *got = bytes && n <= len ? hex(bytes, n) : g_strdup("nothing");
    bool right = !strcmp(got, want);

    while (right && n < len)
        right = !bytes[n++];
    if (!right)
        printf("# fw_cfg key %s: %s, the reference: %s\n", key, got, want);
    g_free(got);
    return right;
}

static unsigned fw_cfg_differs(const char *machine, const char *config)
{
    char **rows = facts_lines("machine/fw-cfg.tsv");
    GPtrArray *ours = files_list(fw_cfg_find(m)), *theirs = g_ptr_array_new_with_free_func(g_free);
    unsigned wrong = 0;

    for (char **row = rows; *row; row++) {
        char **cell = g_strsplit(*row, "\t", 6);

        CHECK(g_strv_length(cell) == 6);
        if (strcmp(cell[0], machine) || strcmp(cell[1], config)) {
            g_strfreev(cell);
            continue;
        }
        if (*cell[3] == '-')
            wrong += !key_is_right(fw_cfg_find(m), cell[2], cell[5]);
        else
            g_ptr_array_add(theirs, g_strjoin("\t", cell[2], cell[3], cell[4], cell[5], NULL));
        g_strfreev(cell);
    }
    CHECK(theirs->len > 10);
    wrong += lines_differ("fw-cfg", machine, ours, theirs);
    g_ptr_array_free(ours, TRUE);
    g_ptr_array_free(theirs, TRUE);
    g_strfreev(rows);
    return wrong;
}

static void firmware_is_told_the_same(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < CONFIGS; i++) {
        program_begin(configs[i].options);
        wrong += fw_cfg_differs(configs[i].machine, configs[i].name);
        program_end();
    }
    CHECK_EQ(wrong, 0);
}

/* "34=40 35=b4" */
static bool registers_are(const char *want)
{
    unsigned at, val;
    int n;

    for (; sscanf(want, " %x=%x%n", &at, &val, &n) == 2; want += n)
        if (cmos(at) != val) {
            printf("# CMOS %02x: %02x, the reference: %02x\n", at, cmos(at), val);
            return false;
        }
    return true;
}

static void other_sizes_of_memory_are_told_the_same(void)
{
    char **rows = facts_lines("machine/e820.tsv");
    unsigned n = 0;

    for (char **row = rows; *row; row++, n++) {
        char **cell = g_strsplit(*row, "\t", 4), *got;
        uint32_t len;
        const uint8_t *bytes;

        CHECK(g_strv_length(cell) == 4);
        program_begin(cell[1]);
        bytes = fw_cfg_bytes(fw_cfg_find(m), fw_cfg_file_key(fw_cfg_find(m), "etc/e820"), &len);
        got = hex(bytes, len);
        printf("# %s\n", cell[1]);
        CHECK_STR(got, cell[2]);
        CHECK(registers_are(cell[3]));
        program_end();
        g_free(got);
        g_strfreev(cell);
    }
    g_strfreev(rows);
    CHECK(n >= 10);
}

/* The name in the facts: TYPE#n for the n-th of its type in /machine/unattached. */
static char *unattached_name(const struct object *o, GHashTable *seen)
{
    unsigned n = GPOINTER_TO_UINT(g_hash_table_lookup(seen, o->type->name));

    g_hash_table_insert(seen, (void *)o->type->name, GUINT_TO_POINTER(n + 1));
    return g_strdup_printf("%s#%u", o->type->name, n);
}

struct tree { const char *machine; GPtrArray *paths, *order; GHashTable *objects; };

static void tree_add(struct tree *t, struct object *o, const char *path)
{
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    bool unattached = !strcmp(path, "/machine/unattached");

    g_ptr_array_add(t->paths, g_strdup_printf("%s\t%s", path, o->type->name));
    g_hash_table_insert(t->objects, g_strdup(path), o);
    list_for_each(n, &o->children) {
        struct object *child = list_entry(n, struct object, in_parent);
        bool numbered = unattached && g_str_has_prefix(child->name, "device[");
        char *name = numbered ? unattached_name(child, seen) : g_strdup(child->name);
        char *below = g_strdup_printf("%s/%s", path, name);

        if (numbered)
            g_ptr_array_add(t->order, g_strdup(name));
        tree_add(t, child, below);
        g_free(below);
        g_free(name);
    }
    g_hash_table_destroy(seen);
}

static void tree_init(struct tree *t, const char *machine)
{
    *t = (struct tree){ machine, g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free),
                        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
    tree_add(t, &m->obj, "/machine");
}

static void tree_fini(struct tree *t)
{
    g_ptr_array_free(t->paths, TRUE);
    g_ptr_array_free(t->order, TRUE);
    g_hash_table_destroy(t->objects);
}

static struct text value_text(const struct prop *p, const struct object *o)
{
    uint64_t val = p->kind == PROP_STRING ? 0 : prop_get(p, o);

    if (p->kind == PROP_STRING)
        return text("%s", prop_get_string(p, o) ? prop_get_string(p, o) : "");
    if (p->kind == PROP_BOOL)
        return text("%s", val ? "true" : "false");
    if (p->kind == PROP_ENUM)
        return text("%s", p->names[val]);
    return p->kind == PROP_INT ? text("%" PRId64, (int64_t)val) : text("%" PRIu64, val);
}

/* "iobase=1016": of those properties that both have; which ones there are is test-device-facts'. */
static unsigned value_differs(const struct tree *t, const struct object *o, const char *path, const char *cell)
{
    char *name = g_strndup(cell, strcspn(cell, "="));
    const struct prop *p = type_prop_find(o->type, name);
    const char *theirs = strchr(cell, '=') + 1;
    struct text ours = p ? value_text(p, o) : text("%s", theirs);
    unsigned wrong = strcmp(ours.s, theirs) && !differs_knowingly("qom-value", T("%s %s %s", t->machine, path, name));

    if (wrong)
        printf("# qom-value: %s %s %s: %s, the reference: %s\n", t->machine, path, name, ours.s, theirs);
    g_free(name);
    return wrong;
}

/* The next one of ours in /machine/unattached is this one of theirs, unless that is missing. */
static unsigned order_differs(const struct tree *t, const char *path, guint *next)
{
    const char *name = path + strlen("/machine/unattached/");

    if (!g_hash_table_contains(t->objects, path) || strchr(name, '/') || !strchr(name, '#'))
        return 0;
    if (*next < t->order->len && !strcmp(t->order->pdata[*next], name)) {
        ++*next;
        return 0;
    }
    printf("# order of /machine/unattached: %s: %s, the reference: %s\n", t->machine,
           *next < t->order->len ? (char *)t->order->pdata[*next] : "nothing", name);
    return 1;
}

static unsigned tree_differs(const struct tree *t)
{
    char **rows = facts_lines("machine/qom.tsv");
    GPtrArray *theirs = g_ptr_array_new_with_free_func(g_free);
    unsigned wrong = 0;
    guint next = 0;

    for (char **row = rows; *row; row++) {
        char **cell = g_strsplit(*row, "\t", -1);

        if (!strcmp(cell[0], t->machine)) {
            const struct object *o = g_hash_table_lookup(t->objects, cell[1]);

            g_ptr_array_add(theirs, g_strdup_printf("%s\t%s", cell[1], cell[2]));
            for (unsigned i = 3; o && cell[i]; i++)
                wrong += value_differs(t, o, cell[1], cell[i]);
            if (g_str_has_prefix(cell[1], "/machine/unattached/"))
                wrong += order_differs(t, cell[1], &next);
        }
        g_strfreev(cell);
    }
    CHECK(theirs->len > 40);
    wrong += lines_differ("qom", t->machine, t->paths, theirs);
    g_ptr_array_free(theirs, TRUE);
    g_strfreev(rows);
    return wrong;
}

static void objects_are_the_same_in_the_same_places(void)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < CONFIGS; i++) {
        struct tree t;

        if (strcmp(configs[i].name, "512-1"))
            continue;
        program_begin(configs[i].options);
        tree_init(&t, configs[i].machine);
        wrong += tree_differs(&t);
        tree_fini(&t);
        program_end();
    }
    CHECK_EQ(wrong, 0);
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("map cmos fw-cfg qom qom-value"));
}

int main(void)
{
    epoch_thread_init();
    TEST(memory_and_ports_are_answered_by_the_same);
    TEST(cmos_memory_holds_the_same);
    TEST(firmware_is_told_the_same);
    TEST(other_sizes_of_memory_are_told_the_same);
    TEST(objects_are_the_same_in_the_same_places);
    TEST(every_difference_is_still_one);
    epoch_thread_fini();
    return test_end();
}
