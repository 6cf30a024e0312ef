/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Keyboard controller: what its neighbours see
 */

struct device;

/* The mouse on its second port, for vmmouse, which shares the chipset's lock with both. */
struct device *i8042_mouse(struct device *dev);
