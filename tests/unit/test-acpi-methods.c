/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/acpi-machines.h"

/*
 * The methods of the definition blocks, evaluated by acpiexec, whose regions are plain memory
 *
 * Each expectation is what the reference's method of the same name answers there.  acpiexec takes a second to end.
 */

#include "lib/bits.h"
#include "tests/test.h"

#include <unistd.h>

enum { DSDT_AT = 64 };
#define LABELING "(d0 37 c9 e5 53 35 7a 4d 91 17 ea 4d 19 c3 43 4d)"
#define HOST_BRIDGE "(5b 4d db 33 f7 1f 1c 40 96 57 74 41 c0 3d d7 66)"

static char *block_write(const char *folder, const char *config, bool hotplug)
{
    char *path = g_strdup_printf("%s/dsdt.aml", folder);
    struct acpi_rig rig;
    struct acpi_tables t;
    const uint8_t *dsdt;

    rig_named(&rig, config);
    rig.m.pci_hotplug = hotplug;
    acpi_tables_build(&rig.m, &t);
    acpi_tables_place(&t, (uint64_t[ACPI_BLOBS]){ 0 });
    dsdt = t.blob[ACPI_TABLES]->data + DSDT_AT;
    CHECK(g_file_set_contents(path, (const char *)dsdt, bits_load(dsdt + 4, 4), NULL));
    acpi_tables_fini(&t);
    return path;
}

/* What acpiexec says of a list of commands, with semicolons between; fields begin as `init` says. Caller frees. */
static char *evaluate(const char *config, bool hotplug, const char *init, const char *commands)
{
    char folder[] = "/tmp/rhea-acpi-XXXXXX", *line, *block, *said, *fields;
    gchar *text = NULL;

    CHECK(mkdtemp(folder));
    block = block_write(folder, config, hotplug);
    said = g_strdup_printf("%s/out", folder);
    fields = g_strdup_printf("%s/fields", folder);
    CHECK(g_file_set_contents(fields, init, -1, NULL));
    line = g_strdup_printf("cd %s && acpiexec %s -b '%s' dsdt.aml >out 2>&1", folder, *init ? "-fi fields" : "",
                           commands);
    CHECK(!system(line));
    CHECK(g_file_get_contents(said, &text, NULL, NULL));
    unlink(block);
    unlink(said);
    unlink(fields);
    rmdir(folder);
    g_free(line);
    g_free(block);
    g_free(said);
    g_free(fields);
    return text;
}

static bool absent(void)
{
    if (!system("command -v acpiexec >/dev/null 2>&1"))
        return false;
    test_skip("no acpiexec here");
    return true;
}

/* One expectation for each command, in order; "": it only has to come to its end. */
static void check_with(const char *config, bool hotplug, const char *init, const char *commands,
                       const char *const *want)
{
    char *out = evaluate(config, hotplug, init, commands), **answers = g_strsplit(out, "\nEvaluating ", -1);
    unsigned n = g_strv_length(answers) - 1;
    bool good = true;

    for (unsigned i = 0; i < n && want[i]; i++)
        if (!strstr(answers[i + 1], want[i]) || strstr(answers[i + 1], "AE_")) {
            printf("# not \"%s\": %s\n", want[i], g_strdelimit(answers[i + 1], "\n", '|'));
            good = false;
        }
    good = good && n && !want[n];
    g_strfreev(answers);
    g_free(out);
    CHECK(good);
}

static void check(const char *config, bool hotplug, const char *commands, const char *const *want)
{
    check_with(config, hotplug, "", commands, want);
}
#define WANT(...) (const char *const[]){ __VA_ARGS__, NULL }

/* ACPI 3.0, 6.2: what _SRS sets, _CRS tells; a disabled link's _STA is 9. */
static void a_link_device_routes_what_its_register_says(void)
{
    static const char *const configs[] = { "q35-512-1", "pc-512-1" };

    if (absent())
        return;
    for (unsigned i = 0; i < 2; i++)
        check(configs[i], true,
              "evaluate \\_SB.LNKA._STA; evaluate \\_SB.LNKA._SRS (89 06 00 09 01 0b 00 00 00 79 00);"
              "evaluate \\_SB.LNKA._CRS; evaluate \\_SB.LNKB._CRS; evaluate \\_SB.LNKA._DIS; evaluate \\_SB.LNKA._STA",
              WANT("00B", "", "89 06 00 09 01 0B 00 00 00 79 00", "89 06 00 09 01 00 00 00 00 79 00", "", "009"));
}

