/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * DSDT: devices behind the ISA bridge, which no bus enumerates
 *
 * Order and contents are the reference's.  ACPI 3.0, 6.4.2 (small resources).
 */

static const char i8042[] =
    "(Device KBD (Name _HID (EisaId PNP0303)) (Name _STA 15)"
    "  (Name _CRS (Resources (IO 0x60 1 1) (IO 0x64 1 1) (IRQ 1))))"
    "(Device MOU (Name _HID (EisaId PNP0F13)) (Name _STA 15)"
    "  (Name _CRS (Resources (IRQ 12))))";

static const char rtc[] =
    "(Device RTC (Name _HID (EisaId PNP0B00)) (Name _CRS (Resources (IO 0x70 1 8) (IRQ 8))))";

static void pvpanic(struct aml *a, uint16_t port)
{
    aml_terms(a, "(Device PEVT (Name _HID \"QEMU0001\")"
              "  (Name _CRS (Resources (IO %u 1 1)))"
              "  (Region PEOR 1 %u 1)"
              "  (Field PEOR Byte PEPT:8)"
              "  (Name _STA 15)"
              "  (Method RDPT 0 (Return PEPT))"
              "  (Method WRPT 1 (Store Arg0 PEPT)))", port, port);
}

static void port_device(struct aml *a, const char *name, unsigned uid, const char *id, const struct acpi_port *p,
                        unsigned align)
{
    if (p->iobase)
        aml_terms(a, "(Device %s%u (Name _HID (EisaId %s)) (Name _UID %u) (Name _STA 15)"
                  " (Name _CRS (Resources (IO %u %u 8) (IRQ %u))))", name, uid, id, uid, p->iobase, align, p->irq);
}

void dsdt_isa(struct aml *a, const struct acpi_machine *m)
{
    if (m->pvpanic_port)
        pvpanic(a, m->pvpanic_port);
    if (m->i8042)
        aml_terms(a, "%s", i8042);
    for (unsigned i = 0; i < G_N_ELEMENTS(m->parallel); i++)
        port_device(a, "LPT", i + 1, "PNP0400", &m->parallel[i], 8);
    for (unsigned i = 0; i < G_N_ELEMENTS(m->serial); i++)
        port_device(a, "COM", i + 1, "PNP0501", &m->serial[i], 0);
    aml_terms(a, "%s", rtc);
}
