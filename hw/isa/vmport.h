/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * VMware's port: what devices that answer commands there see
 *
 * They share the chipset's lock with the port.
 */

#include "core/device.h"

/* The registers of the CPU that reads the port; what a command changes the CPU has afterwards.
 * In the order in which a command fills them with data. */
struct vmport_regs { uint32_t eax, ebx, ecx, edx, esi, edi; };

typedef void vmport_fn(struct device *dev, struct vmport_regs *r);

/* In realize.  -ENODEV: the machine has no such port; -EBUSY: somebody answers the command. */
int vmport_register(struct device *dev, uint32_t command, vmport_fn *fn, struct error **err);
/* In unrealize: all of dev's. */
void vmport_unregister(struct device *dev);
