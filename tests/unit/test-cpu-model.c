/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/model.h"

/*
 * CPU models: CPUID as guests of the reference read it, what is masked and what the opcode tables execute,
 * the grammar of -cpu
 */

#include "cpu/feature.h"
#include "lib/error.h"
#include "cpu/trait.h"
#include "tests/test.h"
#include "tests/unit/facts.h"

#include <errno.h>

static struct cpu_config cfg;
static struct cpuid_live live = { .apic_enabled = true, .xcr0 = 1 };

/* One row of tests/facts/cpu/cpuid.tsv; false: the row is a comment. */
struct row { char model[16]; unsigned dies, cores, threads; uint32_t leaf, sub, out[4]; };

static bool row_read(const char *line, struct row *r)
{
    return sscanf(line, "%15s %u,%u,%u %x %x %x %x %x %x", r->model, &r->dies, &r->cores, &r->threads, &r->leaf,
                  &r->sub, &r->out[0], &r->out[1], &r->out[2], &r->out[3]) == 10;
}

static void row_query(const struct row *r, bool soft, uint32_t out[4])
{
    CHECK_EQ(cpu_config_parse(r->model, soft, &cfg, NULL), 0);
    cfg.dies = r->dies;
    cfg.cores = r->cores;
    cfg.threads = r->threads;
    cpuid_query(&cfg, &live, r->leaf, r->sub, out);
}

static void rows_each(void (*fn)(const struct row *r))
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/cpu/cpuid.tsv", "r");
    unsigned n = 0;
    char line[200];
    struct row r;

    CHECK(f);
    while (fgets(line, sizeof(line), f))
        if (row_read(line, &r)) {
            fn(&r);
            n++;
        }
    fclose(f);
    CHECK(n > 50);
}

static void check_unmasked(const struct row *r)
{
    uint32_t out[4];
    bool same;

    row_query(r, false, out);
    same = !memcmp(out, r->out, sizeof(out));
    if (!same && differs_knowingly("cpuid", T("%s %x.%x", r->model, r->leaf, r->sub)))
        return;
    if (!same)
        printf("# cpuid: %s %x.%x, %u,%u,%u: %08x %08x %08x %08x, the reference: %08x %08x %08x %08x\n", r->model,
               r->leaf, r->sub, r->dies, r->cores, r->threads, out[0], out[1], out[2], out[3], r->out[0], r->out[1],
               r->out[2], r->out[3]);
    CHECK(same);
}

static void cpuid_is_the_reference_s(void)
{
    rows_each(check_unmasked);
}

static GHashTable *leaves_seen;         /* "max 1" */

static void leaf_note(const struct row *r)
{
    g_hash_table_add(leaves_seen, g_strdup_printf("%s %x", r->model, r->leaf));
}

static void a_leaf_that_guests_of_the_reference_did_not_see_reads_as_zeros(void)
{
    static const char *const models[] = { "qemu64-v1", "max" };
    static const uint32_t zeros[4];

    leaves_seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    rows_each(leaf_note);
    for (unsigned i = 0; i < 2; i++)
        for (uint32_t n = 0; n < 0x40; n++) {
            struct row r = { .dies = 1, .cores = 1, .threads = 1, .leaf = (n & 0x1f) | (n & 0x20 ? 0x80000000 : 0) };
            uint32_t out[4];

            strcpy(r.model, models[i]);
            row_query(&r, false, out);
            if (n % 0x20 > (n & 0x20 ? cfg.model.xlevel & 0xff : cfg.model.level) ||
                g_hash_table_contains(leaves_seen, T("%s %x", r.model, r.leaf)))
                continue;
            CHECK(!memcmp(out, zeros, sizeof(out)));
        }
    g_hash_table_destroy(leaves_seen);
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("cpuid"));
}

static uint32_t masked_bits(enum cpu_word word)
{
    uint32_t bits = 0;

    for (const struct cpu_masked *m = cpu_soft_masked; m->name; m++)
        if (m->word == word)
            bits |= 1u << m->bit;
    return bits;
}

