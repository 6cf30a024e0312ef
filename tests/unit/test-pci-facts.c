/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/program-bench.h"

/*
 * Configuration space of the functions of both machines, and of those that can be added, compared with what was
 * observed of the reference (tests/facts/pci/chipset.tsv): every byte after power-on, every bit that can be written,
 * and with them the BARs; and where each pin of each slot goes (routing.tsv)
 *
 * Functions that are not there, and registers that differ, stand in tests/facts/differences.tsv.
 */

#include "hw/intc/gsi.h"
#include "hw/isa/ich9-lpc.h"
#include "hw/isa/piix3.h"
#include "tests/unit/facts.h"
#include "tests/unit/pci-bench.h"
#include "tests/unit/pin-function.h"

static struct pci_bench p;

enum { WORDS = PCI_CONFIG / 4, PLACE = 0x10 };
struct facts { char machine[8], function[20]; unsigned rows; uint32_t reset[WORDS], writable[WORDS]; };

/* "reset 9d 2", "writable 40-9b ffffffff", "writable 9c ff002000" */
static void fact_add(struct facts *f, const char *row)
{
    unsigned at, last, val;
    char what[16];
    int n = 0;

    CHECK(sscanf(row, "%*s %*s %15s %x%n", what, &at, &n) == 2);
    last = row[n] == '-' ? strtoul(row + n + 1, NULL, 16) : at;
    val = strtoul(strrchr(row, '\t'), NULL, 16);
    CHECK(at <= last && last < PCI_CONFIG);
    f->rows++;
    if (*what == 'r')
        f->reset[at / 4] |= val << at % 4 * 8;
    else
        for (; at <= last; at += 4)
            f->writable[at / 4] = val;
}

static uint32_t writable(unsigned slot, unsigned fn, unsigned at)
{
    uint32_t before = config_in(slot, fn, at), ones, zeros;

    config_out(slot, fn, at, UINT32_MAX);
    ones = config_in(slot, fn, at);
    config_out(slot, fn, at, 0);
    zeros = config_in(slot, fn, at);
    config_out(slot, fn, at, before);
    return ones & ~zeros;
}

static bool compare(const struct facts *f, unsigned slot, unsigned fn)
{
    bool same = true;

    for (unsigned at = 0; at < PCI_CONFIG; at += 4) {
        uint32_t reset = config_in(slot, fn, at), mask = writable(slot, fn, at);

        if ((reset == f->reset[at / 4] && mask == f->writable[at / 4]) ||
            differs_knowingly("config", T("%s %s %02x", f->machine, f->function, at)))
            continue;
        printf("# %s %s at %#x: %#x, writable %#x; the reference: %#x, writable %#x\n", f->machine, f->function, at,
               reset, mask, f->reset[at / 4], f->writable[at / 4]);
        same = false;
    }
    return same;
}

/* By default, "1f.0": of a machine as it comes.  A type: added to a machine without anything else. */
static bool function_is_right(const struct facts *f)
{
    bool by_default = f->function[2] == '.', here, same;
    unsigned slot = PLACE, fn = 0;

    CHECK(f->rows > 10);
    if (by_default)
        CHECK(sscanf(f->function, "%x.%u", &slot, &fn) == 2);
    program_begin(by_default ? T("-M %s -m 512", f->machine)
                             : T("-M %s -m 512 -nodefaults -device %s,addr=%#x", f->machine, f->function, PLACE));
    here = (uint16_t)config_in(slot, fn, 0) != UINT16_MAX;
    same = here && compare(f, slot, fn);
    program_end();
    if (here == differs_knowingly("function", T("%s %s", f->machine, f->function))) {
        printf("# %s %s: %s\n", f->machine, f->function, here ? "listed but present" : "is missing");
        return false;
    }
    return same || !here;
}

