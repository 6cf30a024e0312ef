/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The log: what -d and -D ask for, and warnings to a person
 *
 * The mask of classes and the sink are the only mutable file-scope state of lib/; main/ sets them.
 * A class that is off costs one load and a branch.  guest_errors is rate-limited: a guest may not
 * fill a disk.  Any thread; lines are written whole.
 */

#include <stdbool.h>
#include <stdint.h>

struct error;

enum log_class {
    LOG_GUEST_ERRORS = 1 << 0,  /* guest_errors */
    LOG_UNIMP = 1 << 1,         /* unimp */
    LOG_INT = 1 << 2,           /* int: interrupts and exceptions */
    LOG_IN_ASM = 1 << 3,        /* in_asm: guest code as it is decoded */
    LOG_CPU_RESET = 1 << 4,     /* cpu_reset */
    LOG_EXEC = 1 << 5,          /* exec */
    LOG_TRACE = 1 << 6,         /* trace points */
};

extern _Atomic uint32_t log_mask;

static inline bool log_on(uint32_t classes)
{
    return __builtin_expect(log_mask & classes, 0);
}

#define LOG(class, ...) do { if (log_on(class)) log_line(class, __VA_ARGS__); } while (0)
void log_line(uint32_t class, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* To stderr, with the program's name in front; for main/ and warnings that a person must see. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* What stands in front of that from now on: the moment, a name (borrowed; NULL: none).  While there is one thread. */
void log_stamp(bool moment, const char *name);

/* "guest_errors,int" -> mask; errors list the legal names.  "help" is main's. */
int log_parse(const char *names, uint32_t *mask, struct error **err);
void log_help(void (*print)(void *opaque, const char *name, const char *doc), void *opaque);
int log_open(const char *path, struct error **err);     /* %d becomes the process id; NULL: stderr */
void log_close(void);
