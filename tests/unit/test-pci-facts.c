/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * Configuration space of the chipsets' functions, compared with what was observed of the reference
 * (tests/facts/pci/chipset.tsv): every byte after power-on, every bit that can be written; and where each pin of
 * each slot goes (routing.tsv)
 */

#include "hw/intc/gsi.h"
#include "hw/isa/ich9-lpc.h"
#include "hw/isa/piix3.h"
#include "tests/unit/pin-function.h"

static struct pci_bench p;

enum { WORDS = PCI_CONFIG / 4 };
struct facts { uint32_t reset[WORDS], writable[WORDS]; };

static const struct exception { const char *machine, *function; unsigned at; const char *why; } exceptions[] = {
    { "q35", "00.0", 0x50, "writing the size of TSEG asks for it, and only then it changes" },
    { "q35", "00.0", 0x60, "it was read through the window that bit 0 opens" },
    { "q35", "1f.0", 0x80, "which serial and parallel ports exist" },
};

static bool excepted(const char *machine, const char *function, unsigned at)
{
    for (unsigned i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
        if (!strcmp(exceptions[i].machine, machine) && !strcmp(exceptions[i].function, function) &&
            exceptions[i].at == at)
            return true;
    return false;
}

static struct facts facts_of(const char *machine, const char *function)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/facts/pci/chipset.tsv", "r");
    struct facts facts = {};
    char line[200], m[8], fn[8], what[16];
    unsigned n = 0, at, val;

    CHECK(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "%7s %7s %15s %x %x", m, fn, what, &at, &val) != 5 || strcmp(m, machine) ||
            strcmp(fn, function) || at >= PCI_CONFIG)
            continue;
        if (!strcmp(what, "reset"))
            facts.reset[at / 4] |= val << at % 4 * 8;
        else
            facts.writable[at / 4] = val;
        n++;
    }
    fclose(f);
    CHECK(n > 50);
    return facts;
}

static uint32_t writable(unsigned slot, unsigned at)
{
    uint32_t before = pci_in(&p, slot, 0, at, 4), ones, zeros;

    pci_out(&p, slot, 0, at, 4, UINT32_MAX);
    ones = pci_in(&p, slot, 0, at, 4);
    pci_out(&p, slot, 0, at, 4, 0);
    zeros = pci_in(&p, slot, 0, at, 4);
    pci_out(&p, slot, 0, at, 4, before);
    return ones & ~zeros;
}

static void compare(const char *machine, const char *function, unsigned slot)
{
    struct facts facts = facts_of(machine, function);
    bool same = true;

    for (unsigned at = 0; at < PCI_CONFIG; at += 4) {
        uint32_t reset = pci_in(&p, slot, 0, at, 4), mask = writable(slot, at);

        if ((reset == facts.reset[at / 4] && mask == facts.writable[at / 4]) || excepted(machine, function, at))
            continue;
        printf("# %s %s at %#x: %#x, writable %#x; the reference: %#x, writable %#x\n", machine, function, at, reset,
               mask, facts.reset[at / 4], facts.writable[at / 4]);
        same = false;
    }
    CHECK(same);
}

static void bridge_new(const char *type, const char *addr, void (*set_gsi)(struct device *, const struct irq_sink *))
{
    struct device *dev = device_new(p.b.m, device_type_find(type));

    set_gsi(dev, &p.b.sink);
    CHECK(!device_set(dev, "addr", addr, NULL) && !device_set(dev, "multifunction", "on", NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
}

static void mch_is_as_in_the_reference(void)
{
    pci_bench_init(&p);
    compare("q35", "00.0", 0);
    pci_bench_fini(&p);
}

static void ich9_lpc_is_as_in_the_reference(void)
{
    pci_bench_init(&p);
    bridge_new("ICH9-LPC", "1f.0", ich9_lpc_set_gsi);
    compare("q35", "1f.0", 0x1f);
    pci_bench_fini(&p);
}

static void i440fx_is_as_in_the_reference(void)
{
    pci_bench_memory_init(&p);
    p.ram_bytes = 512ull << 20;
    pci_bench_bridges_init(&p, "i440FX-pcihost", "i440FX", i440fx_set_host);
    compare("pc", "00.0", 0);
    pci_bench_fini(&p);
}

static void piix3_is_as_in_the_reference(void)
{
    pci_bench_init_i440fx(&p);
    bridge_new("PIIX3", "1.0", piix3_set_gsi);
    compare("pc", "01.0", 1);
    pci_bench_fini(&p);
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

int main(void)
{
    epoch_thread_init();
    TEST(mch_is_as_in_the_reference);
    TEST(ich9_lpc_is_as_in_the_reference);
    TEST(i440fx_is_as_in_the_reference);
    TEST(piix3_is_as_in_the_reference);
    TEST(every_pin_goes_where_the_reference_says);
    epoch_thread_fini();
    return test_end();
}
