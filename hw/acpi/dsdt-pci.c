/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * DSDT: bus 0: the host bridge's windows, link devices, functions and slots, the hot-plug controller
 *
 * The controller's registers: which slots were filled (PCIU) and want to be emptied (PCID), eject (B0EJ), the
 * bus that these are about (BNUM), a function's acpi-index (PIDX).  Its event is GPE 1.
 * Left out: buses behind bridges, acpi-index on q35's bus 0.  PCI Firmware 3.0, section 4.6; ACPI 3.0, 6.2.3, 6.3.
 */

static const char controller[] =
    "(Field PCST DWord Zeros PCIU:32 PCID:32)"
    "(Field SEJ DWord Zeros B0EJ:32)"
    "(Field BNMR DWord Zeros BNUM:32 PIDX:32)"
    "(Mutex BLCK 0)"
    "(Method PCEJ 2"
    "  (Acquire BLCK 0xffff)"
    "  (Store Arg0 BNUM)"
    "  (Store (ShiftLeft 1 Arg1) B0EJ)"
    "  (Release BLCK)"
    "  (Return 0))"
    "(Method AIDX 2"
    "  (Acquire BLCK 0xffff)"
    "  (Store Arg0 BNUM)"
    "  (Store (ShiftLeft 1 Arg1) PIDX)"
    "  (Store PIDX Local0)"
    "  (Release BLCK)"
    "  (Return Local0))";

/* _DSM of a function, of which Arg4 is bus and slot: function 7, its index and a name (PCI Firmware 3.0, 4.6.7). */
static const char index_dsm[] =
    "(Serialized PDSM 5"
    "  (If (LOr (LNotEqual Arg0 (Uuid \"e5c937d0-3553-4d7a-9117-ea4d19c3434d\")) (LLess Arg1 2))"
    "    (Return (Buffer 0)))"
    "  (Store (AIDX (DerefOf (Index Arg4 0)) (DerefOf (Index Arg4 1))) Local2)"
    "  (Store (LOr (LEqual Local2 0) (LEqual Local2 0xffffffff)) Local3)"
    "  (If (LEqual Arg2 0)"
    "    (If Local3 (Return (Buffer 0)))"
    "    (Return (Buffer 0x81)))"
    "  (If (LEqual Arg2 7)"
    "    (If Local3 (Return (Package 2)))"
    "    (Store (Package 2) Local0)"
    "    (Store Local2 (Index Local0 0))"
    "    (Store \"\" (Index Local0 1))"
    "    (Return Local0))"
    "  (Return (Buffer 0)))";

void dsdt_hotplug_controller(struct aml *a, const struct acpi_machine *m)
{
    unsigned base = m->chipset->pci_hotplug_base;

    aml_begin(a, AML_SCOPE, "\\_SB.PCI0");
    aml_terms(a, "(Region PCST 1 %u 8) (Region SEJ 1 %u 4) (Region BNMR 1 %u 8)", base, base + 8, base + 16);
    aml_terms(a, "%s%s", controller, index_dsm);
    aml_close(a);
}

/* A link device on one of the bridge's PIRQ route control registers, of which bit 7 says "not routed". */
void dsdt_link(struct aml *a, char letter, unsigned uid, char reg)
{
    aml_terms(a, "(Device LNK%c"
              "  (Name _HID (EisaId PNP0C0F))"
              "  (Name _UID %u)"
              "  (Name _PRS (Resources (Interrupt 5 10 11)))"
              "  (Method _STA 0 (Return (IQST PRQ%c)))"
              "  (Method _DIS 0 (Or PRQ%c 0x80 PRQ%c))"
              "  (Method _CRS 0 (Return (IQCR PRQ%c)))"
              "  (Method _SRS 1 (DWordField Arg0 5 PRRI) (Store PRRI PRQ%c)))", letter, uid, reg, reg, reg, reg, reg);
}

void dsdt_windows(struct aml *a, const struct acpi_machine *m)
{
    aml_name(a, "_CRS");
    aml_resources(a);
    aml_res_bus_range(a, 0, 255);
    aml_res_io(a, 0xcf8, 1, 8);
    aml_res_io_range(a, 0, 0xcf7);
    aml_res_io_range(a, 0xd00, 0xffff);
    aml_res_memory_range(a, 0xa0000, 0xbffff, true);
    if (m->ecam_base && m->pci_memory_first < m->ecam_base) {
        aml_res_memory_range(a, m->pci_memory_first, m->ecam_base - 1, false);
        aml_res_memory_range(a, m->ecam_base + (256u << 20), m->pci_memory_last, false);
    } else {
        aml_res_memory_range(a, m->pci_memory_first, m->pci_memory_last, false);
    }
    if (m->pci_memory64_last)
        aml_res_memory_range64(a, m->pci_memory64_first, m->pci_memory64_last);
    aml_resources_end(a);
}

