/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every device type of this program, and broken ones that must be caught with the message expected
 *
 *     test-conform [--long] [--only TYPE] [COUNTS]
 *
 * COUNTS names the file with the numbers that may not fall.  A case per type, named after it.
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
}

static unsigned *count_of(const char *name)
{
    if (!strcmp(name, "types"))
        return &counts.types;
    if (!strcmp(name, "regions"))
        return &counts.regions;
    if (!strcmp(name, "fields"))
        return &counts.fields;
    if (!strcmp(name, "registers"))
        return &counts.registers;
    return strcmp(name, "properties") ? NULL : &counts.props;
}

static void no_number_falls(void)
{
    FILE *f = counts_path ? fopen(counts_path, "r") : NULL;
    char line[80], name[32];
    unsigned want, lines = 0;

    if (!f) {
        test_skip("no file of counts was named");
        return;
    }
    while (fgets(line, sizeof(line), f)) {
        unsigned *have;

        if (sscanf(line, " %31[a-z] %u", name, &want) != 2)
            continue;
        have = count_of(name);
        if (!have || *have < want)
            printf("# %s: %u, and %s says %u\n", name, have ? *have : 0, counts_path, want);
        CHECK(have && *have >= want);
        lines++;
    }
    fclose(f);
    CHECK_EQ(lines, 5);
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
    if (!only)
        TEST(no_number_falls);
    return test_end();
}
