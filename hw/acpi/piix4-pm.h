/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * PIIX4 power management: what the board wires.  The SMBus "i2c" exists after realize.
 */

#include "core/irq.h"
#include "hw/pci/pci.h"

/* Before realize: where the SCI goes, as line 9. */
void piix4_pm_set_gsi(struct device *pm, const struct irq_sink *gsi);

/* Register numbers that firmware, and a direct boot in its place, programs. */
enum { PIIX4_PMBA = 0x40, PIIX4_PMREGMISC = 0x80, PIIX4_PMIOSE = 1 };
