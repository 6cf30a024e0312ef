/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The frame of a migration stream, in the dialect of QEMU 7.2: what stands around device sections
 *
 * Home loop, while the machine stands.
 */

#include <stddef.h>

struct error;
struct machine;
struct wire;

/* A whole stream of the machine's devices, without RAM: header, configuration, sections, end mark, description. */
int stream_save_devices(struct machine *m, struct wire *w, struct error **err);
/* Reads one.  Nothing of the machine changes unless all of it was read and legal.  -EINVAL or -ERANGE with an error. */
int stream_load_devices(struct machine *m, struct wire *w, struct error **err);
