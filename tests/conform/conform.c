/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/conform.h"

/*
 * The generated conformance suite: one type, from its tables to its end, in a child process
 *
 * Invariant: a finding is a line on `out` and one more in `findings`, whoever ends first.
 */

#include "lib/epoch.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_HANGS = 9 };

void conform_finding(struct conform *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(c->out, fmt, ap);
    va_end(ap);
    fputc('\n', c->out);
    fflush(c->out);
    c->n->findings++;
}

uint64_t conform_any(struct conform *c)
{
    c->seed ^= c->seed << 13;
    c->seed ^= c->seed >> 7;
    c->seed ^= c->seed << 17;
    return c->seed * 0x2545f4914f6cdd1dull >> 11 | c->seed << 53;
}

/* What the parent reads when the child did not come back: the step that it was in. */
static char *step_name;
enum { STEP_BYTES = 256 };

static void out_of_time(int signal)
{
    (void)signal;
    _exit(EXIT_HANGS);
}

void conform_where(const char *fmt, ...)
{
    va_list ap;

    if (!step_name)
        return;
    va_start(ap, fmt);
    vsnprintf(step_name, STEP_BYTES, fmt, ap);
    va_end(ap);
}

void conform_step(const struct conform *c, const char *step)
{
    struct itimerval limit = { .it_value = { c->limit_ms / 1000, c->limit_ms % 1000 * 1000 } };

    conform_where("%s", step);
    setitimer(ITIMER_PROF, &limit, NULL);
}

static void walk_section(const struct section *s, void (*fn)(const struct conform_field *f, void *opaque),
                         void *opaque);

static void walk(const struct section *s, const struct field *fields, uint32_t base, bool top,
                 void (*fn)(const struct conform_field *f, void *opaque), void *opaque)
{
    for (const struct field *f = fields; f->name; f++) {
        struct conform_field at = { s, f, base + f->off, top };

        if (f->kind != FIELD_STRUCT) {
            fn(&at, opaque);
            continue;
        }
        if (f->section) {
            walk_section(f->section, fn, opaque);
            continue;
        }
        for (uint32_t i = 0; i < f->count; i++)
            walk(s, f->nested, base + f->off + i * f->size, false, fn, opaque);
    }
}

static void walk_section(const struct section *s, void (*fn)(const struct conform_field *f, void *opaque), void *opaque)
{
    for (; s; s = s->also) {
        walk(s, s->fields, 0, true, fn, opaque);
        for (const struct section *sub = s->subs; sub && sub->name; sub++)
            walk_section(sub, fn, opaque);
    }
}

void conform_fields(const struct device_type *t, void (*fn)(const struct conform_field *f, void *opaque), void *opaque)
{
    walk_section(t->type.state, fn, opaque);
}

void conform_run(struct conform *c)
{
    unsigned before = c->n->findings;

    c->n->types++;
    conform_step(c, "tables");
    conform_tables(c);
    if (c->n->findings != before)       /* what the tables get wrong, the rest would say again and again */
        return;
    conform_reset(c);
    conform_access(c);
    conform_streams(c);
    conform_lives(c);
}

static void child(const struct conform *from)
{
    struct conform c = *from;

    signal(SIGPROF, out_of_time);
    epoch_thread_init();
    conform_run(&c);
    epoch_thread_fini();
    fflush(c.out);
    _exit(0);
}

void conform_type(const struct conform *c)
{
    struct conform mine = *c;
    int status = 0;
    pid_t pid;

    step_name = mmap(NULL, STEP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    mine.n = mmap(NULL, sizeof(*mine.n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *mine.n = *c->n;
    fflush(NULL);
    pid = fork();
    if (!pid)
        child(&mine);
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        conform_finding(&mine, "%s: %s ends with signal %d (%s)", c->type->type.name, step_name, WTERMSIG(status),
                        strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == EXIT_HANGS)
        conform_finding(&mine, "%s: %s hangs", c->type->type.name, step_name);
    else if (WEXITSTATUS(status))
        conform_finding(&mine, "%s: %s ends with status %d", c->type->type.name, step_name, WEXITSTATUS(status));
    *c->n = *mine.n;
    munmap(mine.n, sizeof(*mine.n));
    munmap(step_name, STEP_BYTES);
    step_name = NULL;
}
