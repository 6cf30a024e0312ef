/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The qtest server's inside: qtest.c (the connection), command.c (what a line means),
 * access.c (memory and ports), lines.c (interrupt lines)
 */

#include "accel/qtest/qtest.h"
#include "chardev/char.h"
#include "core/machine.h"

#include <glib.h>
#include <stdio.h>

enum { QTEST_WORDS = 6, QTEST_LINES = 256 };
enum { QTEST_BYTES_MAX = 64 << 20 };            /* of one read, write or memset */

struct qtest {
    struct machine *m;
    struct char_front front;
    GString *in, *out;          /* not yet a line; not yet taken by the chardev */
    size_t looked;              /* bytes of `in` that have no end of a line */
    struct post next;           /* a line at a time, so that what it caused on the loop comes before the next one */
    FILE *log;
    uint64_t opened_ns;
    const struct device *watched;       /* whose lines are told; NULL: nobody's */
    bool watched_out;
    bool stepping;              /* the clock is on its way to step_to_ns, a bounded number of timers at a time */
    uint64_t step_to_ns;
    bool skipping;              /* the rest of a line that was too long */
    bool level[QTEST_LINES];
};

/* One request, split in place; what it answers goes to qtest_reply(). */
void qtest_command(struct qtest *q, char *line);
void qtest_reply(struct qtest *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Goes on with stepping; answers when the clock has arrived. */
void qtest_step(struct qtest *q);
/* "OK " and a long answer. */
void qtest_reply_text(struct qtest *q, const char *text);

/* access.c.  False: not a command of its kind.  Answers. */
bool qtest_access(struct qtest *q, char **word, unsigned n);
bool qtest_number(const char *word, uint64_t *val);

/* lines.c */
void qtest_intercept(struct qtest *q, const char *path, bool out);
void qtest_set_line(struct qtest *q, const char *path, const char *name, uint64_t line, int64_t level);
void qtest_line_changed(void *opaque, const struct irq *irq, bool level);
