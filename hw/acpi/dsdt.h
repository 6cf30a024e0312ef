/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The DSDT's definition block without its header; caller frees.  Private to hw/acpi. */

#include "hw/acpi/tables.h"

GByteArray *dsdt_body(const struct acpi_machine *m);
