/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The device reference: what the tables of all device types say, as Markdown
 *
 *     device-reference FOLDER
 *
 * writes FOLDER/devices.md, a list of all types, and a page for each bus in FOLDER/devices.  A type's section has what
 * the type itself adds; its parent's section has the rest.  What no table says (what a register's function does) is
 * not here.  ./dev docs runs it, and test_docs.py says when the pages are not what it writes.
 *
 * Invariant: the text is a function of the tables.  Types and properties are in the order of their names, registers of
 * their offsets.
 */

#include "core/device.h"
#include "hw/pci/pci.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEAD "<!-- SPDX-License-Identifier: Apache-2.0 -->\n<!-- Written by ./dev docs -->\n"

enum { TYPES = 512, LINES = 256, VERSION = 702 };

/* As it is read: what Markdown would take for itself is marked. */
static void words(const char *text)
{
    for (; text && *text; text++) {
        if (strchr("|<*[\\", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void cell_hex(uint64_t val, bool shown)
{
    if (shown)
        printf(" %#" PRIx64 " |", val);
    else
        printf(" |");
}

static void range(const struct prop *p)
{
    if (p->kind == PROP_ENUM)
        for (unsigned i = 0; p->names[i]; i++)
            printf(" `%s`%s", p->names[i], p->names[i + 1] ? "," : "");
    else if ((p->kind == PROP_INT || p->of_number) && (p->min || p->max))
        printf(" %" PRId64 " to %" PRId64, (int64_t)p->min, (int64_t)p->max);
    else if (p->max)
        printf(" %" PRIu64 " to %" PRIu64, p->min, p->max);
    else if (p->min)
        printf(" from %" PRIu64, p->min);
    printf(" |");
}

static void prop_value(const struct prop *p, uint64_t val)
{
    if (p->kind == PROP_ENUM)
        printf("`%s`", p->names[val]);
    else if (p->kind == PROP_BOOL)
        printf("%s", val ? "on" : "off");
    else if (p->kind == PROP_INT)
        printf("%" PRId64, (int64_t)val);
    else if (val > 9)
        printf("%" PRIu64 " (%#" PRIx64 ")", val, val);
    else
        printf("%" PRIu64, val);
}

static void prop_line(const struct prop *p)
{
    printf("| `%s` | %s | ", p->name, prop_type_name(p));
    if (p->kind != PROP_STRING)
        prop_value(p, prop_default(p, VERSION));
    else if (p->def_string)
        printf("`%s`", p->def_string);
    for (const struct prop_was *w = p->was; w && w->before; w++) {
        printf(", before %u.%u: ", w->before / 100, w->before % 100);
        prop_value(p, w->def);
    }
    printf(" |");
    range(p);
    printf(" ");
    words(p->doc);
    printf("%s |\n", p->set ? "; may change at any time" : "");
}

static int prop_order(const void *a, const void *b)
{
    return strcmp((*(const struct prop *const *)a)->name, (*(const struct prop *const *)b)->name);
}

static void props(const struct type *t)
{
    const struct prop *line[LINES];
    unsigned n = 0;

    for (const struct prop *p = t->props; p && p->name; p++) {
        assert(n < LINES);
        line[n++] = p;
    }
    if (!n)
        return;
    qsort(line, n, sizeof(line[0]), prop_order);
    printf("\n| property | type | default | values | |\n|---|---|---|---|---|\n");
    for (unsigned i = 0; i < n; i++)
        prop_line(line[i]);
}

/* config: lines without a member, whose reset value counts all the same. */
static void reg_line(const struct reg *r, bool config)
{
    unsigned stride = r->stride ? r->stride : r->width;

    if (r->count)
        printf("| %#x + %un | %u | `%s` 0 to %u |", r->at, stride, r->width, r->name, r->count - 1);
    else
        printf("| %#x | %u | `%s` |", r->at, r->width, r->name);
    cell_hex(r->reset, r->size || config);
    if (!r->wmask && r->write)
        printf(" by its function |");
    else
        cell_hex(r->wmask, r->wmask);
    cell_hex(r->w1c, r->w1c);
    cell_hex(r->rclear, r->rclear);
    printf(" ");
    words(r->doc);
    printf(" |\n");
}

static int reg_order(const void *a, const void *b)
{
    uint32_t x = (*(const struct reg *const *)a)->at, y = (*(const struct reg *const *)b)->at;

    return (x > y) - (x < y);
}

static void registers(const struct reg *regs, bool config)
{
    const struct reg *line[LINES];
    unsigned n = 0;

    for (const struct reg *r = regs; r && r->name; r++) {
        assert(n < LINES);
        line[n++] = r;
    }
    if (!n)
        return;
    qsort(line, n, sizeof(line[0]), reg_order);
    printf("\n| offset | bytes | register | reset | writable | 1 clears | read clears | |\n"
           "|---|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < n; i++)
        reg_line(line[i], config);
}

static const char *answered_by(const struct region_type *r)
{
    return r->regs ? "" : r->route ? "; a window on other devices" : "; answered by a function";
}

static void region(const struct region_type *r)
{
    printf("\nRegion `%s`: %u byte%s of %s, accesses of %u", r->name, r->size, r->size == 1 ? "" : "s",
           r->ports ? "ports" : "memory", r->min);
    if (r->max > r->min)
        printf(" to %u", r->max);
    printf(" byte%s%s%s.\n", r->max == 1 ? "" : "s", r->aligned ? ", aligned" : "", answered_by(r));
    registers(r->regs, false);
}

static void function(const struct pci_type *p)
{
    printf("\nPCI function %04x:%04x, class %06x, revision %u", p->vendor, p->device, p->class, p->revision);
    if (p->pin)
        printf(", interrupt pin %c", 'A' + p->pin - 1);
    if (p->romfile)
        printf(", ROM `%s`", p->romfile);
    printf(", %u bytes of configuration space.\n", p->express ? PCIE_CONFIG : PCI_CONFIG);
    for (const struct pci_bar *b = p->bars; b && b->size; b++)
        printf("%s* BAR %u: region `%s`, %" PRIu64 " bytes of %s%s%s\n", b == p->bars ? "\n" : "", b->index,
               p->dev.regions[b->region].name, b->size, b->io ? "ports" : "memory", b->prefetch ? ", prefetchable" : "",
               b->wide ? ", 64 bits" : "");
    if (p->config && p->config->name)
        printf("\nIts own registers in configuration space:\n");
    registers(p->config, true);
}

/* The bus that a type is for: its own, or the one that all which are derived from it have; NULL: none. */
static const char *bus_of(const struct type *t)
{
    const char *bus = device_type_of(t)->bus;

    TYPE_FOR_EACH(derived) {
        const struct type *d = *derived;

        if (!t->abstract || d->abstract || !type_is(d, t->name))
            continue;
        if (!device_type_of(d)->bus || (bus && strcmp(bus, device_type_of(d)->bus)))
            return NULL;
        bus = device_type_of(d)->bus;
    }
    return bus;
}

/* The page's name, and the anchor's: small letters. */
static struct text small(const char *name)
{
    struct text t = text("%s", name);

    for (char *c = t.s; *c; c++)
        *c = tolower((unsigned char)*c);
    return t;
}

static struct text page_of(const struct type *t)
{
    return small(bus_of(t) ? bus_of(t) : "system");
}

static void parent(const struct type *t)
{
    const struct type *p = type_find(t->parent);

    if (type_is(p, "device"))
        printf("; derived from [%s](%s.md#%s)", p->name, page_of(p).s, small(p->name).s);
    else
        printf("; derived from %s", t->parent);
}

static void migration(const struct section *s)
{
    if (s == &no_state) {
        printf("; nothing to migrate");
        return;
    }
    if (!s)
        printf("; cannot be migrated");
    for (const char *and = "; section"; s; s = s->also, and = " and") {
        printf("%s `%s` version %u", and, s->name, s->version);
        if (s->min_version < s->version)
            printf(" (loads from %u)", s->min_version);
    }
}

static const char *kind(const struct type *t)
{
    return t->abstract ? "Abstract" : t->internal ? "Made by the machine" : "For `-device`";
}

static void device(const struct device_type *d)
{
    const struct type *t = &d->type;

    printf("\n## %s\n\n", t->name);
    words(t->doc);
    printf(".\n\n%s", kind(t));
    parent(t);
    if (d->bus)
        printf("; bus %s", d->bus);
    if (!t->abstract)
        migration(t->state);
    printf(".\n");
    props(t);
    if (!t->abstract && type_is(t, "pci-device"))
        function((const struct pci_type *)d);
    for (const struct region_type *r = d->regions; r && r->name; r++)
        if (strcmp(r->name, "pci-config"))
            region(r);
}

static int type_order(const void *a, const void *b)
{
    return strcmp((*(const struct type *const *)a)->name, (*(const struct type *const *)b)->name);
}

struct types { const struct type *type[TYPES]; unsigned n; };

static void page(const struct types *all, const char *name)
{
    printf(HEAD "# Devices: %s\n\n"
           "What the tables of these types say; [devices.md](../devices.md) lists all types. A type has the properties "
           "of its\nparents too. Reset values and masks are those of the tables: what a register's function does "
           "beyond them is in the\ndevice's source.\n", name);
    for (unsigned i = 0; i < all->n; i++)
        if (!strcmp(page_of(all->type[i]).s, name))
            device(device_type_of(all->type[i]));
}

static void list(const struct types *all)
{
    printf(HEAD "# Devices\n\n"
           "Every device type: what a user can choose, what a guest sees, what migrates. These pages are written by "
           "`./dev docs`\nfrom the tables that the program works with. \"Board\": the machine makes it.\n\n"
           "| type | | bus | |\n|---|---|---|---|\n");
    for (unsigned i = 0; i < all->n; i++) {
        const struct type *t = all->type[i];

        printf("| [%s](devices/%s.md#%s) | ", t->name, page_of(t).s, small(t->name).s);
        words(t->doc);
        printf(" | %s | %s |\n", device_type_of(t)->bus ? device_type_of(t)->bus : "",
               t->abstract ? "abstract" : t->internal ? "board" : "");
    }
}

/* What is printed next goes there. */
static bool begin(struct text path)
{
    if (freopen(path.s, "w", stdout))
        return true;
    fprintf(stderr, "%s: %s\n", path.s, strerror(errno));
    return false;
}

int main(int argc, char **argv)
{
    struct types all = { .n = 0 };

    if (argc != 2) {
        fprintf(stderr, "usage: device-reference FOLDER\n");
        return 2;
    }
    TYPE_FOR_EACH(t)
        if (type_is(*t, "device")) {
            assert(all.n < TYPES);
            all.type[all.n++] = *t;
        }
    qsort(all.type, all.n, sizeof(all.type[0]), type_order);
    if (!begin(text("%s/devices.md", argv[1])))
        return 1;
    list(&all);
    mkdir(text("%s/devices", argv[1]).s, 0777);
    for (unsigned i = 0; i < all.n; i++) {
        struct text name = page_of(all.type[i]);
        unsigned first = 0;

        while (strcmp(page_of(all.type[first]).s, name.s))
            first++;
        if (first < i)
            continue;                   /* the page is there already */
        if (!begin(text("%s/devices/%s.md", argv[1], name.s)))
            return 1;
        page(&all, name.s);
    }
    return fflush(stdout) || ferror(stdout);
}
