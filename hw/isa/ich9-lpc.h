/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ICH9 LPC bridge: what the board wires
 *
 * Before realize the board gives the GSI router; after it "isa.0" exists.
 */

#include "hw/isa/isa.h"
#include "hw/pci/pci.h"

void ich9_lpc_set_gsi(struct device *lpc, const struct irq_sink *gsi);
struct isa_bus *ich9_lpc_isa(struct device *lpc);
/* The power button was pressed; home loop. */
void ich9_lpc_power_button(struct device *lpc);

/* Register numbers that firmware, and a direct boot in its place, programs. */
enum { LPC_PMBASE = 0x40, LPC_ACPI_CNTL = 0x44, LPC_RCBA = 0xf0 };
enum { LPC_PMBASE_BYTES = 128, LPC_ACPI_ENABLE = 0x80, LPC_APM_PORT = 0xb2 };