/* What a display adapter keeps in each sleep state: D0, so that firmware finds the screen again. */
static void display_states(struct aml *a, unsigned s3)
{
    aml_terms(a, "(Method _S1D 0 (Return 0)) (Method _S2D 0 (Return 0)) (Method _S3D 0 (Return %u))", s3);
}

/* Where a hot-plug controller answers for the bus, each slot knows its number, and _DSM asks for its index. */
static void slot_identity(struct aml *a, unsigned slot)
{
    aml_terms(a, "(Name ASUN %u)"
              "(Serialized _DSM 4"
              "  (Store (Package 2 BSEL ASUN) Local0)"
              "  (Return (PDSM Arg0 Arg1 Arg2 Arg3 Local0)))", slot);
}

static void slot_eject(struct aml *a, unsigned slot)
{
    aml_terms(a, "(Name _SUN %u) (Method _EJ0 1 (PCEJ BSEL _SUN))", slot);
}

static char *device_name(unsigned devfn, char name[5])
{
    g_snprintf(name, 5, "S%02X", devfn & 0xff);
    return name;
}

static void function(struct aml *a, const struct acpi_machine *m, const struct acpi_function *f, bool slots)
{
    unsigned slot = f->devfn >> 3;
    char name[5];

    aml_begin(a, AML_DEVICE, device_name(f->devfn, name));
    aml_terms(a, "(Name _ADR %u)", slot << 16 | (f->devfn & 7));
    if (slots)
        slot_identity(a, slot);
    if (f->kind == ACPI_FUNCTION_VGA || f->kind == ACPI_FUNCTION_QXL)
        display_states(a, f->kind == ACPI_FUNCTION_QXL ? 3 : 0);
    if (f->devfn == m->chipset->isa_devfn) {
        aml_terms(a, "%s", m->chipset->isa_bridge);
        dsdt_isa(a, m);
    }
    if (slots && f->kind == ACPI_FUNCTION_PLUGGABLE)
        slot_eject(a, slot);
    aml_close(a);
}

/* Bits of the slots whose device can be pulled, or that are empty. */
static uint32_t slots_pluggable(const struct acpi_machine *m)
{
    uint32_t slots = UINT32_MAX;

    for (unsigned i = 0; i < m->n_functions; i++)
        if (m->functions[i].kind != ACPI_FUNCTION_PLUGGABLE)
            slots &= ~(1u << (m->functions[i].devfn >> 3));
    return slots;
}

static void slots_empty(struct aml *a, const struct acpi_machine *m)
{
    uint32_t taken = 0;

    for (unsigned i = 0; i < m->n_functions; i++)
        taken |= 1u << (m->functions[i].devfn >> 3);
    for (unsigned slot = 0; slot < 32; slot++)
        if (!(taken & 1u << slot))
            function(a, m, &(struct acpi_function){ slot << 3, ACPI_FUNCTION_PLUGGABLE }, true);
}

/* DVNT tells each slot of the mask Arg0 of the event Arg1. */
static void slot_events(struct aml *a, const struct acpi_machine *m)
{
    uint32_t slots = slots_pluggable(m);
    char name[5];

    aml_begin(a, AML_METHOD, "DVNT");
    aml_bytes(a, 2, 1);
    for (unsigned slot = 0; slot < 32; slot++)
        if (slots & 1u << slot)
            aml_terms(a, "(If (And Arg0 %u) (Notify %s Arg1))", 1u << slot, device_name(slot << 3, name));
    aml_close(a);
    aml_terms(a, "(Method PCNT 0 (Store 0 BNUM) (DVNT PCIU 1) (DVNT PCID 3))");
}

void dsdt_functions(struct aml *a, const struct acpi_machine *m)
{
    bool slots = m->pci_hotplug && m->pci_hotplug_root;

    aml_begin(a, AML_SCOPE, "\\_SB.PCI0");
    if (slots)
        aml_terms(a, "(Name BSEL 0)");
    for (unsigned i = 0; i < m->n_functions; i++)
        function(a, m, &m->functions[i], slots);
    if (slots) {
        slots_empty(a, m);
        slot_events(a, m);
    } else if (m->pci_hotplug) {
        aml_terms(a, "(Method PCNT 0)");
    }
    aml_close(a);
    if (m->pci_hotplug)
        aml_terms(a, "(Scope \\_GPE (Method _E01 0"
                  "  (Acquire \\_SB.PCI0.BLCK 0xffff)"
                  "  (\\_SB.PCI0.PCNT)"
                  "  (Release \\_SB.PCI0.BLCK)))");
}
