/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Interrupt controllers as the human monitor shows them, line by line without its LF.  Home loop, inside no device.
 */

struct machine;

/* I/O APIC, then the 8259s: `info pic`. */
void intc_print(struct machine *m, void (*out)(void *opaque, const char *line), void *opaque);
/* How often each input rose, by controller: `info irq`. */
void intc_counts_print(struct machine *m, void (*out)(void *opaque, const char *line), void *opaque);
