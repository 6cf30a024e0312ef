/* SPDX-License-Identifier: Apache-2.0 */
#include "qapi/json.h"

/*
 * JSON as text (see json.h): ASCII only, so that no peer's terminal or log reads what a guest wrote
 *
 * Deliberately as QMP's peers know it, also where RFC 8259 differs: a double that is infinite is
 * printed as `inf`.
 */

#include <string.h>

static bool is_noncharacter(uint32_t c)
{
    return (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

int json_utf8_get(const char *s, size_t n, uint32_t *c, unsigned *bad_len)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char lead = (unsigned char)s[0];
    unsigned len = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;

    *bad_len = 1;
    *c = len == 1 ? lead : lead & (0x7f >> len);
    if (!len)
        return -1;
    for (unsigned i = 1; i < len; i++) {
        if (i >= n || ((unsigned char)s[i] & 0xc0) != 0x80)
            return -1;
        *c = *c << 6 | ((unsigned char)s[i] & 0x3f);
        *bad_len = i + 1;
    }
    if ((*c < least[len] && !(len == 2 && *c == 0)) || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ||
        is_noncharacter(*c))
        return -1;
    return (int)len;
}

static void print_character(uint32_t c, GString *out)
{
    static const char short_form[] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
                                       ['"'] = '"', ['\\'] = '\\' };

    if (c < sizeof(short_form) && short_form[c]) {
        g_string_append_c(out, '\\');
        g_string_append_c(out, short_form[c]);
    } else if (c >= ' ' && c < 0x7f) {
        g_string_append_c(out, (char)c);
    } else if (c < 0x10000) {
        g_string_append_printf(out, "\\u%04X", c);
    } else {
        g_string_append_printf(out, "\\u%04X\\u%04X", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
    }
}

static void print_string(const char *s, GString *out)
{
    size_t left = strlen(s);

    g_string_append_c(out, '"');
    while (left) {
        uint32_t c;
        unsigned bad_len;
        int len = json_utf8_get(s, left, &c, &bad_len);

        if (len < 0) {
            c = 0xfffd;
            len = (int)bad_len;
        }
        print_character(c, out);
        s += len;
        left -= (size_t)len;
    }
    g_string_append_c(out, '"');
}

static void print_break(enum json_style style, unsigned level, GString *out)
{
    if (style == JSON_PRETTY)
        g_string_append_printf(out, "\r\n%*s", (int)(4 * level), "");
}

static void print_value(const struct json *v, enum json_style style, unsigned level, GString *out);

static void print_container(const struct json *v, enum json_style style, unsigned level, GString *out)
{
    const char *brackets = v->kind == JSON_ARRAY ? "[]" : "{}";

    g_string_append_c(out, brackets[0]);
    for (uint32_t i = 0; i < v->num; i++) {
        if (i)
            g_string_append(out, style == JSON_PRETTY ? "," : ", ");
        print_break(style, level + 1, out);
        if (v->kind == JSON_OBJECT) {
            print_string(json_key(v, i), out);
            g_string_append(out, ": ");
        }
        print_value(json_at(v, i), style, level + 1, out);
    }
    print_break(style, level, out);
    g_string_append_c(out, brackets[1]);
}

static void print_value(const struct json *v, enum json_style style, unsigned level, GString *out)
{
    switch (v->kind) {
    case JSON_NULL:
        g_string_append(out, "null");
        return;
    case JSON_BOOL:
        g_string_append(out, v->boolean ? "true" : "false");
        return;
    case JSON_INT:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, v->i);
        return;
    case JSON_UINT:
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, v->u);
        return;
    case JSON_DOUBLE:
        g_string_append_printf(out, "%.17g", v->d);
        return;
    case JSON_STRING:
        print_string(v->string, out);
        return;
    default:
        print_container(v, style, level, out);
    }
}

void json_print(const struct json *v, enum json_style style, GString *out)
{
    print_value(v, style, 0, out);
}
