/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The tokens of JSON (RFC 8259 section 2), byte by byte: private to json-parse.c
 *
 * Invariant: text holds the token begun, and no more than limit bytes of it.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum json_token {
    TOKEN_NONE,                 /* not complete yet */
    TOKEN_PUNCTUATION,          /* one of {}[]:, */
    TOKEN_STRING,               /* text with its quotes and escapes */
    TOKEN_INTEGER,
    TOKEN_FLOAT,
    TOKEN_KEYWORD,              /* lower-case letters */
    TOKEN_STRAY,                /* text ends with the byte that does not belong */
    TOKEN_TOO_LONG,
};

struct json_lexer {
    unsigned state;
    size_t limit;
    GString *text;
};

void json_lexer_init(struct json_lexer *l, size_t limit);
void json_lexer_fini(struct json_lexer *l);
void json_lexer_restart(struct json_lexer *l);

/* Feeds one byte.  *consumed is false when the byte ends the token without being part of it: feed it
 * again.  The text is valid until the next call. */
enum json_token json_lexer_put(struct json_lexer *l, unsigned char byte, bool *consumed);

/* The value of a string token: UTF-8 from malloc, or NULL with the reason in why[n]. */
char *json_string_decode(const GString *token, char *why, size_t n);
