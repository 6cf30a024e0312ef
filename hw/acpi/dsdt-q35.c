/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * What only q35 has: PCI Express' _OSC, eight PIRQs with link devices for either interrupt model
 *
 * With the i8259s (PICF 0) PIRQA to PIRQH end in the lines that LNKA to LNKH route; with the IOAPIC they are
 * GSI 16 to 23 for good (GSIA to GSIH).  ICH9 data sheet, 13.1.14 (PIRQ route control at 60h and 68h).
 */

static const char pirq_registers[] =
    "(Region PIRQ 2 0x60 12)"
    "(Scope \\_SB"
    "  (Field PCI0.SF8.PIRQ Byte PRQA:8 PRQB:8 PRQC:8 PRQD:8 :32 PRQE:8 PRQF:8 PRQG:8 PRQH:8))";

/*
 * PCI Firmware 3.0, 4.5: the operating system may have what it asks for among PME, AER, the capability
 * structure and SHPC; native hot-plug too, unless ACPI does it.  Unknown requests: bit 2; revision: bit 3;
 * masked: bit 4.
 */
static void osc(struct aml *a, const struct acpi_machine *m)
{
    aml_terms(a, "(Method _OSC 4"
              "  (DWordField Arg3 0 CDW1)"
              "  (If (LEqual Arg0 (Uuid \"33db4d5b-1ff7-401c-9657-7441c03dd766\"))"
              "    (DWordField Arg3 4 CDW2)"
              "    (DWordField Arg3 8 CDW3)"
              "    (And CDW3 %u Local0)"
              "    (If (LNotEqual Arg1 1) (Or CDW1 8 CDW1))"
              "    (If (LNotEqual Local0 CDW3) (Or CDW1 16 CDW1))"
              "    (Store Local0 CDW3))"
              "  (Else (Or CDW1 4 CDW1))"
              "  (Return Arg3))", m->pci_hotplug ? 0x1eu : 0x1fu);
}

/* Slots 0 to 24 are swizzled over E to H; the chipset's have A to D pin by pin, but its PCI bridge (30) E to H. */
static unsigned pirq(unsigned slot, unsigned pin)
{
    if (slot <= 24)
        return 4 + ((slot + pin) & 3);
    return slot == 30 ? 4 + pin : pin;
}

static void routes(struct aml *a, const char *name, const char *link)
{
    aml_name(a, name);
    aml_open(a, AML_PACKAGE);
    aml_bytes(a, 32 * 4, 1);
    for (unsigned i = 0; i < 32 * 4; i++)
        aml_terms(a, "(Package 4 %u %u %s%c 0)", i / 4 << 16 | 0xffff, i % 4, link, 'A' + pirq(i / 4, i % 4));
    aml_close(a);
}

static void gsi_link(struct aml *a, char letter, unsigned gsi)
{
    aml_terms(a, "(Device GSI%c"
              "  (Name _HID (EisaId PNP0C0F))"
              "  (Name _UID %u)"
              "  (Name _PRS (Resources (Interrupt %u)))"
              "  (Name _CRS (Resources (Interrupt %u)))"
              "  (Method _DIS 0)"
              "  (Method _SRS 1))", letter, gsi, gsi, gsi);
}

static const char link_methods[] =
    "(Method IQST 1 (If (And Arg0 0x80) (Return 9)) (Return 11))"
    "(Serialized IQCR 1"
    "  (Name PRR0 (Resources (Interrupt 0)))"
    "  (DWordField PRR0 5 PRRI)"
    "  (Store (And Arg0 15) PRRI)"
    "  (Return PRR0))";

static void routing(struct aml *a, const struct acpi_machine *m)
{
    (void)m;
    aml_terms(a, "(Name PICF 0) (Method _PIC 1 (Store Arg0 PICF))");
    aml_begin(a, AML_SCOPE, "\\_SB.PCI0");
    routes(a, "PRTP", "LNK");
    routes(a, "PRTA", "GSI");
    aml_terms(a, "(Method _PRT 0 (If (LEqual PICF 0) (Return PRTP)) (Return PRTA))");
    aml_close(a);
    aml_begin(a, AML_SCOPE, "\\_SB");
    aml_terms(a, "%s", link_methods);
    for (unsigned i = 0; i < 8; i++)
        dsdt_link(a, 'A' + i, i, 'A' + i);
    for (unsigned i = 0; i < 8; i++)
        gsi_link(a, 'A' + i, 16 + i);
    aml_close(a);
}

const struct acpi_chipset acpi_q35 = {
    .host = "(Name _HID (EisaId PNP0A08)) (Name _CID (EisaId PNP0A03))",
    .isa_bridge = pirq_registers,
    .isa_devfn = 31 << 3,
    .fadt_revision = 3,
    .acpi_enable = 2,
    .acpi_disable = 3,
    .gpe0_bytes = 16,
    .pci_hotplug_base = 0xcc0,
    .cpu_hotplug_base = 0xcd8,
    .reset_register = true,
    .keyboard_flag = true,
    .osc = osc,
    .routing = routing,
};
