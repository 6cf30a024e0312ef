/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/aml.h"

/*
 * AML from text: terms as lists in prefix form
 *
 *     (Method IQST 1 (If (And Arg0 0x80) (Return 9)) (Return 11))
 *
 * A list begins with an operator of the table below, or with the name of a method that is called.  Its
 * operands follow in AML's order; a target may be left out at the end.  An atom is a number, a "string",
 * Local0 to Local7, Arg0 to Arg6, Ones, Debug, or a name.
 *
 *     (Field REGION Byte|DWord [Lock] [Zeros] NAME:8 :24 ...)    bits of a region; Zeros: unwritten bits as 0
 *     (Resources (IO base align len) (IRQ line) (Interrupt gsi ...) (Memory32 base len) ...)
 *     (Buffer byte ...)  (EisaId PNP0A08)  (Uuid "...")
 *
 * Opcodes: ACPI 3.0, section 19.2.5.  Left out: what no table of ours needs.
 * Invariant: the text is ours, so that a mistake in it is an assertion; nothing of a guest's or a user's comes here.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct aml *a;
    const char *s;
};

/*
 * Operands: { opens a package, t a term, > a target or nothing, b one byte, m a method's flags with
 * "serialized", w two bytes, z five bytes of 0, f the bits of a field, * terms up to the end.
 */
static const struct aml_operator { const char *name; unsigned code; const char *operands; } operators[] = {
    { "Name", 0x08, "tt" },             { "Scope", 0x10, "{t*" },           { "Package", 0x12, "{b*" },
    { "Method", 0x14, "{tb*" },         { "Serialized", 0x14, "{tm*" },     { "Mutex", 0x5b01, "tb" },
    { "Region", 0x5b80, "tbtt" },       { "Field", 0x5b81, "{tf" },         { "Device", 0x5b82, "{t*" },
    { "Processor", 0x5b83, "{tbz*" },   { "Acquire", 0x5b23, "tw" },        { "Release", 0x5b27, "t" },
    { "Store", 0x70, "tt" },            { "Add", 0x72, "tt>" },             { "Subtract", 0x74, "tt>" },
    { "Increment", 0x75, "t" },         { "ShiftLeft", 0x79, "tt>" },       { "ShiftRight", 0x7a, "tt>" },
    { "And", 0x7b, "tt>" },             { "Or", 0x7d, "tt>" },              { "DerefOf", 0x83, "t" },
    { "Notify", 0x86, "tt" },           { "SizeOf", 0x87, "t" },            { "Index", 0x88, "tt>" },
    { "DWordField", 0x8a, "ttt" },      { "LAnd", 0x90, "tt" },             { "LOr", 0x91, "tt" },
    { "LNot", 0x92, "t" },              { "LEqual", 0x93, "tt" },           { "LGreater", 0x94, "tt" },
    { "LLess", 0x95, "tt" },            { "LNotEqual", 0x9293, "tt" },      { "ToBuffer", 0x96, "t>" },
    { "ToHexString", 0x98, "t>" },      { "If", 0xa0, "{t*" },              { "Else", 0xa1, "{*" },
    { "While", 0xa2, "{t*" },           { "Return", 0xa4, "t" },            { "Break", 0xa5, "" },
};

static char peek(struct reader *r)
{
    r->s += strspn(r->s, " \n");
    return *r->s;
}

static void expect(struct reader *r, char c)
{
    char found = peek(r);

    assert(found == c);
    r->s++;
}

static void word(struct reader *r, char w[64])
{
    size_t n;

    peek(r);
    n = strcspn(r->s, " \n()");
    assert(n && n < 64);
    memcpy(w, r->s, n);
    w[n] = '\0';
    r->s += n;
}

static uint64_t number(struct reader *r)
{
    char w[64], *end;
    uint64_t val;

    word(r, w);
    val = strtoull(w, &end, 0);
    assert(!*end);
    return val;
}

static unsigned numbers(struct reader *r, uint64_t *val, unsigned max)
{
    unsigned n = 0;

    while (peek(r) != ')') {
        assert(n < max);
        val[n++] = number(r);
    }
    return n;
}

/* The quoted text at r->s; caller frees. */
static char *quoted(struct reader *r)
{
    const char *begin, *end;

    expect(r, '"');
    begin = r->s;
    end = strchr(begin, '"');
    assert(end);
    r->s = end + 1;
    return g_strndup(begin, end - begin);
}

static void term(struct reader *r);

static void terms(struct reader *r)
{
    while (peek(r) != ')' && *r->s)
        term(r);
}

static void atom(struct reader *r)
{
    char w[64];

    if (*r->s >= '0' && *r->s <= '9') {
        aml_integer(r->a, number(r));
        return;
    }
    word(r, w);
    if (!strncmp(w, "Local", 5))
        aml_op(r->a, 0x60 + w[5] - '0');
    else if (!strncmp(w, "Arg", 3))
        aml_op(r->a, 0x68 + w[3] - '0');
    else if (!strcmp(w, "Ones"))
        aml_op(r->a, 0xff);
    else if (!strcmp(w, "Debug"))
        aml_op(r->a, 0x5b31);
    else
        aml_path(r->a, w);
}

