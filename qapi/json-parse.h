/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reading JSON from a stream of bytes, one message at a time
 *
 * A message is one value; nothing is needed between two.  Single quotes delimit strings too.  Memory
 * is bounded by the limits, whatever comes in.  Faults of grammar are reported when the message ends,
 * which is where its brackets balance; faults of spelling (a stray byte) end the message at once, and
 * the reader then passes over everything up to a bracket, a colon, a comma, a control byte or FE/FF.
 */

#include "qapi/json.h"

struct json_limits {
    uint32_t nesting;           /* brackets open at the same time */
    uint32_t tokens;            /* in a message */
    size_t bytes;               /* of all tokens of a message; white space costs nothing */
};
#define JSON_LIMITS_QMP ((struct json_limits){ 1024, 2u << 20, 64u << 20 })

struct json_fault {
    char text[200];             /* the sentence that QMP shows; may hold control bytes and broken UTF-8 */
    uint64_t at;                /* the byte, counted from the first one fed */
    uint64_t line, column;      /* both from 1; column counts bytes */
};

struct json_parser;

struct json_parser *json_parser_new(struct json_limits limits);
void json_parser_free(struct json_parser *p);           /* NULL is fine */
void json_parser_restart(struct json_parser *p);        /* a new peer: forgets the message begun */

/*
 * Consumes from *bytes (moving it and *n) up to the end of one message.  JSON_MORE: all consumed, the
 * message is not complete.  JSON_VALUE: *value is the caller's.  JSON_FAULT: *fault says what is wrong.
 */
enum json_result { JSON_MORE, JSON_VALUE, JSON_FAULT };
enum json_result json_parser_next(struct json_parser *p, const char **bytes, size_t *n,
                                  struct json *value, struct json_fault *fault);

/* One text that must be exactly one value.  0 or -EINVAL with *fault (which may be NULL). */
int json_parse(const char *text, struct json *value, struct json_fault *fault);
