/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where text for a person goes: a terminal, or the reply of human-monitor-command
 *
 * Writers end lines with LF; the sink makes CR LF of it.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_out {
    void (*put)(struct text_out *out, const char *text, size_t n);
};

static inline void text_out_puts(struct text_out *out, const char *text)
{
    out->put(out, text, strlen(text));
}

static inline void __attribute__((format(printf, 2, 3))) text_out_printf(struct text_out *out, const char *fmt, ...)
{
    char *text;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    out->put(out, text, (size_t)n);
    free(text);
}

/* For printers that call back for each line, without its LF: opaque is the text_out. */
static inline void text_out_line(void *opaque, const char *line)
{
    text_out_puts(opaque, line);
    text_out_puts(opaque, "\n");
}
