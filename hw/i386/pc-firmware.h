/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a PC tells its firmware through fw_cfg.  Home loop.
 */

#include "hw/i386/board.h"
#include "hw/i386/pc.h"

/* Makes the machine's fw_cfg with all that is known before devices are there: sizes, CPUs, e820, boot wishes, and
 * what the user gives. */
int pc_firmware_new(struct machine *m, const struct board_config *cfg, struct error **err);
/* Last, after all devices: the order in which to try them, and SMBIOS.  first: paths that come before all others, a
 * line each, or NULL. */
int pc_firmware_finish(struct machine *m, const struct board_config *cfg, const char *first, struct error **err);
