/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * PIIX3 ISA bridge: what the board wires, and the registers that firmware programs
 *
 * Before realize the board gives the GSI router; after it "isa.0" exists.
 */

#include "hw/isa/isa.h"
#include "hw/pci/pci.h"

enum { PIIX3_PIRQS = 4, PIIX3_PIRQRC_A = 0x60 };

void piix3_set_gsi(struct device *piix3, const struct irq_sink *gsi);
struct isa_bus *piix3_isa(struct device *piix3);
