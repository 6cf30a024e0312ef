/* SPDX-License-Identifier: Apache-2.0 */
#include "core/device.h"

/*
 * Properties of device types, compared with what the reference lists (tests/facts/devices)
 *
 * Each property of a type that either has must be the other's too, with the same type and the same default.  Where
 * the reference lists no default, what a realized device of it has is compared; where it has neither (a value that a
 * board sets), only a string of ours must not be set.  An enumeration must have the same values.  What the listing of
 * the reference has of the tree (child<>, link<>) is not a property here.
 *
 * Invariant: what differs stands in one of the two lists below with its reason, and what stands there differs.
 */

#include "tests/test.h"

#include <glib.h>

enum { PROPS = 96 };
enum { MISSING, EXTRA, OTHER_TYPE, OTHER_DEFAULT };

/* Types of ours whose properties are not in the facts. */
static struct { const char *type, *why; unsigned seen; } not_compared[] = {
    { "gsi-router", "a part of the board with the reference" },
    { "acpi-files", "a part of the board with the reference" },
    { "max-x86_64-cpu", "its features are those of -cpu, which test-cpu-model compares" },
    { "qemu64-x86_64-cpu", "its features are those of -cpu, which test-cpu-model compares" },
};

/* Properties that differ, in a type and those derived from it. */
static struct { const char *type, *prop; int what; const char *why; unsigned seen; } differing[] = {
    { "pci-device", "addr", OTHER_DEFAULT, "the text \"1f.0\", or not set, where the reference has a number, or -1" },
    { "pci-device", "acpi-index", MISSING, "the number by which guests name a NIC comes with NICs" },
    { "pci-device", "failover_pair_id", MISSING, "comes with the failover of NICs" },
    { "pci-device", "x-pcie-extcap-init", MISSING, "comes with PCI Express capabilities" },
    { "pci-device", "x-pcie-lnksta-dllla", MISSING, "comes with PCI Express capabilities" },
    { "VGA", "romfile", OTHER_DEFAULT, "the type names its ROM's file, which the property replaces if it is set" },
    { "VGA", "big-endian-framebuffer", MISSING, "only the guest chooses the order, with a register" },
    { "secondary-vga", "big-endian-framebuffer", MISSING, "only the guest chooses the order, with a register" },
    { "ICH9-LPC", "acpi-pci-hotplug-with-bridge-support", MISSING, "comes with hot-plug behind bridges" },
    { "ICH9-LPC", "x-keep-pci-slot-hpc", MISSING, "comes with hot-plug behind bridges" },
    { "ICH9-LPC", "memory-hotplug-support", MISSING, "comes with memory hot-plug; its section is always sent" },
    { "ICH9-LPC", "cpu-hotplug-legacy", MISSING, "what the guest chose, read only; comes with CPU hot-plug" },
    { "ICH9-LPC", "x-smi-negotiated-features", MISSING, "what the guest chose, read only" },
    { "ICH9-LPC", "acpi_enable_cmd", MISSING, "a constant, read only" },
    { "ICH9-LPC", "acpi_disable_cmd", MISSING, "a constant, read only" },
    { "ICH9-LPC", "gpe0_blk", MISSING, "an address for the ACPI tables, read only" },
    { "ICH9-LPC", "gpe0_blk_len", MISSING, "a constant, read only" },
    { "ICH9-LPC", "pm_io_base", MISSING, "an address for the ACPI tables, read only" },
    { "ICH9-LPC", "sci_int", MISSING, "a line for the ACPI tables, read only" },
    { "q35-pcihost", "MCFG", MISSING, "firmware places the window" },
    { "q35-pcihost", "mcfg_size", MISSING, "a size for the ACPI tables, read only" },
    { "q35-pcihost", "above-4g-mem-size", MISSING, "the board's to say, not a user's" },
    { "q35-pcihost", "below-4g-mem-size", MISSING, "the board's to say, not a user's" },
    { "q35-pcihost", "x-pci-hole64-fix", MISSING, "for machine types that are not here" },
    { "q35-pcihost", "short_root_bus", MISSING, "for machine types that are not here" },
    { "q35-pcihost", "x-config-reg-migration-enabled", MISSING, "for machine types that are not here" },
    { "q35-pcihost", "bypass-iommu", MISSING, "comes with an IOMMU" },
    { "q35-pcihost", "pci-hole-start", MISSING, "an address for the ACPI tables, read only" },
    { "q35-pcihost", "pci-hole-end", MISSING, "an address for the ACPI tables, read only" },
    { "q35-pcihost", "pci-hole64-start", MISSING, "an address for the ACPI tables, read only" },
    { "q35-pcihost", "pci-hole64-end", MISSING, "an address for the ACPI tables, read only" },
    { "i440FX-pcihost", "x-pci-hole64-fix", MISSING, "for machine types that are not here" },
    { "i440FX-pcihost", "short_root_bus", MISSING, "for machine types that are not here" },
    { "i440FX-pcihost", "x-config-reg-migration-enabled", MISSING, "for machine types that are not here" },
    { "i440FX-pcihost", "bypass-iommu", MISSING, "comes with an IOMMU" },
    { "i440FX-pcihost", "pci-hole-start", MISSING, "an address for the ACPI tables, read only" },
    { "i440FX-pcihost", "pci-hole-end", MISSING, "an address for the ACPI tables, read only" },
    { "i440FX-pcihost", "pci-hole64-start", MISSING, "an address for the ACPI tables, read only" },
    { "i440FX-pcihost", "pci-hole64-end", MISSING, "an address for the ACPI tables, read only" },
};
enum { TYPES = sizeof(not_compared) / sizeof(not_compared[0]), DIFFERING = sizeof(differing) / sizeof(differing[0]) };

