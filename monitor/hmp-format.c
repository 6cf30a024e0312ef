/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * "/4xw": how the human monitor shows numbers, and how many of which size
 *
 * Letters: x hexadecimal, d signed, u unsigned, o octal, c characters; sizes: b 1, h 2, w 4, g 8 bytes.  What a line
 * leaves out is as it was the last time, in any session.  i, instructions, is refused: there is no disassembler.
 */

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static unsigned size_of(char letter)
{
    static const char letters[] = "bhwg";
    const char *at = letter ? strchr(letters, letter) : NULL;

    return at ? 1u << (at - letters) : 0;
}

static bool refuse_letter(char letter, struct text_out *out)
{
    text_out_printf(out, "invalid char in format: '%c'\n", letter);
    return false;
}

bool hmp_format_read(const char **line, struct hmp_format *last, struct hmp_format *fmt, struct text_out *out)
{
    const char *s = *line;

    *fmt = *last;
    fmt->count = 1;
    if (*s != '/')
        return true;
    s++;
    if (isdigit((unsigned char)*s))
        fmt->count = 0;
    for (; isdigit((unsigned char)*s); s++) {
        if (fmt->count > HMP_FORMAT_COUNT) {
            text_out_printf(out, "count too large: at most %d\n", HMP_FORMAT_COUNT);
            return false;
        }
        fmt->count = fmt->count * 10 + (unsigned)(*s - '0');
    }
    if (fmt->count > HMP_FORMAT_COUNT) {
        text_out_printf(out, "count too large: at most %d\n", HMP_FORMAT_COUNT);
        return false;
    }
    for (; *s && !isspace((unsigned char)*s); s++) {
        if (*s == 'i')
            fmt->letter = 'i';
        else if (strchr("xduoc", *s))
            fmt->letter = *s;
        else if (size_of(*s))
            fmt->size = size_of(*s);
        else
            return refuse_letter(*s, out);
    }
    *line = s;
    *last = *fmt;
    return true;
}

void hmp_char_print(int c, struct text_out *out)
{
    const char *escaped = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\'' ? "\\'" : c == '\\' ? "\\\\" : NULL;

    if (escaped)
        text_out_printf(out, "'%s'", escaped);
    else if (c >= ' ' && c < 0x7f)
        text_out_printf(out, "'%c'", c);
    else
        text_out_printf(out, "'\\x%02x'", (unsigned)c);
}

void hmp_number_print(const struct hmp_format *fmt, uint64_t val, struct text_out *out)
{
    unsigned bits = fmt->size * 8, width = (bits * 10 + 32) / 33;
    int64_t narrow = (int64_t)(val << (64 - bits)) >> (64 - bits);

    switch (fmt->letter) {
    case 'o': text_out_printf(out, "%#*" PRIo64, (int)(bits + 2) / 3, val); return;
    case 'u': text_out_printf(out, "%*" PRIu64, (int)width, val); return;
    case 'd': text_out_printf(out, "%*" PRId64, (int)width, bits == 64 ? narrow : (int64_t)val); return;
    case 'c': hmp_char_print((int)(val & 0xff), out); return;
    default: text_out_printf(out, "0x%0*" PRIx64, (int)bits / 4, val); return;
    }
}

bool hmp_print(struct hmp_call *call)
{
    uint64_t val = (uint64_t)hmp_args_number(&call->args, "val", 0);
    struct text_out *out = call->out;

    switch (call->args.format.letter) {
    case 'o': text_out_printf(out, "%#" PRIo64, val); break;
    case 'u': text_out_printf(out, "%" PRIu64, val); break;
    case 'i':
    case 'd': text_out_printf(out, "%" PRId64, (int64_t)val); break;
    case 'c': hmp_char_print((int)val, out); break;
    default: text_out_printf(out, "%#" PRIx64, val); break;
    }
    text_out_puts(out, "\n");
    return true;
}