static void field(struct reader *r)
{
    static const struct { const char *name; unsigned flags; } words[] = {
        { "Byte", 1 }, { "DWord", 3 }, { "Lock", 0x10 }, { "Zeros", 0x40 },
    };
    unsigned flags = 0;
    char w[64];

    for (word(r, w); !strchr(w, ':'); word(r, w))
        for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
            flags |= strcmp(w, words[i].name) ? 0 : words[i].flags;
    aml_bytes(r->a, flags, 1);
    for (;; word(r, w)) {
        char *colon = strchr(w, ':');

        assert(colon);
        *colon = '\0';
        aml_field_unit(r->a, w, strtoul(colon + 1, NULL, 10));
        if (peek(r) == ')')
            break;
    }
}

static void operands(struct reader *r, const char *kinds)
{
    enum { METHOD_SERIALIZED = 8 };

    for (; *kinds; kinds++)
        switch (*kinds) {
        case 't':
            term(r);
            break;
        case '>':
            if (peek(r) == ')')
                aml_bytes(r->a, 0, 1);
            else
                term(r);
            break;
        case 'b':
            aml_bytes(r->a, number(r), 1);
            break;
        case 'm':
            aml_bytes(r->a, number(r) | METHOD_SERIALIZED, 1);
            break;
        case 'w':
            aml_bytes(r->a, number(r), 2);
            break;
        case 'z':
            aml_bytes(r->a, 0, 5);
            break;
        case 'f':
            field(r);
            break;
        case '*':
            terms(r);
            break;
        }
}

static void buffer(struct aml *a, const uint64_t *bytes, unsigned n)
{
    aml_open(a, 0x11);
    aml_integer(a, n);
    for (unsigned i = 0; i < n; i++)
        aml_bytes(a, bytes[i], 1);
    aml_close(a);
}

static void buffer_list(struct reader *r)
{
    uint64_t bytes[32];

    buffer(r->a, bytes, numbers(r, bytes, 32));
}

static void eisaid(struct reader *r)
{
    char w[64];

    word(r, w);
    aml_eisaid(r->a, w);
}

/* The first three groups are little-endian numbers, the others bytes in order. */
static void uuid(struct reader *r)
{
    static const uint8_t order[16] = { 6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34 };
    char *text = quoted(r);
    uint64_t bytes[16];

    assert(strlen(text) == 36);
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = strtoul((char[]){ text[order[i]], text[order[i] + 1], '\0' }, NULL, 16);
    g_free(text);
    buffer(r->a, bytes, 16);
}

static void resource(struct reader *r)
{
    uint64_t v[8];
    unsigned n;
    char w[64];

    expect(r, '(');
    word(r, w);
    n = numbers(r, v, 8);
    expect(r, ')');
    if (!strcmp(w, "IO") && n == 3)
        aml_res_io(r->a, v[0], v[1], v[2]);
    else if (!strcmp(w, "IRQ") && n == 1)
        aml_res_irq(r->a, 1u << v[0]);
    else if (!strcmp(w, "Interrupt"))
        aml_res_interrupts(r->a, v, n);
    else if (!strcmp(w, "Memory32") && n == 2)
        aml_res_memory32_fixed(r->a, v[0], v[1], false);
    else
        assert(!"a resource");
}

static void resources(struct reader *r)
{
    aml_resources(r->a);
    while (peek(r) != ')')
        resource(r);
    aml_resources_end(r->a);
}

static const struct { const char *name; void (*fn)(struct reader *r); } forms[] = {
    { "Buffer", buffer_list }, { "EisaId", eisaid }, { "Uuid", uuid }, { "Resources", resources },
};

static void operation(struct reader *r, const struct aml_operator *op)
{
    bool package = *op->operands == '{';

    if (package)
        aml_open(r->a, op->code);
    else
        aml_op(r->a, op->code);
    operands(r, op->operands + package);
    if (package)
        aml_close(r->a);
}

static void list(struct reader *r)
{
    char w[64];

    word(r, w);
    for (unsigned i = 0; i < G_N_ELEMENTS(forms); i++)
        if (!strcmp(w, forms[i].name)) {
            forms[i].fn(r);
            return;
        }
    for (unsigned i = 0; i < G_N_ELEMENTS(operators); i++)
        if (!strcmp(w, operators[i].name)) {
            operation(r, &operators[i]);
            return;
        }
    aml_path(r->a, w);
    terms(r);
}

static void term(struct reader *r)
{
    char c = peek(r), *text;

    if (c == '(') {
        r->s++;
        list(r);
        expect(r, ')');
    } else if (c == '"') {
        text = quoted(r);
        aml_string(r->a, text);
        g_free(text);
    } else {
        atom(r);
    }
}

void aml_terms(struct aml *a, const char *format, ...)
{
    struct reader r = { .a = a };
    va_list ap;
    char *text;

    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    r.s = text;
    terms(&r);
    assert(!*r.s);
    g_free(text);
}