/* Where each word stands: leaf, subleaf, register. */
static const struct { uint32_t leaf, sub; unsigned reg; } places[CPU_WORDS] = {
    [WORD_1_EDX] = { 1, 0, 3 }, [WORD_1_ECX] = { 1, 0, 2 }, [WORD_6_EAX] = { 6, 0, 0 }, [WORD_7_EBX] = { 7, 0, 1 },
    [WORD_7_ECX] = { 7, 0, 2 }, [WORD_7_EDX] = { 7, 0, 3 }, [WORD_D1_EAX] = { 0xd, 1, 0 },
    [WORD_80000001_EDX] = { 0x80000001, 0, 3 }, [WORD_80000001_ECX] = { 0x80000001, 0, 2 },
    [WORD_8000000A_EDX] = { 0x8000000a, 0, 3 },
};

static void check_masked(const struct row *r)
{
    uint32_t out[4];

    row_query(r, true, out);
    for (unsigned w = 0; w < CPU_WORDS; w++)
        if (r->leaf == places[w].leaf && r->sub == places[w].sub) {
            uint32_t want = r->out[places[w].reg] & ~masked_bits(w), host = cfg.removed[w] & ~masked_bits(w);

            CHECK_EQ(out[places[w].reg], w == WORD_8000000A_EDX ? 0 : want & ~host);
        }
}

/* "one table lists each masked bit": nothing else is missing, but for what the host itself lacks. */
static void the_software_cpu_shows_the_same_without_the_masked_bits(void)
{
    rows_each(check_masked);
}

/* The spelling of a feature in the opcode tables and in -cpu. */
static const struct { const char *table, *name; } spellings[] = {
    { "pclmul", "pclmulqdq" }, { "sse41", "sse4.1" }, { "sse42", "sse4.2" }, { "sse3", "pni" }, { "lahf", "lahf-lm" },
    { "prefetchw", "3dnowprefetch" }, { "sha", "sha-ni" }, { "fxsr_opt", "fxsr-opt" },
};

