/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * Numbers as the human monitor takes them: expressions of numbers, characters and registers
 *
 *     logic: sum { (& | '|' | ^) sum }     sum: product { (+ | -) product }     product: unary { (* | / | %) unary }
 *     unary: { + | - | ~ } (number | 'c' | $register | (logic))
 *
 * Numbers are decimal, 0x hexadecimal or 0 octal.  Arithmetic is that of 64 bits, which wrap around; a division is one
 * with signs, and what has no result is an error.  An expression ends at the first character that cannot go on with it.
 *
 * Invariant: parentheses nest EXPR_DEPTH deep at most; signs before a number are a loop.
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { EXPR_DEPTH = 64, REGISTER_NAME = 32 };

struct expr {
    const char *s;
    const struct hmp_registers *regs;
    struct text_out *out;
    unsigned depth;
};

static bool refuse(const struct expr *e, const char *why)
{
    text_out_printf(e->out, "%s\n", why);
    return false;
}

static void skip(struct expr *e)
{
    while (isspace((unsigned char)*e->s))
        e->s++;
}

static bool logic(struct expr *e, uint64_t *val);

static bool character(struct expr *e, uint64_t *val)
{
    if (!e->s[1] || e->s[2] != '\'')
        return refuse(e, "missing terminating ' character");
    *val = (unsigned char)e->s[1];
    e->s += 3;
    return true;
}

static bool reg(struct expr *e, uint64_t *val)
{
    char name[REGISTER_NAME];
    size_t n = 0;

    for (e->s++; isalnum((unsigned char)*e->s) || *e->s == '_' || *e->s == '.'; e->s++)
        if (n < sizeof(name) - 1)
            name[n++] = *e->s;
    name[n] = '\0';
    if (!e->regs->get || !e->regs->get(e->regs->target, e->regs->cpu, name, val))
        return refuse(e, "unknown register");
    return true;
}

static bool number(struct expr *e, uint64_t *val)
{
    char *end;

    if (!*e->s)
        return refuse(e, "unexpected end of expression");
    if (!isdigit((unsigned char)*e->s)) {
        text_out_printf(e->out, "invalid char '%c' in expression\n", *e->s);
        return false;
    }
    errno = 0;
    *val = strtoull(e->s, &end, 0);
    if (errno)
        return refuse(e, "number too large");
    e->s = end;
    return true;
}

static bool bracket(struct expr *e, uint64_t *val)
{
    if (e->depth == EXPR_DEPTH)
        return refuse(e, "expression nests too deep: at most 64 parentheses");
    e->depth++;
    e->s++;
    if (!logic(e, val))
        return false;
    e->depth--;
    if (*e->s != ')')
        return refuse(e, "')' expected");
    e->s++;
    return true;
}

/* A row of signs comes to one factor and one summand, as ~x is -x - 1. */
static bool unary(struct expr *e, uint64_t *val)
{
    bool negative = false, ok;
    uint64_t add = 0;

    for (skip(e); *e->s == '+' || *e->s == '-' || *e->s == '~'; e->s++, skip(e)) {
        if (*e->s == '+')
            continue;
        if (*e->s == '~')
            add += negative ? 1 : -1;
        negative = !negative;
    }
    if (*e->s == '(')
        ok = bracket(e, val);
    else if (*e->s == '\'')
        ok = character(e, val);
    else
        ok = *e->s == '$' ? reg(e, val) : number(e, val);
    if (ok)
        *val = (negative ? -*val : *val) + add;
    skip(e);
    return ok;
}

static bool divide(const struct expr *e, char op, uint64_t *val, uint64_t by)
{
    int64_t a = (int64_t)*val, b = (int64_t)by;

    if (!b)
        return refuse(e, "division by zero");
    if (b == -1)                /* INT64_MIN has no opposite: it wraps around */
        *val = op == '/' ? -*val : 0;
    else
        *val = (uint64_t)(op == '/' ? a / b : a % b);
    return true;
}

static bool product(struct expr *e, uint64_t *val)
{
    bool ok = unary(e, val);

    while (ok && (*e->s == '*' || *e->s == '/' || *e->s == '%')) {
        char op = *e->s++;
        uint64_t by;

        ok = unary(e, &by);
        if (ok && op == '*')
            *val *= by;
        else
            ok = ok && divide(e, op, val, by);
    }
    return ok;
}

static bool sum(struct expr *e, uint64_t *val)
{
    bool ok = product(e, val);

    while (ok && (*e->s == '+' || *e->s == '-')) {
        char op = *e->s++;
        uint64_t more;

        ok = product(e, &more);
        if (ok)
            *val += op == '+' ? more : -more;
    }
    return ok;
}

static bool logic(struct expr *e, uint64_t *val)
{
    bool ok = sum(e, val);

    while (ok && (*e->s == '&' || *e->s == '|' || *e->s == '^')) {
        char op = *e->s++;
        uint64_t more;

        ok = sum(e, &more);
        if (ok)
            *val = op == '&' ? *val & more : op == '|' ? *val | more : *val ^ more;
    }
    return ok;
}

bool hmp_expr_read(const char **line, const struct hmp_registers *regs, uint64_t *val, struct text_out *out)
{
    struct expr e = { .s = *line, .regs = regs, .out = out };

    if (!logic(&e, val))
        return false;
    *line = e.s;
    return true;
}
