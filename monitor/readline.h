/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A line editor for a terminal, one byte at a time
 *
 * Keys: cursor left and right, C-a C-b C-e C-f, Home, End; backspace, C-d and Delete; C-w, C-u and C-k; history with
 * up and down, C-p and C-n; C-l clears the screen; Tab completes, and shows a list where there is a choice.  The
 * terminal needs to understand ESC [ D, ESC [ C, ESC [ K, ESC [ 2 J and ESC [ H.
 */

#include <stdbool.h>
#include <stddef.h>

enum { READLINE_BYTES = 4096, READLINE_HISTORY = 64, READLINE_WORDS = 1024 };

/* What may stand in place of the text from start to the cursor. */
struct readline_words { char *word[READLINE_WORDS]; unsigned n; size_t start; };
void readline_words_add(struct readline_words *w, const char *word);    /* copies; one too many is left out */

struct readline {
    /* set by the owner */
    void (*show)(struct readline *r, const char *bytes, size_t n);
    void (*line)(struct readline *r, const char *line);
    /* Finds what may stand there; words begin with what is there.  May be NULL. */
    void (*complete)(struct readline *r, const char *before, struct readline_words *words);
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
