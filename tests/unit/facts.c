/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/facts.h"

/* Reads tests/facts (see facts.h). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4 };

/* Each kind belongs to one test, which looks for entries that are not needed. */
static const char *const known_kinds[] = {
    "type", "type-parent", "property", "property-type", "property-default",     /* test-device-facts */
    "section", "field", "section-type",                         /* test-migration-facts */
    "function", "config",                                       /* test-pci-facts */
    "cpuid",                                                    /* test-cpu-model */
    "live",                                                     /* tests/qtest/known.py */
    "dsdt",                                                     /* test-dsdt */
    "acpi",                                                     /* test-acpi-facts */
    "after-firmware", "map-after-firmware",                     /* test-firmware-facts */
    "map", "cmos", "fw-cfg", "qom", "qom-value",                /* test-machine-facts */
    "argument",                                                 /* test-option-list */
    NULL,
};

static GPtrArray *list;

char **facts_lines(const char *name)
{
    char *path = g_strdup_printf(TEST_SOURCE_DIR "/tests/facts/%s", name), *text, **lines;
    GPtrArray *kept = g_ptr_array_new();

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        printf("Bail out! %s cannot be read\n", path);
        exit(1);
    }
    lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++)
        if (**l && **l != '#')
            g_ptr_array_add(kept, *l);
        else
            g_free(*l);
    g_free(lines);
    g_free(text);
    g_free(path);
    g_ptr_array_add(kept, NULL);
    return (char **)g_ptr_array_free(kept, FALSE);
}

static struct difference *parsed(const char *line)
{
    struct difference *d = g_new0(struct difference, 1);
    char **column = g_strsplit(line, "\t", -1);

    if (g_strv_length(column) != COLUMNS || !g_strv_contains(known_kinds, column[0]) || !*column[1] || !*column[3]) {
        printf("Bail out! differences.tsv: not a known kind, a name, a part, a reason: %s\n", line);
        exit(1);
    }
    *d = (struct difference){ column[0], column[1], column[2], column[3], false };
    g_free(column);
    return d;
}

const GPtrArray *differences(void)
{
    char **lines;

    if (list)
        return list;
    lines = facts_lines("differences.tsv");
    list = g_ptr_array_new();
    for (char **l = lines; *l; l++)
        g_ptr_array_add(list, parsed(*l));
    g_strfreev(lines);
    return list;
}

/* Is the word among those that spaces part? */
static bool is_one_of(const char *words, const char *word)
{
    char **each = g_strsplit(words, " ", -1);
    bool found = g_strv_contains((const char *const *)each, word);

    g_strfreev(each);
    return found;
}

bool differs_knowingly(const char *kinds, const char *name)
{
    const GPtrArray *all = differences();
    bool found = false;

    for (guint i = 0; i < all->len; i++) {
        struct difference *d = all->pdata[i];

        if (g_pattern_match_simple(d->name, name) && is_one_of(kinds, d->kind))
            d->seen = found = true;
    }
    return found;
}

static unsigned only_in(const char *kinds, const char *prefix, const GPtrArray *lines, const GPtrArray *others)
{
    unsigned unknown = 0;

    for (guint i = 0; i < lines->len; i++) {
        char *name;

        if (g_ptr_array_find_with_equal_func((GPtrArray *)others, lines->pdata[i], g_str_equal, NULL))
            continue;
        name = g_strdelimit(g_strdup_printf("%s %s", prefix, (char *)lines->pdata[i]), "\t", ' ');
        if (!differs_knowingly(kinds, name)) {
            printf("# %s: %s\n", kinds, name);
            unknown++;
        }
        g_free(name);
    }
    return unknown;
}

unsigned lines_differ(const char *kinds, const char *prefix, const GPtrArray *ours, const GPtrArray *theirs)
{
    char *more = g_strdup_printf("+ %s", prefix), *less = g_strdup_printf("- %s", prefix);
    unsigned unknown = only_in(kinds, more, ours, theirs) + only_in(kinds, less, theirs, ours);

    g_free(more);
    g_free(less);
    return unknown;
}

bool differences_are_needed(const char *kinds)
{
    const GPtrArray *all = differences();
    bool needed = true;

    for (guint i = 0; i < all->len; i++) {
        const struct difference *d = all->pdata[i];

        if (!is_one_of(kinds, d->kind))
            continue;
        printf("# %s %s: %s; %s%s%s\n", d->kind, d->name, d->why, *d->part == '-' ? "stays" : "comes with ",
               *d->part == '-' ? "" : d->part, d->seen ? "" : " -- LISTED BUT PRESENT: it does not differ");
        needed &= d->seen;
    }
    return needed;
}