static const struct cpu_feature *feature_of(const char *table)
{
    for (unsigned i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        if (!strcmp(table, spellings[i].table))
            table = spellings[i].name;
    for (const struct cpu_feature *f = cpu_features; f->name; f++)
        if (!strcmp(f->name, table))
            return f;
    return NULL;
}

static uint32_t executed[CPU_WORDS];

/* The word after "cpuid=" in every line of a table. */
static void table_read(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[300], *at;

    CHECK(f);
    while (fgets(line, sizeof(line), f))
        if (*line != '#' && (at = strstr(line, " cpuid="))) {
            const struct cpu_feature *feature;

            at += 7;
            at[strcspn(at, " \n")] = '\0';
            feature = feature_of(at);
            if (!feature)
                printf("# %s\n", at);
            CHECK(feature);
            executed[feature->word] |= 1u << feature->bit;
        }
    fclose(f);
}

static void tables_read(void)
{
    table_read(TEST_SOURCE_DIR "/cpu/x86.tbl");
    table_read(TEST_SOURCE_DIR "/cpu/x86-sys.tbl");
    table_read(TEST_SOURCE_DIR "/cpu/x86-simd.tbl");
}

/* Some of their instructions are there, but not all that the bit promises. */
static bool partly(const char *name)
{
    return !strcmp(name, "monitor") || !strcmp(name, "xsave");
}

static void no_bit_is_masked_that_the_tables_execute(void)
{
    tables_read();
    for (const struct cpu_masked *m = cpu_soft_masked; m->name; m++) {
        if (executed[m->word] >> m->bit & 1 && !partly(m->name))
            printf("# %s is masked: %s\n", m->name, m->why);
        CHECK(!(executed[m->word] >> m->bit & 1) || partly(m->name));
    }
}

/* Shown without an instruction that the tables give to it: behaviour of the CPU, of its paging, of others, or an
 * instruction that every model has. */
static const char *const behaviour[] = {
    "de", "pse", "pae", "mce", "apic", "mtrr", "pge", "mca", "pat", "pse36", "acpi", "ss", "hypervisor", "nx", "mmxext",
    "pdpe1gb", "lm", "smep", "erms", "arat", "lahf-lm", "cx8", "cx16", "umip", "x2apic", "3dnowprefetch", "ht",
        "cmp-legacy",
};

static bool is_behaviour(const struct cpu_feature *f)
{
    for (unsigned i = 0; i < sizeof(behaviour) / sizeof(behaviour[0]); i++)
        if (!strcmp(f->name, behaviour[i]))
            return true;
    return false;
}

static bool first_name(const struct cpu_feature *f)
{
    for (const struct cpu_feature *e = cpu_features; e < f; e++)
        if (e->word == f->word && e->bit == f->bit)
            return false;
    return true;
}

static void no_bit_is_shown_that_the_tables_do_not_execute(void)
{
    tables_read();
    CHECK_EQ(cpu_config_parse("max", true, &cfg, NULL), 0);
    for (const struct cpu_feature *f = cpu_features; f->name; f++) {
        bool runs = executed[f->word] >> f->bit & 1;

        if (!first_name(f) || !cpu_has(&cfg, f->word, f->bit))
            continue;
        if (!runs && !is_behaviour(f))
            printf("# %s is shown\n", f->name);
        CHECK(runs || is_behaviour(f));
    }
}

static void every_masked_bit_has_its_own_name_and_a_reason(void)
{
    for (const struct cpu_masked *m = cpu_soft_masked; m->name; m++) {
        const struct cpu_feature *f = feature_of(m->name);

        CHECK(f && f->word == m->word && f->bit == m->bit && m->why[0]);
        for (const struct cpu_masked *o = cpu_soft_masked; o < m; o++)
            CHECK(o->word != m->word || o->bit != m->bit);
    }
}

/* -cpu */
static void check_item(const char *spec, const char *name, bool on)
{
    const struct cpu_feature *f = feature_of(name);

    CHECK_EQ(cpu_config_parse(spec, false, &cfg, NULL), 0);
    if (cpu_has(&cfg, f->word, f->bit) != on)
        printf("# %s\n", spec);
    CHECK_EQ(cpu_has(&cfg, f->word, f->bit), on);
    CHECK_EQ(cfg.asked[f->word] >> f->bit & 1, on);
}

static void a_feature_goes_on_and_off_in_every_notation(void)
{
    check_item("qemu64,+x2apic", "x2apic", true);
    check_item("qemu64,x2apic", "x2apic", true);
    check_item("qemu64,x2apic=on", "x2apic", true);
    check_item("qemu64,x2apic=off", "x2apic", false);
    check_item("qemu64,-nx", "nx", false);
    check_item("qemu64,xd=off", "nx", false);           /* another name of it */
    check_item("qemu64,+sse4_1", "sse4.1", true);
    check_item("qemu64,+sse4-1,-sse4.1", "sse4.1", false);
    check_item("qemu64,tsc_deadline=on", "tsc-deadline", true);
    check_item("qemu64,-nx,+nx,", "nx", true);          /* the last one counts; an empty end is none */
}

static void what_is_asked_for_and_masked_is_told(void)
{
    CHECK_EQ(cpu_config_parse("qemu64,+avx", true, &cfg, NULL), 0);
    CHECK(cfg.removed[WORD_1_ECX] >> 28 & 1 && cfg.asked[WORD_1_ECX] >> 28 & 1);
    CHECK(cfg.removed[WORD_80000001_ECX] >> 2 & 1 &&
        !(cfg.asked[WORD_80000001_ECX] >> 2 & 1));     /* the model's svm */
}

/* An accelerator that adds or drops features of itself asks first: of each the last mention counts. */
static void what_was_named_is_remembered_bit_by_bit(void)
{
    static const struct { const char *spec; uint32_t asked, refused; } want[] = {
        { "qemu64", 0, 0 }, { "qemu64,+x2apic", 1u << 21, 0 }, { "qemu64,-x2apic", 0, 1u << 21 },
        { "qemu64,-x2apic,+x2apic", 1u << 21, 0 }, { "qemu64,+x2apic,-x2apic", 0, 1u << 21 },
        { "qemu64,-aes,-x2apic,+x2apic,+movbe", 1u << 21 | 1u << 22, 1u << 25 },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        CHECK_EQ(cpu_config_parse(want[i].spec, false, &cfg, NULL), 0);
        for (unsigned w = 0; w < CPU_WORDS; w++) {
            CHECK_EQ(cfg.asked[w], w == WORD_1_ECX ? want[i].asked : 0);
            CHECK_EQ(cfg.refused[w], w == WORD_1_ECX ? want[i].refused : 0);
        }
        CHECK(cfg.cores == 1 && cfg.threads == 1);
    }
}

static unsigned counted;

static void count_name(const char *name, void *opaque)
{
    counted++;
    *(bool *)opaque |= !strcmp(name, "nx");
    CHECK(strcmp(name, "sse3"));
}

/* By the first of its names: "pni" is listed, "sse3" is the same bit. */
static void each_feature_is_listed_once(void)
{
    bool nx = false;
    unsigned bits = 0;

    for (const struct cpu_feature *f = cpu_features; f->name; f++) {
        bool first = true;

        for (const struct cpu_feature *e = cpu_features; e < f; e++)
            first &= e->word != f->word || e->bit != f->bit;
        bits += first;
    }
    counted = 0;
    cpu_feature_names(count_name, &nx);
    CHECK_EQ(counted, bits);
    CHECK(nx);
}

/* AMD APM volume 3, Fn8000_0001_EDX: "same as CPUID Fn0000_0001_EDX". */
static void amd_s_extended_leaf_repeats_the_basic_one(void)
{
    CHECK_EQ(cpu_config_parse("qemu64,-mmx,-pge", false, &cfg, NULL), 0);
    CHECK_EQ(cfg.model.words[WORD_80000001_EDX] >> 23 & 1, 0);
    CHECK_EQ(cfg.model.words[WORD_80000001_EDX] >> 13 & 1, 0);
    CHECK_EQ(cfg.model.words[WORD_80000001_EDX] >> 12 & 1, 1);
    CHECK_EQ(cfg.model.words[WORD_80000001_EDX] >> 20 & 1, 1);      /* its own bits stay */
}

static void check_refused(const char *spec, const char *value)
{
    struct error *err = NULL;

    if (!cpu_config_parse(spec, true, &cfg, &err))
        printf("# %s\n", spec);
    CHECK(err);
    CHECK_STR(err->value, value);
    CHECK(err->legal[0]);
    error_free(err);
}

static void what_is_wrong_is_named(void)
{
    check_refused("", "");
    check_refused(",", "");
    check_refused("nosuch", "nosuch");
    check_refused("qemu64 ", "qemu64 ");
    check_refused("QEMU64", "QEMU64");
    check_refused("qemu64-v2", "qemu64-v2");
    check_refused("-v1", "-v1");
    check_refused("qemu64,nosuch", "nosuch");
    check_refused("qemu64,+", "+");
    check_refused("qemu64,-", "-");
    check_refused("qemu64,=on", "=on");
    check_refused("qemu64,++nx", "++nx");
    check_refused("qemu64,+nx=on", "+nx=on");
    check_refused("qemu64,nx=", "");
    check_refused("qemu64,nx=perhaps", "perhaps");
    check_refused("qemu64,nx ", "nx ");
    check_refused("qemu64,NX", "NX");
}

/* Names as -cpu takes them: '_' and '-' are the same. */
static bool same_name(const char *a, const char *b)
{
    while (*a && (*a == '_' ? '-' : *a) == (*b == '_' ? '-' : *b))
        a++, b++;
    return !*a && !*b;
}

/* Each name that the reference takes is here and stands for the same bit, and there are no others. */
static void names_of_features_are_the_references(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/cpu/features.tsv", "r");
    char line[200], name[64], word[64];
    static bool seen[400];
    unsigned bit;

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        bool here = false;

        if (sscanf(line, "%63[^\t#]\t%63[^\t]\t%u", name, word, &bit) != 3)
            continue;
        for (const struct cpu_feature *of = cpu_features; of->name; of++) {
            if (!same_name(of->name, name))
                continue;
            if (strcmp(cpu_word_name(of->word), word) || of->bit != bit)
                printf("# %s: with the reference %s bit %u\n", name, word, bit);
            CHECK(!strcmp(cpu_word_name(of->word), word) && of->bit == bit);
            here = seen[of - cpu_features] = true;
        }
        if (!here)
            printf("# %s is missing\n", name);
        CHECK(here);
    }
    fclose(f);
    for (const struct cpu_feature *of = cpu_features; of->name; of++) {
        if (!seen[of - cpu_features])
            printf("# %s is no name of the reference's\n", of->name);
        CHECK(seen[of - cpu_features]);
    }
}

