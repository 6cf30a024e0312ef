/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* VM generation ID: what tables, the monitor and fw_cfg know of it. */

#include <stdint.h>

struct machine;

/* The files by which tables and firmware find the identifier. */
#define VMGENID_FILE_GUID "etc/vmgenid_guid"
#define VMGENID_FILE_ADDR "etc/vmgenid_addr"
enum { VMGENID_FILE_BYTES = 4096, VMGENID_GUID_AT = 40 };

/* The machine's generation as text; NULL: it has no such device. */
const char *vmgenid_text(struct machine *m);
