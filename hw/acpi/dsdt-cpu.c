/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * DSDT: processors, and the CPU hot-plug controller's methods where there is one
 *
 * The controller has 12 bytes of ports: a selector (CSEL), flags of the selected CPU (CPEN: enabled, CINS and
 * CRMV: inserted, to be removed, cleared by writing 1; CEJ0: eject), a command (CCMD: 0 selects the next CPU with
 * an event, 1 and 2 take an event and a status for _OST) and its data (CDAT).  Its event is GPE 2.
 * Without a controller the processors are there from the start, and stay.
 * ACPI 3.0, 5.2.11.12 (Local x2APIC: ACPI 4.0), 6.2.7, 8.4.
 */

#include "hw/acpi/madt.h"

static const char registers[] =
    "(Field PRST Byte Zeros :32 CPEN:1 CINS:1 CRMV:1 CEJ0:1 CEJF:1 :3 CCMD:8)"
    "(Field PRST DWord CSEL:32 :32 CDAT:32)"
    "(Serialized _INI 0 (Store 0 CSEL))";

static const char status[] =
    "(Serialized CSTA 1"
    "  (Acquire \\_SB.PCI0.PRES.CPLK 0xffff)"
    "  (Store Arg0 \\_SB.PCI0.PRES.CSEL)"
    "  (Store 0 Local0)"
    "  (If (LEqual \\_SB.PCI0.PRES.CPEN 1) (Store 15 Local0))"
    "  (Release \\_SB.PCI0.PRES.CPLK)"
    "  (Return Local0))"
    "(Serialized CEJ0 1"
    "  (Acquire \\_SB.PCI0.PRES.CPLK 0xffff)"
    "  (Store Arg0 \\_SB.PCI0.PRES.CSEL)"
    "  (Store 1 \\_SB.PCI0.PRES.CEJ0)"
    "  (Release \\_SB.PCI0.PRES.CPLK))"
    "(Serialized COST 4"
    "  (Acquire \\_SB.PCI0.PRES.CPLK 0xffff)"
    "  (Store Arg0 \\_SB.PCI0.PRES.CSEL)"
    "  (Store 1 \\_SB.PCI0.PRES.CCMD)"
    "  (Store Arg1 \\_SB.PCI0.PRES.CDAT)"
    "  (Store 2 \\_SB.PCI0.PRES.CCMD)"
    "  (Store Arg2 \\_SB.PCI0.PRES.CDAT)"
    "  (Release \\_SB.PCI0.PRES.CPLK))";

/* From CPU 0 up: the next one with an event, until the search wraps or finds one without. */
static const char scan[] =
    "(Serialized CSCN 0"
    "  (Acquire \\_SB.PCI0.PRES.CPLK 0xffff)"
    "  (Store 0 Local0)"
    "  (While (LLess Local0 %u)"
    "    (Store Local0 \\_SB.PCI0.PRES.CSEL)"
    "    (Store 0 \\_SB.PCI0.PRES.CCMD)"
    "    (Store \\_SB.PCI0.PRES.CDAT Local1)"
    "    (If (LLess Local1 Local0) (Break))"
    "    (If (LEqual \\_SB.PCI0.PRES.CINS 1)"
    "      (CTFY Local1 1)"
    "      (Store 1 \\_SB.PCI0.PRES.CINS))"
    "    (Else"
    "      (If (LEqual \\_SB.PCI0.PRES.CRMV 1)"
    "        (CTFY Local1 3)"
    "        (Store 1 \\_SB.PCI0.PRES.CRMV))"
    "      (Else (Break)))"
    "    (Add Local1 1 Local0))"
    "  (Release \\_SB.PCI0.PRES.CPLK))";

static void controller(struct aml *a, const struct acpi_machine *m)
{
    unsigned base = m->chipset->cpu_hotplug_base;

    aml_begin(a, AML_DEVICE, "\\_SB.PCI0.PRES");
    aml_terms(a, "(Name _HID (EisaId PNP0A06))"
              "(Name _UID \"CPU Hotplug resources\")"
              "(Mutex CPLK 0)"
              "(Name _CRS (Resources (IO %u 1 12)))"
              "(Region PRST 1 %u 12)"
              "%s", base, base, registers);
    aml_close(a);
}

static void methods(struct aml *a, const struct acpi_machine *m)
{
    aml_begin(a, AML_METHOD, "CTFY");
    aml_bytes(a, 2, 1);
    for (unsigned i = 0; i < m->n_cpus; i++)
        aml_terms(a, "(If (LEqual Arg0 %u) (Notify C%03X Arg1))", i, i);
    aml_close(a);
    aml_terms(a, "%s", status);
    aml_terms(a, scan, m->n_cpus);
}

/* _MAT is the processor's entry of the MADT, as it is once the processor is there. */
static void entry_add(struct aml *a, const struct acpi_machine *m, unsigned i)
{
    GByteArray *entry = g_byte_array_new();

    madt_cpu(entry, i, m->cpus[i].apic_id, true);
    aml_name(a, "_MAT");
    aml_open(a, AML_BUFFER);
    aml_integer(a, entry->len);
    for (guint n = 0; n < entry->len; n++)
        aml_bytes(a, entry->data[n], 1);
    aml_close(a);
    g_byte_array_free(entry, TRUE);
}

/* A processor's name holds its index; the old operator has room for eight bits of it. */
static void processor_open(struct aml *a, const struct acpi_machine *m, unsigned i)
{
    char name[5];

    g_snprintf(name, sizeof(name), "C%03X", i & 0xfff);
    if (madt_is_x2apic(i, m->cpus[i].apic_id)) {
        aml_begin(a, AML_DEVICE, name);
        aml_terms(a, "(Name _HID \"ACPI0007\") (Name _UID %u)", i);
    } else {
        aml_begin(a, AML_PROCESSOR, name);
        aml_bytes(a, i, 1);
        aml_bytes(a, 0, 5);
    }
}

static void processor(struct aml *a, const struct acpi_machine *m, unsigned i)
{
    processor_open(a, m, i);
    if (m->cpu_hotplug)
        aml_terms(a, "(Serialized _STA 0 (Return (CSTA %u)))", i);
    entry_add(a, m, i);
    if (m->cpu_hotplug && i)            /* the boot processor stays */
        aml_terms(a, "(Method _EJ0 1 (CEJ0 %u))", i);
    if (m->cpu_hotplug)
        aml_terms(a, "(Serialized _OST 3 (COST %u Arg0 Arg1 Arg2))", i);
    aml_close(a);
}

void dsdt_cpus(struct aml *a, const struct acpi_machine *m)
{
    if (m->cpu_hotplug)
        controller(a, m);
    aml_begin(a, AML_DEVICE, "\\_SB.CPUS");
    aml_terms(a, "(Name _HID \"ACPI0010\") (Name _CID (EisaId PNP0A05))");
    if (m->cpu_hotplug)
        methods(a, m);
    for (unsigned i = 0; i < m->n_cpus; i++)
        processor(a, m, i);
    aml_close(a);
    if (m->cpu_hotplug)
        aml_terms(a, "(Method \\_GPE._E02 0 (\\_SB.CPUS.CSCN))");
}
