/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * 8254: state and tables, private to i8254.c (the chip) and i8254-inside.c (one that the accelerator keeps)
 */

#include "core/device.h"
#include "hw/timer/i8254.h"

enum { CHANNELS = 3, SECOND_NS = 1000000000 };
/* How the two bytes of a count come and go; also the states of reading and writing. */
enum { RW_LATCH, RW_LOW, RW_HIGH, RW_BOTH, RW_BOTH_HIGH };

struct channel {
    uint64_t load_ns, next_ns;
    uint32_t count;                     /* 1 to 65536 */
    uint16_t latched_count;
    uint8_t count_latched;              /* which bytes of it are still to be read: RW_... */
    uint8_t status_latched, status;
    uint8_t read_state, write_state, write_latch;
    uint8_t rw_mode, mode, bcd, gate;
};

struct pit_state {
    uint64_t next_ns;               /* of channel 0; TIMER_OFF while it stays as it is */
    uint64_t irq_disabled;          /* the HPET has taken over */
    struct channel channel[CHANNELS];
};

extern const struct section pit_section;
