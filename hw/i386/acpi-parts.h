/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the machine has, found for its ACPI tables
 *
 * Devices tell by their type and their properties.  The board fills in what no device knows: windows for
 * BARs, RAM, where the PM chip's ports will be.
 */

#include "core/machine.h"
#include "hw/acpi/tables.h"

enum { ACPI_PARTS_CPUS = 288, ACPI_PARTS_FUNCTIONS = 256 };

struct acpi_parts {
    struct acpi_machine machine;        /* its arrays are those below: not to be copied */
    struct acpi_cpu cpus[ACPI_PARTS_CPUS];
    struct acpi_function functions[ACPI_PARTS_FUNCTIONS];
};

/* Zeroes p, and fills in what is found.  Home loop, when all devices are there. */
void acpi_parts_find(struct machine *m, struct acpi_parts *p);
