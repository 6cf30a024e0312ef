/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A bare machine for one device: buses, a vCPU that never runs, and a clock that is stepped
 *
 * What a board would wire before a type can be realized stands in the hook table of rig.c.
 */

#include "core/accel.h"
#include "core/machine.h"
#include "cpu/model.h"
#include "hw/isa/isa.h"
#include "hw/pci/pci.h"

struct rig {
    struct machine *m;
    struct device *dev;                 /* the one that is examined */
    struct isa_bus isa;
    struct pci_bus pci;
    struct region pci_memory, ram;      /* ram: what PAM switches; nobody answers there */
    struct cpu_config model;
    struct accel accel;
    uint64_t noise;                     /* what peers send */
};

/* NULL: the type cannot be realized here, and why is in *err. */
struct rig *rig_new(struct loop *loop, const struct device_type *type, struct error **err);
void rig_free(struct rig *rig);
/* Both clocks show the later one's time. */
void rig_meet(struct rig *a, struct rig *b);

/* NULL: the field's reset value is what the tables say.  Else the reason why it is not: a constant of
 * the configuration, or the time; such a field is compared with that of another device of the same age. */
const char *rig_reset_differs(const struct device_type *type, const char *field);