static void functions_are_the_references(void)
{
    char **rows = facts_lines("pci/chipset.tsv");
    unsigned functions = 0, wrong = 0;

    for (char **row = rows; *row; functions++) {
        struct facts f = {};
        char **first = row;
        size_t same;

        CHECK(sscanf(*row, "%7s %19s", f.machine, f.function) == 2);
        same = strlen(f.machine) + 1 + strlen(f.function) + 1;
        for (; *row && !strncmp(*row, *first, same); row++)
            fact_add(&f, *row);
        wrong += !function_is_right(&f);
    }
    g_strfreev(rows);
    CHECK_EQ(wrong, 0);
    CHECK(functions > 20);
}

/* The other way round: what a machine has by default is one of the reference's functions. */
static void no_function_is_ours_alone(void)
{
    char **rows = facts_lines("pci/chipset.tsv");
    unsigned n = 0;

    for (unsigned pc = 0; pc < 2; pc++) {
        program_begin(pc ? "-M pc -m 512" : "-M q35 -m 512");
        for (unsigned devfn = 0; devfn < 256; devfn++) {
            char row[16];
            bool known = false;

            snprintf(row, sizeof(row), "%s\t%02x.%u\t", pc ? "pc" : "q35", devfn >> 3, devfn & 7);
            for (char **r = rows; *r && !known; r++)
                known = g_str_has_prefix(*r, row);
            if ((uint16_t)config_in(devfn >> 3, devfn & 7, 0) == UINT16_MAX)
                continue;
            if (!known)
                printf("# %s is not the reference's\n", row);
            CHECK(known);
            n++;
        }
        program_end();
    }
    g_strfreev(rows);
    CHECK(n >= 8);
}

static void bridge_new(const char *type, const char *addr, void (*set_gsi)(struct device *, const struct irq_sink *))
{
    struct device *dev = device_new(p.b.m, device_type_find(type));

    set_gsi(dev, &p.b.sink);
    CHECK(!device_set(dev, "addr", addr, NULL) && !device_set(dev, "multifunction", "on", NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
}

/* Asserts the pin of a function in that slot, alone; all PIRQs have a line of their own. */
static bool arrives(const char *machine, unsigned slot, unsigned pin, unsigned pirq)
{
    bool pc = !strcmp(machine, "pc");
    unsigned line = GSI_PIRQ + (pc ? 4 : 16) + pirq, lines = 0;

    if (pc)
        pci_bench_init_i440fx(&p);
    else
        pci_bench_init(&p);
    if (pc)
        bridge_new("PIIX3", "1.0", piix3_set_gsi);
    else
        bridge_new("ICH9-LPC", "1f.0", ich9_lpc_set_gsi);
    for (unsigned n = 0; pc && n < PIIX3_PIRQS; n++)
        pci_out(&p, 1, 0, PIIX3_PIRQRC_A + n, 1, 4 + n);
    pin_set(pin_new(p.b.m, slot, pin), true);
    for (unsigned n = 0; n < BENCH_LINES; n++)
        lines += p.b.lines->level[n];
    if (lines != 1 || !p.b.lines->level[line])
        printf("# %s, slot %x, pin %u: %u lines, PIRQ %u: %d\n", machine, slot, pin, lines, pirq,
               p.b.lines->level[line]);
    return lines == 1 && p.b.lines->level[line];
}

static void every_pin_goes_where_the_reference_says(void)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/pci/routing.tsv", "r");
    unsigned slot, pin, pirq, n = 0;
    char line[200], machine[8];
    bool good = true;

    CHECK(f);
    while (good && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%7s %x %u %u", machine, &slot, &pin, &pirq) != 4)
            continue;
        good = arrives(machine, slot, pin, pirq);
        pci_bench_fini(&p);
        n++;
    }
    fclose(f);
    CHECK(good);
    CHECK(n > 200);
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("function config"));
}

int main(void)
{
    epoch_thread_init();
    TEST(functions_are_the_references);
    TEST(no_function_is_ours_alone);
    TEST(every_pin_goes_where_the_reference_says);
    TEST(every_difference_is_still_one);
    epoch_thread_fini();
    return test_end();
}
