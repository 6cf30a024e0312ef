/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The CPU hot-plug controller's ports, as the DSDT of both machines uses them (dsdt-cpu.c)
 *
 * Part of the power management chip: its state is in struct acpi_pm_state, its event is GPE 2.
 */

#include "hw/acpi/pm-chip.h"

enum { CPU_PLUG_PORTS = 32 };

uint64_t cpu_plug_read(struct device *dev, uint64_t at, unsigned size);
void cpu_plug_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);

#define CPU_PLUG_REGION \
    { .name = "acpi-cpu-hotplug", .size = CPU_PLUG_PORTS, .min = 1, .max = 4, .ports = true, .read = cpu_plug_read, \
      .write = cpu_plug_write }

/*
 * What the guest says of CPUs with _OST (ost.c).  start and stop are part of acpi_pm_start() and acpi_pm_stop(); said
 * is for the controller, inside the device.
 */
void cpu_ost_start(struct device *dev);
void cpu_ost_stop(struct device *dev);
void cpu_ost_said(struct device *dev, unsigned slot);
/* Home loop, outside of devices: what it said last of each place, as far as it has left the old registers; in QMP's
 * form, freed with qapi_fini(). */
struct qapi_acpiost_info_list;
void cpu_ost_list(struct machine *m, struct qapi_acpiost_info_list *list);

/* The subsection of the chip's stream, named as the chip has it; only once the guest has left the old registers. */
bool cpu_plug_needed(const struct device *dev);
extern const struct section cpu_plug_section;
#define CPU_PLUG_SUBSECTION(name_) \
    { (name_), 1, 1, .needed = cpu_plug_needed, \
      .fields = (const struct field[]){ PART("cpuhp_state", &cpu_plug_section), {} } }
