/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every device type of this program, and broken ones that must be caught with the message expected
 *
 *     test-conform [--long] [--only TYPE] [COUNTS]
 *
 * COUNTS names the file with the numbers that it must print, not one more nor less.  A case per type, named after it.
 */

#include "tests/conform/broken.h"
#include "tests/conform/conform.h"
#include "tests/test.h"

enum { ACCESSES_SHORT = 10000, ACCESSES_LONG = 1000000, LIMIT_MS = 20000, BROKEN_LIMIT_MS = 500 };

static struct conform_counts counts;
static const struct device_type *type;
static const char *counts_path;
static bool is_long;

static void keeps_the_rules(void)
{
    struct conform c = {
        .out = stdout, .type = type, .n = &counts, .seed = 88172645463325252u, .limit_ms = LIMIT_MS,
        .accesses = is_long ? ACCESSES_LONG : ACCESSES_SHORT, .all = is_long,
    };
    unsigned before = counts.findings;

    conform_type(&c);
    CHECK_EQ(counts.findings, before);
}

/* The text goes through a file, since the child that finds it may not live to flush a buffer. */
static void is_caught(void)
{
    const struct broken *b = broken_types;
    struct conform_counts n = { 0 };
    struct conform c = { .out = tmpfile(), .n = &n, .seed = 1, .limit_ms = BROKEN_LIMIT_MS, .accesses = 2000 };
    char text[256] = "";

    while (b->type != type)
        b++;
    CHECK(c.out);
    c.type = b->type;
    conform_type(&c);
    rewind(c.out);
    if (!fgets(text, sizeof(text), c.out))
        text[0] = '\0';
    fclose(c.out);
    if (strncmp(text, b->says, strlen(b->says)))
        printf("# said \"%s\", not \"%s\"\n", text, b->says);
    CHECK(n.findings && !strncmp(text, b->says, strlen(b->says)));
    CHECK_EQ(n.findings, b->findings ? b->findings : n.findings);
}

static const struct { const char *name; unsigned *have; } numbers[] = {
    { "types", &counts.types },         { "regions", &counts.regions },  { "fields", &counts.fields },
    { "registers", &counts.registers }, { "properties", &counts.props },
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

/* Is this line of the file what was proved?  If not, says on out what to write there. */
static bool line_is_right(FILE *out, const char *path, unsigned line_number, const char *name, unsigned want)
{
    for (unsigned i = 0; i < NUMBERS; i++) {
        unsigned have = *numbers[i].have;

        if (strcmp(numbers[i].name, name))
            continue;
        if (have != want)
            fprintf(out, "# %s: %u were proved, and %s says %u: %swrite \"%s %u\" in its line %u\n", name, have, path,
                    want, have < want ? "find what is no longer proved, or if it was taken away " : "", name, have,
                    line_number);
        return have == want;
    }
    fprintf(out, "# %s: nothing of that name is counted, and line %u of %s has it\n", name, line_number, path);
    return false;
}

/* Lines of the file that are wrong, and numbers that it does not have. */
static unsigned wrong_numbers(FILE *f, FILE *out, const char *path)
{
    unsigned wrong = 0, seen = 0, line_number = 0, want;
    char line[200], name[32];

    while (fgets(line, sizeof(line), f)) {
        line_number++;
        if (sscanf(line, " %31[a-z] %u", name, &want) != 2)
            continue;
        wrong += !line_is_right(out, path, line_number, name, want);
        seen++;
    }
    if (seen != NUMBERS)
        fprintf(out, "# %s has %u numbers, not %u\n", path, seen, NUMBERS);
    return wrong + (seen != NUMBERS);
}

static void the_numbers_are_those_of_the_file(void)
{
    FILE *f = counts_path ? fopen(counts_path, "r") : NULL;
    unsigned wrong;

    if (!f) {
        test_skip("no file of counts was named");
        return;
    }
    wrong = wrong_numbers(f, stdout, counts_path);
    fclose(f);
    CHECK_EQ(wrong, 0);
}

/* What was proved, with one number changed by that much; *text: what is said about it. */
static unsigned with_one_changed(unsigned changed, int by, char *text, size_t bytes)
{
    FILE *f = tmpfile(), *out = tmpfile();
    unsigned wrong;
    size_t n;

    CHECK(f && out);
    for (unsigned i = 0; i < NUMBERS; i++)
        fprintf(f, "%s %u\n", numbers[i].name, *numbers[i].have + (i == changed ? by : 0));
    rewind(f);
    wrong = wrong_numbers(f, out, "counts");
    rewind(out);
    n = fread(text, 1, bytes - 1, out);
    text[n] = '\0';
    fclose(f);
    fclose(out);
    return wrong;
}

static void a_number_too_high_or_too_low_is_named(void)
{
    char text[300], want[80];

    CHECK_EQ(with_one_changed(NUMBERS, 0, text, sizeof(text)), 0);
    CHECK_STR(text, "");
    for (unsigned i = 0; i < NUMBERS; i++)
        for (int by = -1; by <= 1; by += 2) {
            snprintf(want, sizeof(want), "\"%s %u\" in its line %u\n", numbers[i].name, *numbers[i].have, i + 1);
            CHECK_EQ(with_one_changed(i, by, text, sizeof(text)), 1);
            CHECK(strstr(text, want));
            CHECK_EQ(!!strstr(text, "no longer proved"), by > 0);
        }
}

int main(int argc, char **argv)
{
    const char *only = NULL;

    is_long = test_long(argc, argv);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--only") && i + 1 < argc)
            only = argv[++i];
        else if (argv[i][0] != '-')
            counts_path = argv[i];
    }
    TYPE_FOR_EACH(t) {
        if ((*t)->abstract || !type_is(*t, "device") || (only && strcmp((*t)->name, only)))
            continue;
        type = device_type_of(*t);
        test_run((*t)->name, keeps_the_rules);
    }
    for (const struct broken *b = broken_types; b->type && !only; b++) {
        type = b->type;
        test_run(type->type.name, is_caught);
    }
    printf("# conform: %u types, %u regions, %u fields, %u registers, %u properties; %u accesses, %u lives, "
           "%u streams refused, %u taken\n", counts.types, counts.regions, counts.fields, counts.registers,
               counts.props,
           counts.accesses, counts.lives, counts.streams_refused, counts.streams_taken);
    if (!only) {
        TEST(the_numbers_are_those_of_the_file);
        TEST(a_number_too_high_or_too_low_is_named);
    }
    return test_end();
}