static void the_sci_s_link_cannot_be_moved(void)
{
    if (absent())
        return;
    check("pc-512-1", true,
          "evaluate \\_SB.LNKS._SRS (89 06 00 09 01 0b 00 00 00 79 00); evaluate \\_SB.LNKS._DIS;"
          "evaluate \\_SB.LNKS._CRS; evaluate \\_SB.LNKS._STA",
          WANT("", "", "89 06 00 09 01 09 00 00 00 79 00", "00B"));
}

/* PCI Firmware 3.0, 4.5.1: what is not granted is masked, and said so. */
static void osc_grants_all_but_what_acpi_does_itself(void)
{
    if (absent())
        return;
    check("q35-512-1", true,
          "evaluate \\_SB.PCI0._OSC " HOST_BRIDGE " 1 3 (00 00 00 00 1f 00 00 00 3f 00 00 00);"
          "evaluate \\_SB.PCI0._OSC " HOST_BRIDGE " 1 3 (00 00 00 00 1f 00 00 00 1e 00 00 00);"
          "evaluate \\_SB.PCI0._OSC " HOST_BRIDGE " 2 3 (00 00 00 00 1f 00 00 00 1e 00 00 00);"
          "evaluate \\_SB.PCI0._OSC " LABELING " 1 3 (00 00 00 00 1f 00 00 00 1f 00 00 00)",
          WANT("10 00 00 00 1F 00 00 00 1E", "00 00 00 00 1F 00 00 00 1E", "08 00 00 00 1F 00 00 00 1E",
               "04 00 00 00 1F 00 00 00 1F"));
    check("q35-512-1", false, "evaluate \\_SB.PCI0._OSC " HOST_BRIDGE " 1 3 (00 00 00 00 1f 00 00 00 3f 00 00 00)",
          WANT("10 00 00 00 1F 00 00 00 1F"));
}

/* PCI Firmware 3.0, 4.6.7.  The index register is memory here: it holds the bit of the slot that was asked for. */
static void dsm_knows_a_function_s_index(void)
{
    if (absent())
        return;
    check("pc-512-1", true,
          "evaluate \\_SB.PCI0.S18._DSM " LABELING " 2 0 0; evaluate \\_SB.PCI0.S18._DSM " LABELING " 2 7 0;"
          "evaluate \\_SB.PCI0.S18._DSM " LABELING " 1 0 0; evaluate \\_SB.PCI0.S18._DSM " HOST_BRIDGE " 2 0 0;"
          "evaluate \\_SB.PCI0.AIDX 0 5; evaluate \\_SB.PCI0.S20._EJ0 1",
          WANT("0000: 81", "[Integer] = 0000000000000008", "0000: 00", "0000: 00", "= 0000000000000020", ""));
}

/* No device behind the ports: nothing is there, nothing has happened, and nobody waits for ever. */
static void events_without_news_end(void)
{
    if (absent())
        return;
    check("q35-512-4", true,
          "evaluate \\_GPE._E01; evaluate \\_GPE._E02; evaluate \\_SB.CPUS.C001._STA;"
          "evaluate \\_SB.CPUS.C001._OST 1 2 3; evaluate \\_SB.CPUS.C001._EJ0 1; evaluate \\_SB.HPET._STA;"
          "evaluate \\DBUG \"x\"; evaluate \\_PIC 1",
          WANT("", "", "= 0000000000000000", "", "", "= 0000000000000000", "", ""));
    check("pc-512-1", true, "evaluate \\_GPE._E01; evaluate \\_GPE._E02", WANT("", ""));
}

static void check_slots(const char *init, uint32_t slots, const char *event)
{
    char *out = evaluate("pc-512-1", true, init, "evaluate \\_GPE._E01");

    for (unsigned slot = 0; slot < 32; slot++) {
        char *told = g_strdup_printf("[S%02X_]", slot * 8), *at = strstr(out, told);

        if (!at != !(slots & 1u << slot) || (at && g_strstr_len(at, 60, event) == NULL))
            printf("# slot %u\n", slot);
        CHECK(!at == !(slots & 1u << slot) && (!at || g_strstr_len(at, 60, event)));
        CHECK(!at || !strstr(at + 1, told));
        g_free(told);
    }
    g_free(out);
}

