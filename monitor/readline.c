/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/readline.h"

/*
 * A line editor for a terminal (see readline.h)
 *
 * Every change shows the whole line again: cursor to its start, text, erase to the end of the line,
 * cursor to its place.  Programs that drive a monitor know it so.
 *
 * Invariant: at <= len < READLINE_BYTES, and text[len] is zero.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ESC = 0x1b, SCREEN_COLUMNS = 80 };

void readline_fini(struct readline *r)
{
    for (unsigned i = 0; i < r->history_num; i++)
        free(r->history[i]);
    r->history_num = 0;
}

static void show(struct readline *r, const char *s)
{
    r->show(r, s, strlen(s));
}

static void left(struct readline *r, size_t n)
{
    while (n--)
        show(r, "\x1b[D");
}

static void show_line(struct readline *r, size_t cursor_was)
{
    left(r, cursor_was);
    r->show(r, r->text, r->len);
    show(r, "\x1b[K");
    left(r, r->len - r->at);
}

static void move(struct readline *r, size_t to)
{
    if (to < r->at)
        left(r, r->at - to);
    for (size_t i = r->at; i < to; i++)
        show(r, "\x1b[C");
    r->at = to;
}

static void insert(struct readline *r, const char *s, size_t n)
{
    size_t was = r->at;

    if (r->len + n >= READLINE_BYTES)
        return;
    memmove(r->text + r->at + n, r->text + r->at, r->len - r->at + 1);
    memcpy(r->text + r->at, s, n);
    r->len += n;
    r->at += n;
    show_line(r, was);
}

static void erase(struct readline *r, size_t from, size_t to)
{
    size_t was = r->at;

    if (from == to)
        return;
    memmove(r->text + from, r->text + to, r->len - to + 1);
    r->len -= to - from;
    r->at = from;
    show_line(r, was);
}

static void erase_word(struct readline *r)
{
    size_t from = r->at;

    while (from && r->text[from - 1] == ' ')
        from--;
    while (from && r->text[from - 1] != ' ')
        from--;
    erase(r, from, r->at);
}

static void replace(struct readline *r, const char *s)
{
    size_t was = r->at;

    r->len = r->at = strnlen(s, READLINE_BYTES - 1);
    memcpy(r->text, s, r->len);
    r->text[r->len] = '\0';
    show_line(r, was);
}

static void history_go(struct readline *r, int by)
{
    if (by < 0 ? !r->history_at : r->history_at >= r->history_num)
        return;
    r->history_at += (unsigned)by;
    replace(r, r->history_at < r->history_num ? r->history[r->history_at] : "");
}

/* The line goes to the end of the history, and is there once. */
static void history_add(struct readline *r)
{
    unsigned i;

    if (!r->len)
        return;
    for (i = 0; i < r->history_num && strcmp(r->history[i], r->text); i++)
        ;
    if (i == r->history_num && i == READLINE_HISTORY)
        i = 0;
    if (i < r->history_num) {
        free(r->history[i]);
        memmove(&r->history[i], &r->history[i + 1], (r->history_num - i - 1) * sizeof(r->history[0]));
        r->history_num--;
    }
    r->history[r->history_num] = strdup(r->text);
    assert(r->history[r->history_num]);
    r->history_num++;
}

static void enter(struct readline *r)
{
    char line[READLINE_BYTES];

    history_add(r);
    memcpy(line, r->text, r->len + 1);
    show(r, "\r\n");
    r->line(r, line);
}

void readline_words_add(struct readline_words *w, const char *word)
{
    if (w->n == READLINE_WORDS)
        return;
    w->word[w->n] = strdup(word);
    assert(w->word[w->n]);
    w->n++;
}

static int words_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How much all of them have in common. */
static size_t words_common(const struct readline_words *w)
{
    const char *first = w->word[0], *last = w->word[w->n - 1];          /* they are in order */
    size_t n = 0;

    while (first[n] && first[n] == last[n])
        n++;
    return n;
}

