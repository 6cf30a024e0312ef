/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Option ROMs that a user gives to the firmware (-option-rom).  Home loop.
 */

#include <stdint.h>

struct board_config;
struct device;
struct error;
struct machine;

/* A wish of the user's.  index: which the firmware tries first; -1: it does not boot from it. */
struct rom_config { char *path; int32_t index; };

/* Adds them to fw_cfg, each as genroms/NAME.  Errors name -option-rom, file and what is wrong with it. */
int rom_files_add(struct machine *m, struct device *fw_cfg, const struct board_config *cfg, struct error **err);
/* What the firmware has to try first, a line each, in order; the caller's to free().  kernel: the path of the ROM that
 * starts -kernel, whose index is 0, or NULL.  NULL: nothing. */
char *rom_boot_list(const struct board_config *cfg, const char *kernel);