/* Bits of slots that were filled, and that want to be emptied; slots 0 to 2 hold bridges and the display. */
static void each_slot_is_told_of_its_events(void)
{
    if (absent())
        return;
    check_slots("\\_SB.PCI0.PCIU 0xffffffff\n", 0xfffffff8, "Value 0x01");
    check_slots("\\_SB.PCI0.PCIU 0x55555555\n", 0x55555550, "Value 0x01");
    check_slots("\\_SB.PCI0.PCID 0xaaaaaaaa\n", 0xaaaaaaa8, "Value 0x03");
}

/* The controller finds CPU 2 with an event; then the search wraps. */
static void each_cpu_is_told_of_its_events(void)
{
    if (absent())
        return;
    check_with("q35-512-4", true, "\\_SB.PCI0.PRES.CINS 1\n\\_SB.PCI0.PRES.CDAT 2\n",
               "evaluate \\_GPE._E02; evaluate \\_SB.PCI0.PRES.CSEL; evaluate \\_SB.PCI0.PRES.CCMD",
               WANT("[C002] ", "= 0000000000000003", "= 0000000000000000"));
    check_with("q35-512-4", true, "\\_SB.PCI0.PRES.CRMV 1\n\\_SB.PCI0.PRES.CDAT 3\n", "evaluate \\_GPE._E02",
               WANT("Value 0x03 (Eject Request)"));
    check_with("q35-512-4", true, "\\_SB.PCI0.PRES.CPEN 1\n",
               "evaluate \\_SB.CPUS.C003._STA; evaluate \\_SB.PCI0.PRES.CSEL; evaluate \\_SB.CPUS.C002._EJ0 1;"
               "evaluate \\_SB.PCI0.PRES.CSEL; evaluate \\_SB.PCI0.PRES.CEJ0; evaluate \\_SB.CPUS.C001._OST 7 8 9;"
               "evaluate \\_SB.PCI0.PRES.CSEL; evaluate \\_SB.PCI0.PRES.CDAT; evaluate \\_SB.PCI0.PRES.CCMD",
               WANT("= 000000000000000F", "= 0000000000000003", "", "= 0000000000000002", "= 0000000000000001", "",
                    "= 0000000000000001", "= 0000000000000008", "= 0000000000000002"));
}

/* IA-PC HPET 1.0a, 2.3.4: a vendor, and a period of at most 100 ns. */
static void an_hpet_is_there_if_its_registers_make_sense(void)
{
    static const struct { const char *init, *status; } cases[] = {
        { "\\_SB.HPET.VEND 0x8086a201\n\\_SB.HPET.PRD 100000000\n", "= 000000000000000F" },
        { "\\_SB.HPET.VEND 0x8086a201\n\\_SB.HPET.PRD 100000001\n", "= 0000000000000000" },
        { "\\_SB.HPET.VEND 0xffffffff\n\\_SB.HPET.PRD 10000000\n", "= 0000000000000000" },
    };

    if (absent())
        return;
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++)
        check_with("q35-512-1", true, cases[i].init, "evaluate \\_SB.HPET._STA", WANT(cases[i].status));
}

static void displays_keep_their_state(void)
{
    if (absent())
        return;
    check("q35-512-1", true, "evaluate \\_SB.PCI0.S08._S1D; evaluate \\_SB.PCI0.S08._S3D",
          WANT("= 0000000000000000", "= 0000000000000000"));
}

int main(void)
{
    TEST(a_link_device_routes_what_its_register_says);
    TEST(the_sci_s_link_cannot_be_moved);
    TEST(osc_grants_all_but_what_acpi_does_itself);
    TEST(dsm_knows_a_function_s_index);
    TEST(events_without_news_end);
    TEST(each_slot_is_told_of_its_events);
    TEST(each_cpu_is_told_of_its_events);
    TEST(an_hpet_is_there_if_its_registers_make_sense);
    TEST(displays_keep_their_state);
    return test_end();
}
