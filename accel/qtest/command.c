/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/qtest/server.h"

/*
 * qtest: what a line means
 *
 * Words are separated by single spaces, numbers are written as in C.  What the reference would end
 * the process for (a missing word, a broken number, a port beyond 65535) is answered with FAIL.
 */

#include "core/accel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool qtest_number(const char *word, uint64_t *val)
{
    char *end;

    if (!word || !((*word >= '0' && *word <= '9') || *word == '-'))
        return false;
    errno = 0;
    *val = strtoull(word, &end, 0);
    return !errno && !*end && end != word;
}

void qtest_step(struct qtest *q)
{
    enum { TIMERS = 10000 };

    q->stepping = !machine_clock_run(q->m, q->step_to_ns, TIMERS);
    if (!q->stepping)
        qtest_reply(q, "OK %" G_GUINT64_FORMAT, machine_clock_ns(q->m));
}

static void clock_to(struct qtest *q, uint64_t at_ns)
{
    uint64_t now = machine_clock_ns(q->m);

    q->step_to_ns = at_ns > now ? at_ns : now;
    qtest_step(q);
}

static void clock_step(struct qtest *q, const char *word)
{
    uint64_t now = machine_clock_ns(q->m), ns = 0, at = machine_clock_next(q->m);

    if (word && (*word == '-' || !qtest_number(word, &ns)))
        qtest_reply(q, "FAIL clock_step: '%s' is not a number of nanoseconds", word);
    else if (word)
        clock_to(q, __builtin_add_overflow(now, ns, &at) ? TIMER_OFF - 1 : at);
    else
        clock_to(q, at == TIMER_OFF ? now : at);
}

static bool clock_command(struct qtest *q, char **word, unsigned n)
{
    bool steps = q->m->accel && q->m->accel->ops->steps_clock;
    uint64_t at;

    if (steps && !strcmp(word[0], "clock_step")) {
        clock_step(q, n > 1 ? word[1] : NULL);
        return true;
    }
    if (steps && !strcmp(word[0], "clock_set")) {
        if (qtest_number(word[1], &at))
            clock_to(q, at);
        else
            qtest_reply(q, "FAIL clock_set: a time in ns is needed");
        return true;
    }
    return false;
}

static bool line_command(struct qtest *q, char **word, unsigned n)
{
    bool out = !strcmp(word[0], "irq_intercept_out");
    uint64_t line, level;

    if (out || !strcmp(word[0], "irq_intercept_in")) {
        if (n < 2)
            qtest_reply(q, "FAIL %s: a path is needed", word[0]);
        else
            qtest_intercept(q, word[1], out);
        return true;
    }
    if (strcmp(word[0], "set_irq_in"))
        return false;
    if (n < 5 || !qtest_number(word[3], &line) || !qtest_number(word[4], &level))
        qtest_reply(q, "FAIL set_irq_in: path, name, line and level are needed");
    else
        qtest_set_line(q, word[1], word[2], line, level);
    return true;
}

/* Splits at spaces; the last word takes the rest. */
static unsigned split(char *line, char **word)
{
    unsigned n = 0;

    for (char *s; n < QTEST_WORDS && (s = strsep(&line, " ")); n++)
        word[n] = s;
    return n;
}

void qtest_command(struct qtest *q, char *line)
{
    char *word[QTEST_WORDS + 1] = { NULL };
    unsigned n = split(line, word);

    if (n && (qtest_access(q, word, n) || clock_command(q, word, n) || line_command(q, word, n)))
        ;
    else if (n && !strcmp(word[0], "endianness"))
        qtest_reply(q, "OK little");
    else if (n && !strcmp(word[0], "module_load"))
        qtest_reply(q, "FAIL");
    else
        qtest_reply(q, "FAIL Unknown command '%s'", n ? word[0] : "");
}
