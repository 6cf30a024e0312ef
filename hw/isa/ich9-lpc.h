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
/* Before realize: a machine without system management mode. */
void ich9_lpc_set_no_smm(struct device *lpc);

/*
 * SMI features, for fw_cfg: the content of etc/smi/supported-features (a little-endian number of 8 bytes), the 8 bytes
 * of etc/smi/requested-features, which the guest may write, and the one of etc/smi/features-ok; when that file is
 * selected, negotiate.  Any thread, one at a time.
 */
uint64_t ich9_lpc_smi_supported(const struct device *lpc);
uint8_t *ich9_lpc_smi_requested(struct device *lpc);
uint8_t *ich9_lpc_smi_features_ok(struct device *lpc);
void ich9_lpc_smi_negotiate(struct device *lpc);

/* Register numbers that firmware, and a direct boot in its place, programs. */
enum { LPC_PMBASE = 0x40, LPC_ACPI_CNTL = 0x44, LPC_RCBA = 0xf0 };
enum { LPC_PMBASE_BYTES = 128, LPC_ACPI_ENABLE = 0x80 };
