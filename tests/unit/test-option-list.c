/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * Which options there are: the list of what is done and what waits, and what query-command-line-options tells
 */

#include "tests/unit/facts.h"
#include "tests/unit/option-line.h"

/* Of these the start reads the argument, not the parser. */
static const char *const read_later[] = { "add-fd", "trace", "mon", "device", "chardev" };

static const char *option_of(const char *told)
{
    static const struct { const char *told, *option; } others[] = {
        { "acpi", "acpitable" }, { "boot-opts", "boot" }, { "smp-opts", "smp" }, { "memory", "m" },
    };

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (!strcmp(others[i].told, told))
            return others[i].option;
    return told;
}

/* Does the option know the name?  What stands behind it is no value of any. */
static bool knows(const char *option, const char *name)
{
    bool known;

    parse(T("-%s %s=#", option, name));
    known = !err || err->kind != ERROR_UNKNOWN || strcmp(err->value, T("%s=#", name));
    error_free(err);
    config_fini(&c);
    return known;
}

static void names_that_clients_are_told_are_read(void)
{
    for (const struct option_names *o = option_names; o->option; o++) {
        const char *option = option_of(o->option);
        char names[400], *rest = names;
        bool later = false;

        for (unsigned i = 0; i < sizeof(read_later) / sizeof(read_later[0]); i++)
            later |= !strcmp(read_later[i], option);
        CHECK(strlen(o->names) < sizeof(names));
        strcpy(names, o->names);
        for (char *name; *names && !later && (name = strsep(&rest, " "));) {
            name[strcspn(name, ":")] = '\0';
            if (!knows(option, name))
                printf("# -%s %s\n", option, name);
            CHECK(knows(option, name));
        }
        /* nosuch=# is another form of -global, and -m wants its size first */
        if (!*o->names || later || !strcmp(option, "global") || !strcmp(option, "m"))
            continue;
        if (knows(option, "nosuch"))
            printf("# -%s nosuch\n", option);
        CHECK(!knows(option, "nosuch"));
    }
}

static bool option_is_here(const char *name)
{
    for (const struct option *o = options; o->names; o++) {
        char **names = g_strsplit(o->names, "|", -1);
        bool here = g_strv_contains((const char *const *)names, name);

        g_strfreev(names);
        if (here)
            return true;
    }
    return false;
}

/* tests/facts/cli/options.tsv: the name, and "done" or what it waits for. */
static void what_is_done_and_what_waits_is_written_down(void)
{
    char **lines = facts_lines("cli/options.tsv");
    unsigned done = 0, here = 0;

    for (char **line = lines; *line; line++) {
        char **columns = g_strsplit(*line, "\t", -1);
        bool is_done = g_strv_length(columns) == 2 && !strcmp(columns[1], "done");

        CHECK(g_strv_length(columns) == 2 && (is_done || g_str_has_prefix(columns[1], "waits: ")));
        if (is_done != option_is_here(columns[0]))
            printf("# -%s: %s\n", columns[0], columns[1]);
        CHECK_EQ(is_done, option_is_here(columns[0]));
        done += is_done;
        g_strfreev(columns);
    }
    for (const struct option *o = options; o->names; o++) {
        here++;
        for (const char *bar = o->names; (bar = strchr(bar, '|')); bar++)
            here++;
    }
    printf("# %u of %u options are done\n", done, g_strv_length(lines));
    CHECK_EQ(here, done);               /* we have none that the reference has not */
    g_strfreev(lines);
}

/* tests/facts/cli/arguments.tsv: what the reference tells of an option; NULL: nothing. */
static char **told_by_reference(char **lines, const char *option)
{
    for (char **line = lines; *line; line++) {
        const char *tab = strchr(*line, '\t');

        if (tab && !strncmp(*line, option, tab - *line) && !option[tab - *line])
            return g_strsplit(tab + 1, " ", -1);
    }
    return NULL;
}

/* Each name of ours is theirs, of the same type, in their order; what is theirs only is known to differ. */
static void what_clients_are_told_is_what_the_reference_tells(void)
{
    char **lines = facts_lines("cli/arguments.tsv");

    for (const struct option_names *o = option_names; o->option; o++) {
        char **ours = g_strsplit(o->names, " ", -1), **theirs = told_by_reference(lines, o->option), **next = ours;

        CHECK(theirs);
        for (char **t = theirs; *t; t++) {
            if (*next && !strcmp(*next, *t)) {
                next++;
                continue;
            }
            if (!differs_knowingly("argument", T("-%s %s", o->option, *t)))
                printf("# -%s: %s is the reference's\n", o->option, *t);
            CHECK(differs_knowingly("argument", T("-%s %s", o->option, *t)));
        }
        if (*next)
            printf("# -%s: %s is ours\n", o->option, *next);
        CHECK(!*next);
        g_strfreev(ours);
        g_strfreev(theirs);
    }
    g_strfreev(lines);
}

/* An option that the reference tells of, and that is here, is told. */
static void no_option_that_is_here_is_left_out(void)
{
    char **lines = facts_lines("cli/arguments.tsv");

    for (char **line = lines; *line; line++) {
        char *name = g_strndup(*line, strcspn(*line, "\t"));
        bool told = false;

        for (const struct option_names *o = option_names; o->option; o++)
            told |= !strcmp(o->option, name);
        if (*name && told != option_is_here(option_of(name)))
            printf("# %s\n", name);
        CHECK(!*name || told == option_is_here(option_of(name)));
        g_free(name);
    }
    g_strfreev(lines);
}

static void differences_are_those_that_were_found(void)
{
    CHECK(differences_are_needed("argument"));
}

int main(void)
{
    TEST(names_that_clients_are_told_are_read);
    TEST(what_is_done_and_what_waits_is_written_down);
    TEST(what_clients_are_told_is_what_the_reference_tells);
    TEST(no_option_that_is_here_is_left_out);
    TEST(differences_are_those_that_were_found);
    return test_end();
}