/* In columns, and then the line again. */
static void words_show(struct readline *r, const struct readline_words *w)
{
    size_t width = 10, columns;

    for (unsigned i = 0; i < w->n; i++)
        width = strlen(w->word[i]) + 2 > width ? strlen(w->word[i]) + 2 : width;
    columns = width < SCREEN_COLUMNS ? SCREEN_COLUMNS / width : 1;
    show(r, "\r\n");
    for (unsigned i = 0; i < w->n; i++) {
        show(r, w->word[i]);
        for (size_t n = strlen(w->word[i]); n < width; n++)
            show(r, " ");
        if (i + 1 == w->n || (i + 1) % columns == 0)
            show(r, "\r\n");
    }
    show(r, r->prompt);
    show_line(r, 0);
}

/* What a list will show anyway is not shown twice. */
static void add_quietly(struct readline *r, const char *s, size_t n)
{
    if (r->len + n >= READLINE_BYTES)
        return;
    memmove(r->text + r->at + n, r->text + r->at, r->len - r->at + 1);
    memcpy(r->text + r->at, s, n);
    r->len += n;
    r->at += n;
}

static void words_use(struct readline *r, struct readline_words *w)
{
    size_t there = r->at - w->start, common;

    qsort(w->word, w->n, sizeof(w->word[0]), words_order);
    common = words_common(w);
    if (w->n == 1) {
        size_t was = r->at;

        add_quietly(r, w->word[0] + there, common - there);
        if (common && w->word[0][common - 1] != '/')
            add_quietly(r, " ", 1);
        show_line(r, was);
    } else {
        add_quietly(r, w->word[0] + there, common - there);
        words_show(r, w);
    }
}

static void complete(struct readline *r)
{
    struct readline_words words = { .n = 0 };
    char before[READLINE_BYTES];

    memcpy(before, r->text, r->at);
    before[r->at] = '\0';
    if (r->complete)
        r->complete(r, before, &words);
    if (words.n)
        words_use(r, &words);
    for (unsigned i = 0; i < words.n; i++)
        free(words.word[i]);
}

void readline_prompt(struct readline *r)
{
    r->len = r->at = r->escape = 0;
    r->text[0] = '\0';
    r->history_at = r->history_num;
    show(r, r->prompt);
}

/* ESC [ has been seen; digits may come before the letter. */
static void escape_put(struct readline *r, unsigned char c)
{
    if (c >= '0' && c <= '9') {
        r->parameter = r->parameter < 100 ? r->parameter * 10 + c - '0' : r->parameter;
        return;
    }
    r->escape = 0;
    if (c == 'A' || c == 'B')
        history_go(r, c == 'A' ? -1 : 1);
    else if (c == 'C' && r->at < r->len)
        move(r, r->at + 1);
    else if (c == 'D' && r->at)
        move(r, r->at - 1);
    else if (c == 'H' || c == 'F')
        move(r, c == 'H' ? 0 : r->len);
    else if (c == '~' && (r->parameter == 1 || r->parameter == 4))
        move(r, r->parameter == 1 ? 0 : r->len);
    else if (c == '~' && r->parameter == 3 && r->at < r->len)
        erase(r, r->at, r->at + 1);
}

static void control_put(struct readline *r, unsigned char c)
{
    switch (c) {
    case 1: move(r, 0); return;
    case 2: move(r, r->at - (r->at > 0)); return;
    case 4: erase(r, r->at, r->at + (r->at < r->len)); return;
    case 5: move(r, r->len); return;
    case 6: move(r, r->at + (r->at < r->len)); return;
    case '\b': erase(r, r->at - (r->at > 0), r->at); return;
    case '\t': complete(r); return;
    case '\n':
    case '\r': enter(r); return;
    case 11: erase(r, r->at, r->len); return;
    case 12:
        show(r, "\x1b[2J\x1b[1;1H");
        show(r, r->prompt);
        show_line(r, 0);
        return;
    case 14: history_go(r, 1); return;
    case 16: history_go(r, -1); return;
    case 21: erase(r, 0, r->at); return;
    case 23: erase_word(r); return;
    case ESC: r->escape = 1; r->parameter = 0; return;
    default: return;
    }
}

void readline_put(struct readline *r, unsigned char c)
{
    if (r->escape == 1) {
        r->escape = c == '[' || c == 'O' ? 2 : 0;
    } else if (r->escape == 2) {
        escape_put(r, c);
    } else if (c == 0x7f) {
        control_put(r, '\b');
    } else if (c < ' ') {
        control_put(r, c);
    } else {
        char s = (char)c;

        insert(r, &s, 1);
    }
}
