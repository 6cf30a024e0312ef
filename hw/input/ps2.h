/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * PS/2 keyboard and mouse: what the controller sees of them
 *
 * Controller and devices share the chipset's lock, so the wires between them are function calls.  A device
 * tells its controller after each input event that there may be bytes.
 */

#include "core/device.h"

/* Who has the other end of the wire; before realize.  moved(): under the chipset's lock. */
struct ps2_port {
    void (*moved)(struct ps2_port *p);
};
void ps2_kbd_connect(struct device *kbd, struct ps2_port *port);
void ps2_mouse_connect(struct device *mouse, struct ps2_port *port);

/* Under the chipset's lock. */
bool ps2_pending(const struct device *dev);     /* of either: has it a byte to send? */
uint8_t ps2_read(struct device *dev);           /* takes it; none: 0 */
/* Sends a packet, if the guest has enabled packets, although nothing moved: vmmouse's way to be looked at. */
void ps2_mouse_nudge(struct device *mouse);
void ps2_kbd_write(struct device *kbd, uint8_t byte);
void ps2_mouse_write(struct device *mouse, uint8_t byte);
/* The controller's translation to set 1, which is done before bytes queue. */
void ps2_kbd_translate(struct device *kbd, bool on);
