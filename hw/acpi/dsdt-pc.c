/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * What only pc-i440fx has: four PIRQs with link devices, which serve both interrupt models
 *
 * PIIX3 (82371SB), 4.1.10: PIRQ route control at 60h to 63h.  The power management function shares the SCI's
 * line, so that its INTA is LNKS, which routes nothing.
 */

static const char pirq_registers[] =
    "(Region P40C 2 0x60 4)"
    "(Scope \\_SB"
    "  (Field PCI0.S08.P40C Byte PRQ0:8 PRQ1:8 PRQ2:8 PRQ3:8))";

enum { PM_SLOT = 1 };

/* Slot s, pin p is PIRQ (s + p - 1) mod 4. */
static void route(struct aml *a, unsigned slot, unsigned pin)
{
    char letter = slot == PM_SLOT && !pin ? 'S' : "DABC"[(slot + pin) & 3];

    aml_terms(a, "(Package 4 %u %u LNK%c 0)", slot << 16 | 0xffff, pin, letter);
}

static const char link_methods[] =
    "(Method IQST 1 (If (And Arg0 0x80) (Return 9)) (Return 11))"
    "(Serialized IQCR 1"
    "  (Name PRR0 (Resources (Interrupt 0)))"
    "  (DWordField PRR0 5 PRRI)"
    "  (If (LLess Arg0 0x80) (Store Arg0 PRRI))"
    "  (Return PRR0))";

static const char sci_link[] =
    "(Device LNKS"
    "  (Name _HID (EisaId PNP0C0F))"
    "  (Name _UID 4)"
    "  (Name _PRS (Resources (Interrupt 9)))"
    "  (Method _STA 0 (Return 11))"
    "  (Method _DIS 0)"
    "  (Method _CRS 0 (Return _PRS))"
    "  (Method _SRS 1))";

static void routing(struct aml *a, const struct acpi_machine *m)
{
    (void)m;
    aml_begin(a, AML_METHOD, "\\_SB.PCI0._PRT");
    aml_bytes(a, 0, 1);
    aml_op(a, AML_RETURN);
    aml_open(a, AML_PACKAGE);
    aml_bytes(a, 32 * 4, 1);
    for (unsigned i = 0; i < 32 * 4; i++)
        route(a, i / 4, i % 4);
    aml_close(a);
    aml_close(a);
    aml_begin(a, AML_SCOPE, "\\_SB");
    aml_terms(a, "%s", link_methods);
    for (unsigned i = 0; i < 4; i++)
        dsdt_link(a, 'A' + i, i, '0' + i);
    aml_terms(a, "%s", sci_link);
    aml_close(a);
}

const struct acpi_chipset acpi_pc = {
    .host = "(Name _HID (EisaId PNP0A03))",
    .isa_bridge = pirq_registers,
    .isa_devfn = 1 << 3,
    .fadt_revision = 1,
    .acpi_enable = 0xf1,
    .acpi_disable = 0xf0,
    .gpe0_base = 0xafe0,
    .gpe0_bytes = 4,
    .pci_hotplug_base = 0xae00,
    .cpu_hotplug_base = 0xaf00,
    .routing = routing,
};
