/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/json-parse.h"

/*
 * Reading JSON from a stream of bytes (see json-parse.h)
 *
 * The parser is a machine with a stack of open containers and does not recurse.  Once a message has a
 * fault its tree is dropped and only its brackets are counted, until they balance or one kind of them
 * is closed more often than opened.
 *
 * Invariant: stack->len == number of open containers while there is no fault; braces and brackets
 * are what the message has opened and not closed.
 */

#include "qapi/json-lex.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum expect { VALUE_OR_END, VALUE, KEY_OR_END, KEY, COLON, SEPARATOR };

struct frame {
    struct json container;
    char *key;
    enum expect expect;
};

struct json_parser {
    struct json_limits limits;
    struct json_lexer lexer;
    GArray *stack;              /* of struct frame */
    struct json top;            /* the finished value */
    bool faulty;
    struct json_fault fault;
    long braces, brackets;
    uint32_t tokens;
    size_t bytes;
    uint64_t at, line, column;
};

static void frame_fini(void *data)
{
    struct frame *f = data;

    json_fini(&f->container);
    free(f->key);
}

struct json_parser *json_parser_new(struct json_limits limits)
{
    struct json_parser *p = calloc(1, sizeof(*p));

    assert(p);
    p->limits = limits;
    json_lexer_init(&p->lexer, limits.bytes);
    p->stack = g_array_new(FALSE, FALSE, sizeof(struct frame));
    g_array_set_clear_func(p->stack, frame_fini);
    p->line = 1;
    return p;
}

static void message_drop(struct json_parser *p)
{
    g_array_set_size(p->stack, 0);
    json_fini(&p->top);
}

static void message_reset(struct json_parser *p)
{
    message_drop(p);
    p->faulty = false;
    p->braces = p->brackets = 0;
    p->tokens = 0;
    p->bytes = 0;
}

void json_parser_restart(struct json_parser *p)
{
    message_reset(p);
    json_lexer_restart(&p->lexer);
    p->at = p->column = 0;
    p->line = 1;
}

void json_parser_free(struct json_parser *p)
{
    if (!p)
        return;
    message_reset(p);
    g_array_free(p->stack, TRUE);
    json_lexer_fini(&p->lexer);
    free(p);
}

/* The first fault of a message is the one that is told. */
static void __attribute__((format(printf, 2, 3))) fault_set(struct json_parser *p, const char *fmt, ...)
{
    va_list ap;

    if (p->faulty)
        return;
    p->faulty = true;
    va_start(ap, fmt);
    vsnprintf(p->fault.text, sizeof(p->fault.text), fmt, ap);
    va_end(ap);
    p->fault.at = p->at - 1;
    p->fault.line = p->line;
    p->fault.column = p->column;
    message_drop(p);
}

static struct frame *top_frame(struct json_parser *p)
{
    return p->stack->len ? &g_array_index(p->stack, struct frame, p->stack->len - 1) : NULL;
}

static void value_place(struct json_parser *p, struct json value)
{
    struct frame *f = top_frame(p);

    if (!f) {
        p->top = value;
        return;
    }
    f->expect = SEPARATOR;
    if (f->container.kind == JSON_ARRAY) {
        json_append(&f->container, value);
    } else if (!json_set(&f->container, f->key, value)) {
        fault_set(p, "JSON parse error, duplicate key");
    } else {
        free(f->key);
        f->key = NULL;
    }
}

static struct json number_value(enum json_token token, const char *text)
{
    if (token == TOKEN_INTEGER) {
        char *end;

        errno = 0;
        long long i = strtoll(text, &end, 10);
        if (!errno)
            return json_int(i);
        errno = 0;
        unsigned long long u = strtoull(text, &end, 10);
        if (!errno && *text != '-')
            return json_uint(u);
    }
    return json_double(g_ascii_strtod(text, NULL));
}

static void scalar(struct json_parser *p, enum json_token token)
{
    const char *text = p->lexer.text->str;
    char why[120], *s;

    if (token != TOKEN_KEYWORD && token != TOKEN_STRING)
        value_place(p, number_value(token, text));
    else if (token == TOKEN_STRING && (s = json_string_decode(p->lexer.text, why, sizeof(why))))
        value_place(p, json_string_take(s));
    else if (token == TOKEN_STRING)
        fault_set(p, "JSON parse error, %s", why);
    else if (!strcmp(text, "null"))
        value_place(p, json_null());
    else if (!strcmp(text, "true") || !strcmp(text, "false"))
        value_place(p, json_bool(*text == 't'));
    else
        fault_set(p, "JSON parse error, invalid keyword '%s'", text);
}

static void container_open(struct json_parser *p, char bracket)
{
    struct frame f = { .container = bracket == '[' ? json_array() : json_object(),
                       .expect = bracket == '[' ? VALUE_OR_END : KEY_OR_END };

    g_array_append_val(p->stack, f);
}

static void container_close(struct json_parser *p)
{
    struct frame *f = top_frame(p);
    struct json value = f->container;

    f->container = json_null();
    g_array_set_size(p->stack, p->stack->len - 1);
    value_place(p, value);
}

