/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tables as firmware gets them: blobs, and their fixups as commands of the linker/loader script. */

#include "hw/acpi/files.h"
#include "hw/acpi/tables.h"

/* b: initialised, and empty.  t is left without its blobs. */
void acpi_tables_script(struct acpi_tables *t, struct acpi_build *b);
