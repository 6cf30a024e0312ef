/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Scan codes: what a PS/2 keyboard sends for a key, in its three sets
 */

#include "ui/input.h"

enum { SCANCODES_MAX = 8 };             /* bytes of the longest sequence: Pause */

enum scan_modifier {
    SCAN_SHIFT = 1 << 0, SCAN_SHIFT_R = 1 << 1, SCAN_CTRL = 1 << 2, SCAN_CTRL_R = 1 << 3, SCAN_ALT = 1 << 4,
    SCAN_ALT_R = 1 << 5,
};

/* The modifier that a key is; 0: none. */
unsigned scan_modifier(enum input_key key);
/* Bytes for a key that goes down or up while `modifiers` are held; set is 1 to 3; 0: the set does not have the key. */
unsigned scan_sequence(unsigned set, enum input_key key, bool down, unsigned modifiers, uint8_t bytes[SCANCODES_MAX]);
/* The key of a number as monitors give it: its code in set 1, and 80h more if that has a prefix; else KEY_UNMAPPED. */
enum input_key scan_key(int64_t number);
/* What the keyboard controller makes of n bytes of set 2, in place; fewer remain. */
unsigned scan_translate(uint8_t *bytes, unsigned n);