/* tests/facts/cpu/expansion.tsv: 's' is in both kinds of expansion, 'f' in a full one. */
static unsigned names_told(const struct json *names, bool is_static)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/cpu/expansion.tsv", "r");
    char name[100], kind;
    unsigned told = 0;

    CHECK(f && fscanf(f, "%*[^\n]\n") == 0);
    while (fscanf(f, "%99s %c\n", name, &kind) == 2) {
        bool has = json_get(names, name);

        if (is_static)
            CHECK_EQ(has, kind == 's');
        told += has;
    }
    fclose(f);
    return told;
}

static void expansions_have_the_references_names(void)
{
    struct cpu_config c;
    struct json names;

    CHECK(cpu_config_begin(&c, "max"));
    cpu_config_end(&c, true);
    names = cpu_traits_json(&c, false);
    CHECK_EQ(names_told(&names, true), names.num);
    json_fini(&names);
    names = cpu_traits_json(&c, true);
    CHECK_EQ(names_told(&names, false) + 2, names.num);
    CHECK(json_get(&names, "migratable") && json_get(&names, "host-cache-info"));       /* of max alone */
    json_fini(&names);
    names = cpu_unavailable_json(&c);
    CHECK_EQ(names.num, 0);             /* max wants what there is */
    json_fini(&names);
}

