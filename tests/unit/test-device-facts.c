/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device.h"

/*
 * Types and properties of devices, compared with what the reference lists (tests/facts/devices)
 *
 * Each property of a type that either has must be the other's too, with the same type and the same default.  Where
 * the reference lists no default, what a realized device of it has is compared; where it has neither (a value that a
 * board sets), only a string of ours must not be set.  An enumeration must have the same values.  What the listing of
 * the reference has of the tree (child<>, link<>) is not a property here.
 *
 * Invariant: what differs stands in tests/facts/differences.tsv with its reason, and what stands there differs.
 */

#include "tests/test.h"
#include "tests/unit/facts.h"

enum { PROPS = 96 };

struct fact { char name[64], type[32], how, value[64]; };
struct facts { unsigned n; struct fact prop[PROPS]; };

static const struct type *type;
static struct facts facts;
static unsigned wrong;

/* The entry is of this type, or of one that it is derived from: "pci-device.addr". */
static bool is_known_to_differ(const char *prop, const char *kind)
{
    const struct type *t = type;

    while (t) {
        if (differs_knowingly(kind, T("%s.%s", t->name, prop)))
            return true;
        t = t->parent ? type_find(t->parent) : NULL;
    }
    return false;
}

/* The line of a table that begins with that word, without it; owned.  NULL: none. */
static char *line_of(const char *table, const char *word)
{
    char **lines = facts_lines(T("devices/%s", table)), *found = NULL;
    size_t n = strlen(word);

    for (char **l = lines; *l && !found; l++)
        if (!strncmp(*l, word, n) && ((*l)[n] == '\t' || !(*l)[n]))
            found = strdup(*l + n);
    g_strfreev(lines);
    return found;
}

static const struct fact *fact_find(const struct facts *facts, const char *name)
{
    for (const struct fact *f = facts->prop; f < facts->prop + facts->n; f++)
        if (!strcmp(f->name, name))
            return f;
    return NULL;
}

/* "name type", "name type =default", "name type ~value" */
static void fact_add(struct facts *facts, const char *cell)
{
    struct fact f = {};

    CHECK(sscanf(cell, "%63s %31s %c%63[^\n]", f.name, f.type, &f.how, f.value) >= 2 && facts->n < PROPS);
    if (!fact_find(facts, f.name))
        facts->prop[facts->n++] = f;
}

/* false: there is no such type. */
static bool facts_read(const char *type, struct facts *facts)
{
    char *line = line_of("properties.tsv", type), *rest = line;
    bool pci = false;

    if (!line)
        return false;
    for (char *cell; (cell = strsep(&rest, "\t"));)
        if (!strcmp(cell, "@"))
            pci = true;
        else if (*cell)
            fact_add(facts, cell);
    free(line);
    return !pci || facts_read("pci-device", facts);
}

/* As the reference shows it. */
static struct text default_text(const struct prop *p, unsigned version)
{
    uint64_t def = prop_default(p, version);

    switch (p->kind) {
    case PROP_BOOL:
        return text("%s", def ? "true" : "false");
    case PROP_STRING:
        return text("%s", p->def_string ? p->def_string : "");
    case PROP_ENUM:
        return text("%s", p->names[def]);
    case PROP_INT:
        return text("%" PRId64, (int64_t)def);
    default:
        return text("%" PRIu64, def);
    }
}

/* An enumeration is "str" with us, and has the values of theirs. */
static bool enum_is_right(const struct prop *p, const char *theirs)
{
    char *line = line_of("enums.tsv", theirs), *rest = line;
    unsigned n = 0;
    bool same = line != NULL;

    for (char *value; (value = strsep(&rest, "\t"));)
        if (*value)
            same &= p->names[n] && !strcmp(p->names[n++], value);
    free(line);
    return same && !p->names[n];
}

static bool type_is_right(const struct prop *p, const struct fact *f)
{
    return p->kind == PROP_ENUM ? enum_is_right(p, f->type) : !strcmp(prop_type_name(p), f->type);
}

static bool default_is_right(const struct prop *p, const struct fact *f)
{
    return !f->how ? p->kind != PROP_STRING || !p->def_string : !strcmp(default_text(p, 702).s, f->value);
}

static void differs(const char *prop, const char *kind, const char *ours, const char *theirs)
{
    if (is_known_to_differ(prop, kind))
        return;
    printf("# %s.%s: %s; the reference: %s\n", type->name, prop, ours, theirs);
    wrong++;
}

static void prop_compare(const struct prop *p, void *opaque)
{
    const struct fact *f = fact_find(&facts, p->name);

    if (!f) {
        differs(p->name, "property", "ours", "has none of that name");
        return;
    }
    if (!type_is_right(p, f))
        differs(p->name, "property-type", p->kind == PROP_ENUM ? "these values" : prop_type_name(p), f->type);
    if (!default_is_right(p, f))
        differs(p->name, "property-default", T("default \"%s\"", default_text(p, 702).s), T("\"%s\"", f->value));
}

static void properties_are_the_references(void)
{
    bool known;

    facts.n = wrong = 0;
    known = facts_read(type->name, &facts);
    if (!known)
        printf("# %s is not in tests/facts/devices/properties.tsv\n", type->name);
    CHECK(known);
    type_props_each(type, prop_compare, NULL);
    for (const struct fact *f = facts.prop; f < facts.prop + facts.n; f++)
        if (!type_prop_find(type, f->name))
            differs(f->name, "property", "not here", T("%s %c%s", f->type, f->how ? f->how : ' ', f->value));
    CHECK_EQ(wrong, 0);
}

/* Its parent, and whether it is abstract. */
static void types_descend_as_the_references_do(void)
{
    bool same = true;

    TYPE_FOR_EACH(at) {
        const struct type *t = *at;
        char *theirs = line_of("types.tsv", t->name);
        struct text ours = text("%s %s", t->parent ? t->parent : "-", t->abstract ? "abstract" : "-");

        if (theirs && !strcmp(g_strdelimit(g_strchug(theirs), "\t", ' '), ours.s)) {
            free(theirs);
            continue;
        }
        if (!differs_knowingly("type-parent", t->name)) {
            printf("# type-parent: %s: %s, the reference: %s\n", t->name, ours.s, theirs ? theirs : "no such type");
            same = false;
        }
        free(theirs);
    }
    CHECK(same);
}

/* A type that is not compared is none of the reference's: "listed but present", else. */
static void types_of_ours_alone_are_not_the_references(void)
{
    TYPE_FOR_EACH(t)
        if (differs_knowingly("type", (*t)->name)) {
            facts.n = 0;
            CHECK(!facts_read((*t)->name, &facts));
        }
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("type type-parent property property-type property-default"));
}

/* What has no instances stands between: its name is nobody's -device. */
static void a_type_with_instances_has_room_for_one(void)
{
    bool right = true;

    TYPE_FOR_EACH(t)
        if (type_is(*t, "device") && !(*t)->abstract && (*t)->size < sizeof(struct device)) {
            printf("# %s has no room for a device, and is not abstract\n", (*t)->name);
            right = false;
        }
    CHECK(right);
}

int main(void)
{
    TEST(a_type_with_instances_has_room_for_one);
    TYPE_FOR_EACH(t) {
        type = *t;
        if (!type->abstract && type_is(type, "device") && !differs_knowingly("type", type->name))
            test_run(type->name, properties_are_the_references);
    }
    TEST(types_descend_as_the_references_do);
    TEST(types_of_ours_alone_are_not_the_references);
    TEST(every_difference_is_still_one);
    return test_end();
}
