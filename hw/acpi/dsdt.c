/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * DSDT: the host bridge and its windows, the devices that no bus can enumerate, soft-off
 *
 * Names are the reference's.  Left out, with the devices that they describe: link devices and _PRT,
 * CPU and PCI hot-plug, keyboard, mouse, parallel port, fw_cfg, S3 and S4.
 */

#include "hw/acpi/aml.h"

static void pci_windows(struct aml *a, const struct acpi_machine *m)
{
    aml_name(a, "_CRS");
    aml_resources(a);
    aml_res_bus_range(a, 0, 255);
    aml_res_io(a, 0xcf8, 0xcf8, 1, 8);
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

static void rtc(struct aml *a)
{
    aml_device(a, "RTC_");
    aml_name(a, "_HID");
    aml_eisaid(a, "PNP0B00");
    aml_name(a, "_CRS");
    aml_resources(a);
    aml_res_io(a, 0x70, 0x70, 1, 8);
    aml_res_irq(a, 1 << 8);
    aml_resources_end(a);
    aml_close(a);
}

static void com1(struct aml *a)
{
    aml_device(a, "COM1");
    aml_name(a, "_HID");
    aml_eisaid(a, "PNP0501");
    aml_name(a, "_UID");
    aml_integer(a, 1);
    aml_name(a, "_STA");
    aml_integer(a, 0xf);
    aml_name(a, "_CRS");
    aml_resources(a);
    aml_res_io(a, 0x3f8, 0x3f8, 0, 8);
    aml_res_irq(a, 1 << 4);
    aml_resources_end(a);
    aml_close(a);
}

static void host_bridge(struct aml *a, const struct acpi_machine *m)
{
    aml_device(a, "PCI0");
    aml_name(a, "_HID");
    aml_eisaid(a, m->ecam_base ? "PNP0A08" : "PNP0A03");
    aml_name(a, "_CID");
    aml_eisaid(a, "PNP0A03");
    aml_name(a, "_ADR");
    aml_integer(a, 0);
    aml_name(a, "_UID");
    aml_integer(a, 0);
    pci_windows(a, m);
    aml_device(a, "SF8_");
    aml_name(a, "_ADR");
    aml_integer(a, 0x1f0000);
    rtc(a);
    if (m->serial)
        com1(a);
    aml_close(a);
    aml_close(a);
}

static void ecam_claim(struct aml *a, const struct acpi_machine *m)
{
    aml_device(a, "DRAC");
    aml_name(a, "_HID");
    aml_string(a, "PNP0C01");
    aml_name(a, "_CRS");
    aml_resources(a);
    aml_res_memory_range(a, m->ecam_base, m->ecam_base + (256u << 20) - 1, false);
    aml_resources_end(a);
    aml_close(a);
}

static void hpet(struct aml *a)
{
    aml_device(a, "HPET");
    aml_name(a, "_HID");
    aml_eisaid(a, "PNP0103");
    aml_name(a, "_UID");
    aml_integer(a, 0);
    aml_name(a, "_STA");
    aml_integer(a, 0xf);
    aml_name(a, "_CRS");
    aml_resources(a);
    aml_res_memory32_fixed(a, 0xfed00000, 0x400, false);
    aml_resources_end(a);
    aml_close(a);
}

GByteArray *dsdt_body(const struct acpi_machine *m)
{
    struct aml a;

    aml_init(&a);
    aml_scope(&a, "\\_SB");
    host_bridge(&a, m);
    if (m->ecam_base)
        ecam_claim(&a, m);
    if (m->hpet)
        hpet(&a);
    aml_close(&a);
    aml_scope(&a, "\\");
    aml_name(&a, "_S5");
    aml_package(&a, 4);
    for (unsigned i = 0; i < 4; i++)
        aml_integer(&a, 0);
    aml_close(&a);
    aml_close(&a);
    return a.bytes;
}