static void numbers_of_a_model_are_set_within_cpuid_s_fields(void)
{
    static const struct { const char *name; int64_t most; } numbers[] = {
        { "family", 270 }, { "model", 255 }, { "stepping", 15 }, { "level", UINT32_MAX }, { "xlevel", UINT32_MAX },
    };
    struct cpu_config c;
    struct json v = json_int(-1), text = json_string("GenuineIntel"), brand;

    CHECK(cpu_config_begin(&c, "base"));
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        v.i = -1;
        CHECK_EQ(cpu_trait_set(&c, numbers[i].name, &v), -EINVAL);
        v.i = numbers[i].most + 1;
        CHECK_EQ(cpu_trait_set(&c, numbers[i].name, &v), -EINVAL);
        v.i = numbers[i].most;
        CHECK_EQ(cpu_trait_set(&c, numbers[i].name, &v), 0);
    }
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct json now = cpu_trait_value(&c, numbers[i].name);

        CHECK_EQ(now.i, numbers[i].most);
    }
    CHECK_EQ(c.model.signature, 0x0fff0fff);
    CHECK_EQ(cpu_trait_set(&c, "vendor", &text), 0);
    CHECK_STR(c.model.vendor, "GenuineIntel");
    brand = json_string("a text that is one character longer than 47 ones");
    CHECK_EQ(strlen(brand.string), 48);
    CHECK_EQ(cpu_trait_set(&c, "vendor", &brand), -EINVAL);
    CHECK_EQ(cpu_trait_set(&c, "model-id", &brand), -EINVAL);
    CHECK_EQ(cpu_trait_set(&c, "nope", &text), -ENOENT);
    json_fini(&text);
    json_fini(&brand);
}

int main(void)
{
    TEST(names_of_features_are_the_references);
    TEST(cpuid_is_the_reference_s);
    TEST(a_leaf_that_guests_of_the_reference_did_not_see_reads_as_zeros);
    TEST(every_difference_is_still_one);
    TEST(the_software_cpu_shows_the_same_without_the_masked_bits);
    TEST(no_bit_is_masked_that_the_tables_execute);
    TEST(no_bit_is_shown_that_the_tables_do_not_execute);
    TEST(every_masked_bit_has_its_own_name_and_a_reason);
    TEST(a_feature_goes_on_and_off_in_every_notation);
    TEST(what_is_asked_for_and_masked_is_told);
    TEST(what_was_named_is_remembered_bit_by_bit);
    TEST(each_feature_is_listed_once);
    TEST(amd_s_extended_leaf_repeats_the_basic_one);
    TEST(what_is_wrong_is_named);
    TEST(expansions_have_the_references_names);
    TEST(numbers_of_a_model_are_set_within_cpuid_s_fields);
    return test_end();
}
