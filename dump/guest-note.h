/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * VMCOREINFO: the note that a guest's kernel left about itself, where the device vmcoreinfo was told of it
 */

struct _GByteArray;
struct machine;
struct ranges;

/* Appends the note.  What the guest said is not to be relied on: what is no note is left out, with a warning.  A
 * machine without the device: nothing. */
void guest_note_append(struct _GByteArray *out, const struct machine *m, const struct ranges *memory);
