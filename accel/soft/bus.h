/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the software CPU asks of the world around it
 *
 * accel.c binds this to a machine (core's address spaces, the local APIC); unit tests bind it to an
 * array of bytes.  All functions are called on the vCPU's own thread, outside any lock, and may be
 * called again before they return only for another vCPU.
 */

#include <stdbool.h>
#include <stdint.h>

struct soft_page {
    uint8_t *host;              /* the page's first byte; NULL: not plain memory, use read and write */
    bool writable;              /* false for ROM: stores go through write(), which drops them */
    struct soft_page_code *code;    /* where code and dirty marks of this RAM page are kept (smc.h); NULL: none */
};

struct soft_bus {
    /* Looks up the 4 KiB page at gpa (aligned).  Dirty logging is the callee's: it answers
     * writable == false for a clean page under logging until write_begin() marked it dirty. */
    void (*page)(void *opaque, uint64_t gpa, struct soft_page *page);
    uint64_t (*read)(void *opaque, uint64_t gpa, unsigned size);            /* 1, 2, 4 or 8 bytes, within a page */
    void (*write)(void *opaque, uint64_t gpa, unsigned size, uint64_t val);
    uint64_t (*in)(void *opaque, uint16_t port, unsigned size);             /* 1, 2 or 4 bytes */
    void (*out)(void *opaque, uint16_t port, unsigned size, uint64_t val);
    /* The local APIC.  irq_take() acknowledges: the vector moves to in-service; -1: none after all. */
    bool (*irq_pending)(void *opaque);
    int (*irq_take)(void *opaque);
    uint8_t (*tpr_get)(void *opaque);                                       /* CR8: 0 to 15 */
    void (*tpr_set)(void *opaque, uint8_t tpr);
    bool (*apic_msr_read)(void *opaque, uint32_t msr, uint64_t *val);       /* false: #GP */
    bool (*apic_msr_write)(void *opaque, uint32_t msr, uint64_t val);
    uint64_t (*tsc)(void *opaque);                                          /* before env->x.tsc_offset */
    void (*cpuid)(void *opaque, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);  /* eax ebx ecx edx */
    /* Triple fault: the machine resets.  Both return; the vCPU then leaves for its thread's loop. */
    void (*shutdown)(void *opaque);
    void (*smm_changed)(void *opaque, bool smm);                            /* the map of this vCPU changes */
};
