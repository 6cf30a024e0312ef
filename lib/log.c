/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/log.h"

/*
 * The log (see log.h)
 *
 * A line is formatted on the stack and written by one write(2) under a lock, so lines of threads never
 * mix.  guest_errors may write BURST lines in any second; what is dropped is counted and said with
 * the next line that gets through, and at the end.
 */

#include "lib/error.h"
#include "lib/file.h"
#include "lib/lock.h"
#include "lib/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 100 };

_Atomic uint32_t log_mask;

static struct lock log_lock = { .mutex = PTHREAD_MUTEX_INITIALIZER, .rank = RANK_LOG };
static int log_fd = STDERR_FILENO;
static struct { bool moment; const char *name; } stamp;
static struct { int64_t second; unsigned lines; unsigned long dropped; } guest_errors;

static const struct {
    const char *name, *doc;     /* no doc: known by name, but this version cannot do it */
    uint32_t class;
} classes[] = {
    { "out_asm" },
    { "in_asm", "guest code as it is decoded", LOG_IN_ASM },
    { "op" }, { "op_opt" }, { "op_ind" },
    { "int", "interrupts and exceptions", LOG_INT },
    { "exec", "blocks of guest code as they are entered", LOG_EXEC },
    { "cpu" }, { "fpu" }, { "mmu" }, { "pcall" },
    { "cpu_reset", "the state of a CPU before it is reset", LOG_CPU_RESET },
    { "unimp", "functions that the guest asks for and that are not there", LOG_UNIMP },
    { "guest_errors", "things that a guest should not do (rate-limited)", LOG_GUEST_ERRORS },
    { "page" }, { "nochain" }, { "plugin" }, { "strace" }, { "tid" },
};
enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };

static void write_all(int fd, const char *s, size_t n)
{
    while (n) {
        ssize_t done = write(fd, s, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        s += done;
        n -= done;
    }
}

static void write_line(int fd, const char *prefix, const char *fmt, va_list ap)
{
    char buf[2048];
    int n = snprintf(buf, sizeof(buf) - 1, "%s", prefix);
    int m = vsnprintf(buf + n, sizeof(buf) - 1 - n, fmt, ap);

    if (m < 0)
        return;
    n += m;
    if (n > (int)sizeof(buf) - 2)
        n = sizeof(buf) - 2;
    if (!n || buf[n - 1] != '\n')
        buf[n++] = '\n';
    write_all(fd, buf, n);
}

static void say_dropped(void)
{
    char buf[96];
    int n;

    if (!guest_errors.dropped)
        return;
    n = snprintf(buf, sizeof(buf), "guest_errors: %lu more lines dropped\n", guest_errors.dropped);
    guest_errors.dropped = 0;
    write_all(log_fd, buf, n);
}

static bool guest_errors_allowed(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_sec != guest_errors.second) {
        guest_errors.second = now.tv_sec;
        guest_errors.lines = 0;
        say_dropped();
    }
    if (guest_errors.lines < BURST)
        return guest_errors.lines++, true;
    guest_errors.dropped++;
    return false;
}

void log_line(uint32_t class, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    lock_take(&log_lock);
    if (class != LOG_GUEST_ERRORS || guest_errors_allowed())
        write_line(log_fd, "", fmt, ap);
    lock_drop(&log_lock);
    va_end(ap);
}

void log_stamp(bool moment, const char *name)
{
    stamp.moment = moment;
    stamp.name = name;
}

/* "2026-11-22T03:03:50.755876Z name program: " */
static void prefix_print(char *buf, size_t size)
{
    struct timespec now;
    struct tm utc;
    int n = 0;

    if (stamp.moment) {
        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &utc);
        n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &utc);
        n += snprintf(buf + n, size - n, ".%06ldZ ", now.tv_nsec / 1000);
    }
    snprintf(buf + n, size - n, "%s%s%s: ", stamp.name ? stamp.name : "", stamp.name ? " " : "",
             program_invocation_short_name);
}

void log_warn(const char *fmt, ...)
{
    char prefix[256];
    va_list ap;

    prefix_print(prefix, sizeof(prefix));
    va_start(ap, fmt);
    lock_take(&log_lock);
    write_line(STDERR_FILENO, prefix, fmt, ap);
    lock_drop(&log_lock);
    va_end(ap);
}

static void legal_names(char *buf, size_t size)
{
    size_t n = 0;

    for (unsigned i = 0; i < CLASSES; i++)
        if (classes[i].class)
            n += snprintf(buf + n, size - n, "%s, ", classes[i].name);
    snprintf(buf + n, size - n, "trace:PATTERN");
}

static int parse_one(const char *name, uint32_t *mask, struct error **err)
{
    char legal[200];

    if (!strncmp(name, "trace:", 6)) {
        *mask |= LOG_TRACE;
        return trace_enable(name + 6, err);
    }
    legal_names(legal, sizeof(legal));
    for (unsigned i = 0; i < CLASSES; i++) {
        if (strcmp(name, classes[i].name))
            continue;
        if (!classes[i].class)
            return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-d", name, T("legal: %s", legal));
        *mask |= classes[i].class;
        return 0;
    }
    return error_set(err, -EINVAL, ERROR_UNKNOWN, "-d", name, legal);
}

int log_parse(const char *names, uint32_t *mask, struct error **err)
{
    uint32_t got = 0;

    for (;;) {
        size_t len = strcspn(names, ",");
        char *name = strndup(names, len);
        int r = name ? parse_one(name, &got, err) : -ENOMEM;

        free(name);
        if (r)
            return r;
        if (!names[len])
            break;
        names += len + 1;
    }
    *mask = got;
    return 0;
}

void log_help(void (*print)(void *opaque, const char *name, const char *doc), void *opaque)
{
    for (unsigned i = 0; i < CLASSES; i++)
        if (classes[i].class)
            print(opaque, classes[i].name, classes[i].doc);
    print(opaque, "trace:PATTERN", "trace points");
}

int log_open(const char *path, struct error **err)
{
    const char *percent = path ? strchr(path, '%') : NULL;
    char *name = NULL;
    int fd;

    log_close();
    if (!path)
        return 0;
    if (percent && (percent[1] != 'd' || strchr(percent + 1, '%')))
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-D", path, "one %d, which becomes the process id");
    if (percent ? asprintf(&name, "%.*s%d%s", (int)(percent - path), path, getpid(), percent + 2) < 0
                : !(name = strdup(path)))
        return -ENOMEM;
    fd = file_create(name, O_TRUNC | O_APPEND);
    free(name);
    if (fd < 0)
        return error_set_host(err, fd, "-D", path);
    lock_take(&log_lock);
    log_fd = fd;
    lock_drop(&log_lock);
    return 0;
}

void log_close(void)
{
    lock_take(&log_lock);
    say_dropped();
    if (log_fd != STDERR_FILENO)
        close(log_fd);
    log_fd = STDERR_FILENO;
    lock_drop(&log_lock);
}