static void key_token(struct json_parser *p, struct frame *f, enum json_token token, char c)
{
    char why[120];

    if (token == TOKEN_PUNCTUATION && c != '{' && c != '[') {
        fault_set(p, "JSON parse error, expecting value");
    } else if (token != TOKEN_STRING) {
        fault_set(p, "JSON parse error, key is not a string in object");
    } else {
        f->key = json_string_decode(p->lexer.text, why, sizeof(why));
        f->expect = COLON;
        if (!f->key)
            fault_set(p, "JSON parse error, %s", why);
    }
}

static void separator_token(struct json_parser *p, struct frame *f, char c)
{
    bool array = f->container.kind == JSON_ARRAY;

    if (c == (array ? ']' : '}'))
        container_close(p);
    else if (c == ',')
        f->expect = array ? VALUE : KEY;
    else
        fault_set(p, "JSON parse error, expected separator in %s", array ? "list" : "dict");
}

/* c is the punctuation, or 0 for any other token. */
static void grammar(struct json_parser *p, enum json_token token, char c)
{
    struct frame *f = top_frame(p);
    enum expect expect = f ? f->expect : VALUE;

    if (expect == SEPARATOR)
        separator_token(p, f, c);
    else if ((expect == KEY_OR_END && c == '}') || (expect == VALUE_OR_END && c == ']'))
        container_close(p);
    else if (expect == KEY || expect == KEY_OR_END)
        key_token(p, f, token, c);
    else if (expect == COLON && c == ':')
        f->expect = VALUE;
    else if (expect == COLON)
        fault_set(p, "JSON parse error, missing : in object pair");
    else if (c == '{' || c == '[')
        container_open(p, c);
    else if (c)
        fault_set(p, "JSON parse error, expecting value");
    else
        scalar(p, token);
}

static bool limits_allow(struct json_parser *p, enum json_token token)
{
    const char *which = NULL;

    if (token == TOKEN_TOO_LONG || p->bytes + p->lexer.text->len > p->limits.bytes)
        which = "token size";
    else if (p->tokens >= p->limits.tokens)
        which = "token count";
    else if (p->braces + p->brackets > (long)p->limits.nesting)
        which = "nesting depth";
    p->tokens++;
    p->bytes += p->lexer.text->len;
    if (!which)
        return true;
    p->faulty = false;          /* what ends the message is told rather than what is wrong inside it */
    fault_set(p, "JSON %s limit exceeded", which);
    return false;
}

/* Takes a token; true when it ends the message. */
static bool token_take(struct json_parser *p, enum json_token token)
{
    const char *text = p->lexer.text->str;
    char c = token == TOKEN_PUNCTUATION ? *text : '\0';

    p->braces += c == '{' ? 1 : c == '}' ? -1 : 0;
    p->brackets += c == '[' ? 1 : c == ']' ? -1 : 0;
    if (token == TOKEN_STRAY) {
        p->faulty = false;
        fault_set(p, "JSON parse error, stray '%s'", text);
        return true;
    }
    if (!limits_allow(p, token))
        return true;
    if (!p->faulty)
        grammar(p, token, c);
    return p->braces < 0 || p->brackets < 0 || (!p->braces && !p->brackets);
}

static enum json_result message_end(struct json_parser *p, struct json *value, struct json_fault *fault)
{
    bool faulty = p->faulty;

    if (faulty)
        *fault = p->fault;
    else
        *value = p->top;
    if (!faulty)
        p->top = json_null();
    message_reset(p);
    return faulty ? JSON_FAULT : JSON_VALUE;
}

enum json_result json_parser_next(struct json_parser *p, const char **bytes, size_t *n,
                                  struct json *value, struct json_fault *fault)
{
    while (*n) {
        bool consumed;
        char c = **bytes;

        p->at++;
        p->column++;
        enum json_token token = json_lexer_put(&p->lexer, (unsigned char)c, &consumed);
        bool end = token != TOKEN_NONE && token_take(p, token);
        if (consumed) {
            ++*bytes;
            --*n;
        } else {
            p->at--;
            p->column--;
        }
        if (consumed && c == '\n') {
            p->line++;
            p->column = 0;
        }
        if (end)
            return message_end(p, value, fault);
    }
    return JSON_MORE;
}

int json_parse(const char *text, struct json *value, struct json_fault *fault)
{
    struct json_parser *p = json_parser_new(JSON_LIMITS_QMP);
    struct json second = json_null();
    struct json_fault local;
    size_t n = strlen(text), newline = 1;
    const char *end = "\n";
    enum json_result r;

    fault = fault ? fault : &local;
    r = json_parser_next(p, &text, &n, value, fault);
    if (r == JSON_MORE)
        r = json_parser_next(p, &end, &newline, value, fault);
    if (r == JSON_MORE) {
        *fault = (struct json_fault){ .text = "JSON parse error, incomplete value", .at = p->at, .line = p->line };
    } else if (r == JSON_VALUE && (json_parser_next(p, &text, &n, &second, fault) != JSON_MORE || p->tokens ||
                                   p->lexer.state)) {
        json_fini(value);
        json_fini(&second);
        *fault = (struct json_fault){ .text = "JSON parse error, more than one value", .at = p->at, .line = p->line };
        r = JSON_FAULT;
    }
    json_parser_free(p);
    return r == JSON_VALUE ? 0 : -EINVAL;
}
