/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A line editor for a terminal, one byte at a time
 *
 * Keys: cursor left and right, C-a C-b C-e C-f, Home, End; backspace, C-d and Delete; C-w; history with
 * up and down, C-p and C-n; Tab completes.  The terminal needs to understand ESC [ D, ESC [ C and ESC [ K.
 */

#include <stdbool.h>
#include <stddef.h>

enum { READLINE_BYTES = 4096, READLINE_HISTORY = 64 };

struct readline {
    /* set by the owner */
    void (*show)(struct readline *r, const char *bytes, size_t n);
    void (*line)(struct readline *r, const char *line);
    /* Finds what may be added to the text before the cursor; returns its length, up to n.  May be NULL. */
    size_t (*complete)(struct readline *r, const char *before, char *add, size_t n);
    const char *prompt;
    /* private */
    char text[READLINE_BYTES];
    size_t len, at;             /* the cursor */
    unsigned escape;            /* bytes of an escape sequence seen */
    int parameter;
    char *history[READLINE_HISTORY];
    unsigned history_num, history_at;
};

void readline_fini(struct readline *r);
void readline_prompt(struct readline *r);               /* shows the prompt for a new line */
void readline_put(struct readline *r, unsigned char byte);
