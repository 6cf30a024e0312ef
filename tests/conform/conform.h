/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What every device type must hold, proved from its tables; the author of a device writes none of it
 *
 * tables.c proves the description, reset.c the reset values, access.c that a guest can do no harm,
 * stream.c save and load, lives.c that nothing is left behind.  conform.c runs them all, each type
 * in a process of its own: a type that crashes or hangs is a finding too.
 */

#include "core/device.h"
#include "tests/conform/rig.h"

#include <stdio.h>

struct conform_counts {
    unsigned types, regions, fields, registers, props;
    unsigned accesses, streams_refused, streams_taken, lives;
    unsigned findings;
};

struct conform {
    FILE *out;                          /* findings, one line each */
    const struct device_type *type;
    struct conform_counts *n;
    uint64_t seed;
    unsigned accesses;                  /* how many per device */
    unsigned limit_ms;                  /* processor time that a step may take */
    bool all;                           /* every offset of long streams, too */
};

/* In a child process: all that conform_type() finds; *n is added to.  out gets the findings. */
void conform_type(const struct conform *c);
/* In this process, for those who look into it. */
void conform_run(struct conform *c);

void conform_finding(struct conform *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
uint64_t conform_any(struct conform *c);
/* The processor time of this step starts now; when it is over the process ends with a finding: "NAME: STEP hangs". */
void conform_step(const struct conform *c, const char *step);

/* Where in the step we are, for the finding. */
void conform_where(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void conform_tables(struct conform *c);
void conform_reset(struct conform *c);
void conform_access(struct conform *c);
void conform_streams(struct conform *c);
void conform_lives(struct conform *c);

/* Random accesses of every width, aligned or not, inside, at the end and across it, reads and writes. */
void conform_hammer(struct conform *c, struct rig *rig, unsigned times);
/* Does st hold values that its registers and fields allow?  when: "after load". */
bool conform_legal(struct conform *c, const struct device *dev, const char *when);

/* Fields of all sections, subsections and nested tables.  off: of its first element, in st; top: not nested. */
struct conform_field {
    const struct section *section;
    const struct field *field;
    uint32_t off;
    bool top;
};
void conform_fields(const struct device_type *t, void (*fn)(const struct conform_field *f, void *opaque), void *opaque);
