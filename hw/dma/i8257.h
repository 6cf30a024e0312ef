/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ISA DMA: what its users (floppy controller, sound cards) and the board see
 *
 * Controllers and users share the chipset's lock (LOCKING_CHIPSET), and so nobody calls anybody: the data moves
 * inside the user's own entry, when the user asks the channel's registers for it.  Where a guest unmasks a
 * channel whose request stands, the controller posts the user's work; that is the user's next entry.
 */

#include "core/device.h"

struct isa_dma {
    struct device *chip;        /* NULL: not attached */
    unsigned channel;           /* of the chip: 0 to 3 */
};

/* In the user's realize.  channel: 0 to 3 move bytes, 5 to 7 words; ready: posted when the channel can run.
 * -ERANGE, -EBUSY: somebody has it; -ENODEV: the machine has no controller. */
int isa_dma_attach(struct isa_dma *d, struct device *user, unsigned channel, struct work *ready, struct error **err);
void isa_dma_detach(struct isa_dma *d);         /* not attached: fine */

/* The rest is called inside the user's entries. */
void isa_dma_request(struct isa_dma *d, bool on);       /* DREQ */
/* Is there a request, and has the guest unmasked the channel and enabled the controller? */
bool isa_dma_ready(const struct isa_dma *d);
/* Bytes until terminal count. */
uint32_t isa_dma_left(const struct isa_dma *d);
/* Move up to n bytes, whole words on a word channel, from or to guest memory; verify mode moves none and counts them.
 * What moved; 0: not ready, or the guest chose the other direction.  *end: terminal count was reached. */
size_t isa_dma_from_memory(struct isa_dma *d, void *buf, size_t n, bool *end);
size_t isa_dma_to_memory(struct isa_dma *d, const void *buf, size_t n, bool *end);

/* The pair of a PC: channels 0 to 3 at 00h, 5 to 7 at C0h. */
int i8257_new_pair(struct machine *m, struct error **err);
