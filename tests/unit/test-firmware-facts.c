/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/program-bench.h"

/*
 * Whole machines after SeaBIOS has run on the software CPU, compared with what was observed of the reference
 * (tests/facts/pci/after-firmware.tsv, tests/facts/machine)
 *
 * Firmware gives addresses to BARs one after the other, so that those of functions that are not there move those of
 * others.  Not compared, therefore, is where a BAR lies, but that it lies on a multiple of its size between the bounds
 * that firmware has for it; its kind is.  Of the memory map, what BARs show is compared without its address.
 *
 * Invariant: what differs stands in tests/facts/differences.tsv with its reason, and what stands there differs.
 */

#include "hw/pci/pci.h"
#include "lib/bits.h"
#include "tests/unit/machine-views.h"

enum { CONFIGS = 8, BARS_END = PCI_BAR + 4 * PCI_BARS };
/* Where SeaBIOS puts BARs. */
#define MEMORY_FIRST 0xc0000000u
#define MEMORY_END 0xfec00000u
enum { PORTS_FIRST = 0xc000 };

/* As the facts call them: machine, memory and CPUs. */
static const struct { const char *machine, *name, *memory, *options; } configs[CONFIGS] = {
    { "q35", "512-1", "512", "-M q35 -m 512" }, { "q35", "512-4", "512", "-M q35 -m 512 -smp 4" },
    { "q35", "4G-1", "4G", "-M q35 -m 4G" },    { "q35", "4G-4", "4G", "-M q35 -m 4G -smp 4" },
    { "pc", "512-1", "512", "-M pc -m 512" },   { "pc", "512-4", "512", "-M pc -m 512 -smp 4" },
    { "pc", "4G-1", "4G", "-M pc -m 4G" },      { "pc", "4G-4", "4G", "-M pc -m 4G -smp 4" },
};
static unsigned at_config;

/* The reference's 256 bytes of a function; NULL: it is not in the facts.  Other memory and CPUs: else as with 512-1. */
static char *bytes_of(char **rows, const char *function)
{
    const char *machine = configs[at_config].machine, *names[] = { "512-1", configs[at_config].name };
    char *found = NULL;

    for (unsigned i = 0; i < 2; i++)
        for (char **row = rows; *row; row++) {
            char **cell = g_strsplit(*row, "\t", 4);

            if (!strcmp(cell[0], machine) && !strcmp(cell[1], names[i]) && !strcmp(cell[2], function)) {
                g_free(found);
                found = g_strdup(cell[3]);
            }
            g_strfreev(cell);
        }
    return found;
}

static uint32_t word_of(const char *hex, unsigned at)
{
    uint32_t val = 0;

    for (unsigned i = 0; i < 4; i++) {
        unsigned byte = 0;

        if (2 * (at + i) + 1 < strlen(hex))
            CHECK(sscanf(hex + 2 * (at + i), "%2x", &byte) == 1);
        val |= byte << 8 * i;
    }
    return val;
}

/* The bits of a BAR that are its address; 0: there is none. */
static uint32_t address_bits(unsigned slot, unsigned fn, unsigned at)
{
    uint32_t before = config_in(slot, fn, at), kind = at == PCI_ROM ? 0x7ff : before & 1 ? 3 : 15, mask;

    config_out(slot, fn, at, UINT32_MAX);
    mask = config_in(slot, fn, at) & ~kind;
    config_out(slot, fn, at, before);
    return mask;
}

static bool is_bar(unsigned at)
{
    return (at >= PCI_BAR && at < BARS_END) || at == PCI_ROM;
}

/* Of the same kind, and both or none of them somewhere: where SeaBIOS has room for it, if it may be another place. */
static bool bar_is_right(unsigned at, uint32_t ours, uint32_t theirs, uint32_t mask)
{
    bool io = at != PCI_ROM && theirs & 1;
    uint32_t place = ours & mask;

    if ((ours & ~mask) != (theirs & ~mask) || !place != !(theirs & mask))
        return false;
    return !place || (io ? place >= PORTS_FIRST && place <= UINT16_MAX : place >= MEMORY_FIRST && place < MEMORY_END);
}