struct fact { char name[64], type[32], how, value[64]; };
struct facts { unsigned n; struct fact prop[PROPS]; };

static const struct type *type;
static struct facts facts;
static unsigned wrong;

static bool is_known_to_differ(const char *prop, int what)
{
    for (unsigned i = 0; i < DIFFERING; i++)
        if (type_is(type, differing[i].type) && !strcmp(differing[i].prop, prop) && differing[i].what == what) {
            differing[i].seen++;
            return true;
        }
    return false;
}

/* The line of a table that begins with that word, without it; owned.  NULL: none. */
static char *line_of(const char *table, const char *word)
{
    FILE *f = fopen(T(TEST_SOURCE_DIR "/tests/facts/devices/%s", table), "r");
    char line[8192], *found = NULL;

    CHECK(f);
    while (!found && fgets(line, sizeof(line), f)) {
        size_t n = strcspn(line, "\t\n");

        if (n == strlen(word) && !strncmp(line, word, n))
            found = strdup(g_strchomp(line + n));
    }
    fclose(f);
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

static void differs(const char *prop, int what, const char *ours, const char *theirs)
{
    if (is_known_to_differ(prop, what))
        return;
    printf("# %s.%s: %s; the reference: %s\n", type->name, prop, ours, theirs);
    wrong++;
}

static void prop_compare(const struct prop *p, void *opaque)
{
    const struct fact *f = fact_find(&facts, p->name);

    if (!f) {
        differs(p->name, EXTRA, "ours", "has none of that name");
        return;
    }
    if (!type_is_right(p, f))
        differs(p->name, OTHER_TYPE, p->kind == PROP_ENUM ? "these values" : prop_type_name(p), f->type);
    if (!default_is_right(p, f))
        differs(p->name, OTHER_DEFAULT, T("default \"%s\"", default_text(p, 702).s), T("\"%s\"", f->value));
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
            differs(f->name, MISSING, "not here", T("%s %c%s", f->type, f->how ? f->how : ' ', f->value));
    CHECK_EQ(wrong, 0);
}

static bool is_not_compared(const char *name)
{
    for (unsigned i = 0; i < TYPES; i++)
        if (!strcmp(not_compared[i].type, name)) {
            not_compared[i].seen++;
            return true;
        }
    return false;
}

/* What stands in a list without need would hide the next difference of that name. */
static void both_lists_are_needed(void)
{
    for (unsigned i = 0; i < TYPES; i++) {
        facts.n = 0;
        CHECK(!facts_read(not_compared[i].type, &facts));
        CHECK_EQ(not_compared[i].seen, 1);
        printf("# %s is not compared: %s\n", not_compared[i].type, not_compared[i].why);
    }
    for (unsigned i = 0; i < DIFFERING; i++) {
        printf("# %s.%s: %s%s\n", differing[i].type, differing[i].prop, differing[i].why,
               differing[i].seen ? "" : " -- but it does not differ");
        CHECK(differing[i].seen);
    }
}

int main(void)
{
    TYPE_FOR_EACH(t) {
        type = *t;
        if (!type->abstract && type_is(type, "device") && !is_not_compared(type->name))
            test_run(type->name, properties_are_the_references);
    }
    TEST(both_lists_are_needed);
    return test_end();
}
