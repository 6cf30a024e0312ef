/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/json-lex.h"

/*
 * The tokens of JSON (see json-lex.h)
 *
 * Numbers follow RFC 8259 section 6, strings section 7 with single quotes beside double ones; bytes
 * FE and FF never occur in UTF-8 and end any token, so that a peer can use them to be understood again.
 */

#include "qapi/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEX_START, LEX_RECOVERY, LEX_KEYWORD,
    LEX_STRING, LEX_STRING_ESCAPE, LEX_QUOTED, LEX_QUOTED_ESCAPE,
    LEX_MINUS, LEX_ZERO, LEX_DIGITS, LEX_POINT, LEX_FRACTION, LEX_E, LEX_E_SIGN, LEX_EXPONENT,
};

void json_lexer_init(struct json_lexer *l, size_t limit)
{
    *l = (struct json_lexer){ .limit = limit, .text = g_string_new(NULL) };
}

void json_lexer_fini(struct json_lexer *l)
{
    g_string_free(l->text, TRUE);
}

void json_lexer_restart(struct json_lexer *l)
{
    l->state = LEX_START;
    g_string_free(l->text, TRUE);       /* and not truncated: a long token's memory goes with it */
    l->text = g_string_new(NULL);
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_punctuation(unsigned char c)
{
    return c && strchr("{}[]:,", c);
}

static bool ends_everything(unsigned char c)
{
    return c < ' ' || c >= 0xfe;
}

/* The next state, or what the byte completes. */
struct step { int next; enum json_token token; bool keep; };
#define GO(s) ((struct step){ .next = (s), .keep = true })
#define STRAY ((struct step){ .next = LEX_RECOVERY, .token = TOKEN_STRAY, .keep = true })
#define DONE(t) ((struct step){ .next = LEX_START, .token = (t), .keep = true })
#define DONE_BEFORE(t) ((struct step){ .next = LEX_START, .token = (t) })

static struct step step_start(unsigned char c)
{
    if (is_punctuation(c))
        return DONE(TOKEN_PUNCTUATION);
    if (c == '0')
        return GO(LEX_ZERO);
    if (is_digit(c))
        return GO(LEX_DIGITS);
    if (c >= 'a' && c <= 'z')
        return GO(LEX_KEYWORD);
    return c == '"' ? GO(LEX_STRING) : c == '\'' ? GO(LEX_QUOTED) : c == '-' ? GO(LEX_MINUS) : STRAY;
}

static struct step step_string(unsigned state, unsigned char c)
{
    bool quoted = state == LEX_QUOTED || state == LEX_QUOTED_ESCAPE;
    int body = quoted ? LEX_QUOTED : LEX_STRING;

    if (ends_everything(c))
        return STRAY;
    if (state != (unsigned)body)
        return GO(body);
    if (c == '\\')
        return GO(quoted ? LEX_QUOTED_ESCAPE : LEX_STRING_ESCAPE);
    return c == (quoted ? '\'' : '"') ? DONE(TOKEN_STRING) : GO(body);
}

static struct step step_number(unsigned state, unsigned char c)
{
    bool digit = is_digit(c), exponent = c == 'e' || c == 'E';

    switch (state) {
    case LEX_MINUS:
        return c == '0' ? GO(LEX_ZERO) : digit ? GO(LEX_DIGITS) : STRAY;
    case LEX_ZERO:
    case LEX_DIGITS:
        if (digit)
            return state == LEX_ZERO ? STRAY : GO(LEX_DIGITS);
        return c == '.' ? GO(LEX_POINT) : exponent ? GO(LEX_E) : DONE_BEFORE(TOKEN_INTEGER);
    case LEX_POINT:
        return digit ? GO(LEX_FRACTION) : STRAY;
    case LEX_FRACTION:
        return digit ? GO(LEX_FRACTION) : exponent ? GO(LEX_E) : DONE_BEFORE(TOKEN_FLOAT);
    case LEX_E:
        return digit ? GO(LEX_EXPONENT) : c == '+' || c == '-' ? GO(LEX_E_SIGN) : STRAY;
    case LEX_E_SIGN:
        return digit ? GO(LEX_EXPONENT) : STRAY;
    default:
        return digit ? GO(LEX_EXPONENT) : DONE_BEFORE(TOKEN_FLOAT);
    }
}

static struct step step_any(unsigned state, unsigned char c)
{
    switch (state) {
    case LEX_START:
        return step_start(c);
    case LEX_KEYWORD:
        return c >= 'a' && c <= 'z' ? GO(LEX_KEYWORD) : DONE_BEFORE(TOKEN_KEYWORD);
    case LEX_STRING:
    case LEX_STRING_ESCAPE:
    case LEX_QUOTED:
    case LEX_QUOTED_ESCAPE:
        return step_string(state, c);
    default:
        return step_number(state, c);
    }
}

enum json_token json_lexer_put(struct json_lexer *l, unsigned char byte, bool *consumed)
{
    struct step s;

    *consumed = true;
    if (l->state == LEX_RECOVERY) {
        if (!is_punctuation(byte) && !ends_everything(byte))
            return TOKEN_NONE;
        l->state = LEX_START;
    }
    if (l->state == LEX_START) {
        if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
            return TOKEN_NONE;
        if (l->text->allocated_len > 65536)
            json_lexer_restart(l);
        g_string_truncate(l->text, 0);
    }
    s = step_any(l->state, byte);
    if (s.keep) {
        if (l->text->len >= l->limit) {
            l->state = LEX_RECOVERY;
            return TOKEN_TOO_LONG;
        }
        g_string_append_c(l->text, (char)byte);
    }
    *consumed = s.keep;
    l->state = (unsigned)s.next;
    return s.token;
}

static int hex4(const char *s, size_t n)
{
    int v = 0;

    if (n < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = g_ascii_xdigit_value(s[i]);

        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

/* U+0000 becomes C0 80, so that the result is a C string. */
static char *put_utf8(char *to, uint32_t c)
{
    if (!c || (c >= 0x80 && c < 0x800)) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

/* s is behind "\u"; returns how many bytes the character took there, or 0. */
static size_t unicode_escape(const char *s, size_t n, uint32_t *c)
{
    int first = hex4(s, n), second = -1;
    char utf8[5] = "";
    unsigned bad;
    uint32_t again;

    if (first < 0)
        return 0;
    *c = (uint32_t)first;
    if (first >= 0xd800 && first < 0xdc00) {
        if (n >= 10 && s[4] == '\\' && s[5] == 'u')
            second = hex4(s + 6, n - 6);
        if (second < 0xdc00 || second >= 0xe000)
            return 0;
        *c = 0x10000 + ((uint32_t)(first & 0x3ff) << 10 | (uint32_t)(second & 0x3ff));
    }
    put_utf8(utf8, *c);
    if (json_utf8_get(utf8, 4, &again, &bad) < 0)
        return 0;
    return second < 0 ? 4 : 10;
}

/* from is behind a backslash.  Returns the bytes taken, or 0 with the reason. */
static size_t decode_escape(const char *from, size_t n, char **to, char *why, size_t why_len)
{
    static const char letters[] = "bfnrt\"'\\/", meant[] = "\b\f\n\r\t\"'\\/";
    const char *letter = strchr(letters, *from);
    uint32_t c;
    size_t taken;

    if (letter && *from) {
        *(*to)++ = meant[letter - letters];
        return 1;
    }
    if (*from != 'u') {
        snprintf(why, why_len, "invalid escape sequence in string");
        return 0;
    }
    taken = unicode_escape(from + 1, n - 1, &c);
    if (!taken) {
        /* The closing quote stands behind the last byte, and is shown when the escape is cut short. */
        snprintf(why, why_len, "\\%.*s is not a valid Unicode character", (int)(n + 1 < 5 ? n + 1 : 5), from);
        return 0;
    }
    *to = put_utf8(*to, c);
    return taken + 1;
}

char *json_string_decode(const GString *token, char *why, size_t n)
{
    const char *from = token->str + 1, *end = token->str + token->len - 1;
    char *value = malloc(token->len), *to = value;

    assert(token->len >= 2 && value);
    while (from < end) {
        uint32_t c;
        unsigned bad;
        int len = 1;

        if (*from == '\\') {
            len = (int)decode_escape(from + 1, (size_t)(end - from - 1), &to, why, n);
            if (!len)
                goto refused;
            from += len + 1;
            continue;
        }
        len = json_utf8_get(from, (size_t)(end - from), &c, &bad);
        if (len < 0) {
            snprintf(why, n, "invalid UTF-8 sequence in string");
            goto refused;
        }
        memcpy(to, from, (size_t)len);
        to += len;
        from += len;
    }
    *to = '\0';
    return value;
refused:
    free(value);
    return NULL;
}