static bool word_is_right(unsigned slot, unsigned fn, unsigned at, uint32_t ours, uint32_t theirs)
{
    return ours == theirs || (is_bar(at) && bar_is_right(at, ours, theirs, address_bits(slot, fn, at)));
}

static unsigned function_differs(const char *function, const char *hex)
{
    unsigned slot, fn, wrong = 0;

    CHECK(sscanf(function, "%x.%u", &slot, &fn) == 2);
    for (unsigned at = 0; at < 256; at += 4) {
        uint32_t ours = config_in(slot, fn, at), theirs = word_of(hex, at);

        if (word_is_right(slot, fn, at, ours, theirs) ||
            differs_knowingly("after-firmware", T("%s %s %02x", configs[at_config].machine, function, at)))
            continue;
        printf("# after-firmware: %s %s %02x: %08x, the reference: %08x (%s)\n", configs[at_config].machine, function,
               at, ours, theirs, configs[at_config].name);
        wrong++;
    }
    return wrong;
}

static void configuration_space_is_programmed_alike(void)
{
    char **rows = facts_lines("pci/after-firmware.tsv");
    unsigned n = 0, wrong = 0;

    for (unsigned devfn = 0; devfn < 256; devfn++) {
        char function[8], *hex;

        snprintf(function, sizeof(function), "%02x.%u", devfn >> 3, devfn & 7);
        hex = bytes_of(rows, function);
        if ((uint16_t)config_in(devfn >> 3, devfn & 7, 0) != UINT16_MAX) {
            CHECK(hex);
            wrong += function_differs(function, hex);
            n++;
        }
        g_free(hex);
    }
    g_strfreev(rows);
    CHECK_EQ(wrong, 0);
    CHECK(n >= 4);
}

/* "memory febd4000 febd417f 0 i/o edid" of what a BAR shows: as "memory BAR + 0 17f 0 i/o edid". */
static void bars_forget_their_places(GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++) {
        uint64_t first, last;
        char space[8], *line;
        int n = 0;

        if (sscanf(lines->pdata[i], "%7s %" SCNx64 " %" SCNx64 "%n", space, &first, &last, &n) != 3)
            continue;
        if (*space == 'm' ? first < MEMORY_FIRST || last >= MEMORY_END : first < PORTS_FIRST)
            continue;
        line = lines->pdata[i];
        lines->pdata[i] = g_strdup_printf("%s\tBAR\t%" PRIx64 "\t%" PRIx64 "%s", space, first & 0xfff, last - first,
                                          line + n);
        g_free(line);
    }
}

static void memory_and_ports_are_answered_alike(void)
{
    GPtrArray *theirs = map_facts(configs[at_config].machine, "firmware", configs[at_config].memory);
    GPtrArray *ours = map_view(m);
    unsigned wrong;

    bars_forget_their_places(ours);
    bars_forget_their_places(theirs);
    wrong = lines_differ("map map-after-firmware", T("%s firmware", configs[at_config].machine), ours, theirs);
    g_ptr_array_free(ours, TRUE);
    g_ptr_array_free(theirs, TRUE);
    CHECK_EQ(wrong, 0);
}

static void cmos_memory_is_left_alike(void)
{
    CHECK_EQ(cmos_differs(configs[at_config].machine, configs[at_config].name, "firmware"), 0);
}

static void firmware_runs(void)
{
    program_boot(configs[at_config].options);
}

static void every_difference_is_still_one(void)
{
    CHECK(differences_are_needed("after-firmware map-after-firmware"));
}

int main(void)
{
    if (access(SEABIOS, R_OK)) {
        printf("1..0 # SKIP there is no %s\n", SEABIOS);
        return 0;
    }
    epoch_thread_init();
    for (at_config = 0; at_config < CONFIGS; at_config++) {
        const char *name = configs[at_config].options;

        if (!test_run(T("%s: firmware runs", name), firmware_runs))
            continue;
        test_run(T("%s: configuration space is programmed alike", name), configuration_space_is_programmed_alike);
        test_run(T("%s: memory and ports are answered alike", name), memory_and_ports_are_answered_alike);
        test_run(T("%s: CMOS memory is left alike", name), cmos_memory_is_left_alike);
        program_end();
    }
    TEST(every_difference_is_still_one);
    epoch_thread_fini();
    return test_end();
}
