/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * DSDT: the order of its parts, and those that belong to no bus
 *
 * Names, ids, resources and field units are those that a guest of the reference finds; the methods are written
 * after what they have to do to the hardware.  ACPI 3.0, chapters 5 to 7.
 * Left out, with the devices that they describe: memory hot-plug, floppy, TPM, IPMI, further host bridges.
 */

/* A message for the debug console (isa-debugcon at 402h), in hexadecimal. */
static const char debug[] =
    "(Scope \\"
    "  (Region DBG 1 0x402 1)"
    "  (Field DBG Byte DBGB:8)"
    "  (Method DBUG 1"
    "    (ToHexString Arg0 Local0)"
    "    (ToBuffer Local0 Local0)"
    "    (Subtract (SizeOf Local0) 1 Local1)"
    "    (Store 0 Local2)"
    "    (While (LLess Local2 Local1)"
    "      (Store (DerefOf (Index Local0 Local2)) DBGB)"
    "      (Increment Local2))"
    "    (Store 10 DBGB)))";

/* There if it has a vendor, and a period of at most 100 ns (IA-PC HPET 1.0a, 2.3.4). */
static const char hpet[] =
    "(Scope \\_SB"
    "  (Device HPET"
    "    (Name _HID (EisaId PNP0103))"
    "    (Name _UID 0)"
    "    (Region HPTM 0 0xfed00000 0x400)"
    "    (Field HPTM DWord Lock VEND:32 PRD:32)"
    "    (Method _STA 0"
    "      (Store (ShiftRight VEND 16) Local0)"
    "      (If (LOr (LEqual Local0 0) (LEqual Local0 0xffff)) (Return 0))"
    "      (Store PRD Local1)"
    "      (If (LOr (LEqual Local1 0) (LGreater Local1 100000000)) (Return 0))"
    "      (Return 15))"
    "    (Name _CRS (Resources (Memory32 0xfed00000 0x400)))))";

static void host_bridge(struct aml *a, const struct acpi_machine *m)
{
    aml_begin(a, AML_SCOPE, "\\_SB");
    aml_begin(a, AML_DEVICE, "PCI0");
    aml_terms(a, "%s (Name _ADR 0) (Name _UID 0)", m->chipset->host);
    if (m->chipset->osc)
        m->chipset->osc(a, m);
    aml_close(a);
    if (m->ecam_base) {
        aml_begin(a, AML_DEVICE, "DRAC");
        aml_terms(a, "(Name _HID \"PNP0C01\")");
        aml_name(a, "_CRS");
        aml_resources(a);
        aml_res_memory_range(a, m->ecam_base, m->ecam_base + (256u << 20) - 1, false);
        aml_resources_end(a);
        aml_close(a);
    }
    aml_close(a);
}

/* Ports that belong to nothing that a bus enumerates. */
static void port_claim(struct aml *a, const char *name, const char *uid, uint16_t base, uint8_t bytes)
{
    aml_terms(a, "(Device %s (Name _HID \"PNP0A06\") (Name _UID \"%s\") (Name _STA 11)"
              " (Name _CRS (Resources (IO %u 1 %u))))", name, uid, base, bytes);
}

static void host_resources(struct aml *a, const struct acpi_machine *m)
{
    aml_begin(a, AML_SCOPE, "\\_SB.PCI0");
    dsdt_windows(a, m);
    port_claim(a, "GPE0", "GPE0 resources", acpi_gpe0(m), m->chipset->gpe0_bytes);
    if (m->pci_hotplug)
        port_claim(a, "PHPR", "PCI Hotplug resources", m->chipset->pci_hotplug_base, 0x18);
    if (m->fw_cfg)
        aml_terms(a, "(Device FWCF (Name _HID \"QEMU0002\") (Name _STA 11)"
                  " (Name _CRS (Resources (IO 0x510 1 12))))");
    aml_close(a);
}

static void sleep_state(struct aml *a, const char *name, unsigned type)
{
    aml_terms(a, "(Name %s (Package 4 %u %u 0 0))", name, type, type);
}

static void sleep_states(struct aml *a, const struct acpi_machine *m)
{
    aml_begin(a, AML_SCOPE, "\\");
    if (m->s3)
        sleep_state(a, "_S3", 1);
    if (m->s4)
        sleep_state(a, "_S4", m->s4_value);
    sleep_state(a, "_S5", 0);
    aml_close(a);
}

GByteArray *dsdt_body(const struct acpi_machine *m)
{
    struct aml a;

    aml_init(&a);
    aml_terms(&a, "%s", debug);
    host_bridge(&a, m);
    if (m->pci_hotplug)
        dsdt_hotplug_controller(&a, m);
    if (m->pirq)
        m->chipset->routing(&a, m);
    if (m->hpet)
        aml_terms(&a, "%s", hpet);
    aml_terms(&a, "(Scope \\_GPE (Name _HID \"ACPI0006\"))");
    dsdt_cpus(&a, m);
    host_resources(&a, m);
    sleep_states(&a, m);
    dsdt_functions(&a, m);
    return a.bytes;
}
