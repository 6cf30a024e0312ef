/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/hmp.h"

/*
 * Arguments of the human monitor's commands (letters: see hmp.h)
 *
 * Left out: the letters o, M, T and O of the reference (sizes, megabytes, seconds, options), which come with the first
 * command that takes them.
 */

#include "monitor/session.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct hmp_arg *find(const struct hmp_args *args, const char *name)
{
    for (unsigned i = 0; i < args->num; i++)
        if (!strcmp(args->arg[i].name, name))
            return &args->arg[i];
    return NULL;
}

bool hmp_args_has(const struct hmp_args *args, const char *name)
{
    return find(args, name) != NULL;
}

int64_t hmp_args_number(const struct hmp_args *args, const char *name, int64_t otherwise)
{
    const struct hmp_arg *a = find(args, name);

    return a ? a->number : otherwise;
}

const char *hmp_args_text(const struct hmp_args *args, const char *name)
{
    const struct hmp_arg *a = find(args, name);

    return a ? a->text : NULL;
}

void hmp_args_fini(struct hmp_args *args)
{
    for (unsigned i = 0; i < args->num; i++)
        free(args->arg[i].text);
    args->num = 0;
}

static const char *skip_spaces(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

/* A word, or a string in double quotes with \n, \r, \\, \' and \" inside. */
static char *take_word(const char **line, const char **why)
{
    const char *s = *line;
    char *word = malloc(strlen(s) + 1), *to = word;
    bool quoted = *s == '"';

    assert(word);
    for (s += quoted; *s && (quoted ? *s != '"' : !isspace((unsigned char)*s)); s++) {
        if (quoted && *s == '\\') {
            const char *known = "nr\\'\"", *at = s[1] ? strchr(known, s[1]) : NULL;

            if (!at) {
                *why = "unsupported escape code";
                goto refused;
            }
            s++;
            *to++ = "\n\r\\'\""[at - known];
        } else {
            *to++ = *s;
        }
    }
    if (quoted && *s++ != '"') {
        *why = "unterminated string";
        goto refused;
    }
    *to = '\0';
    *line = s;
    return word;
refused:
    free(word);
    return NULL;
}

/* The letter of one argument and what is there of it on the line. */
struct one {
    const struct hmp_command *command;
    const struct hmp_registers *regs;
    char letter;
    bool optional, dotted;
};

static bool take_number(const struct one *o, const char **line, int64_t *number, struct text_out *out)
{
    uint64_t val;

    if (!hmp_expr_read(line, o->regs, &val, out))
        return false;
    *number = (int64_t)val;
    if (o->letter != 'i' || val <= UINT32_MAX)
        return true;
    text_out_printf(out, "'%s' has failed: integer is for 32-bit values\n", o->command->name);
    return false;
}

/* What follows "-x" of a flag with a text.  Nothing: it is as if the flag were not there. */
static bool take_flag_text(const struct one *o, const char **line, struct hmp_arg *a, struct text_out *out)
{
    const char *why = NULL;

    *line = skip_spaces(*line);
    if (!**line)
        return true;
    a->text = take_word(line, &why);
    if (!a->text)
        text_out_printf(out, "%s: %s\n", o->command->name, why);
    return a->text;
}

/* "-x": one flag.  A flag of another argument stays for that one. */
static bool take_flag(const struct one *o, char flag, const char *rest, const char **line, struct hmp_arg *a,
                      bool *there, struct text_out *out)
{
    const char *s = *line;

    if (*s != '-')
        return true;
    if (s[1] == flag && (!s[2] || isspace((unsigned char)s[2]))) {
        *there = true;
        a->number = 1;
        *line = s + 2;
        return o->letter == '-' || take_flag_text(o, line, a, out);
    }
    for (; *rest; rest++)
        if (rest[0] == ':' && rest[1] == '-' && rest[2] == s[1])
            return true;
    if (s[1] == flag)
        text_out_printf(out, "%s: extraneous characters at the end of line\n", o->command->name);
    else
        text_out_printf(out, "%s: unsupported option -%c\n", o->command->name, s[1]);
    return false;
}

static bool take_text(const struct one *o, const char **line, struct hmp_arg *a, struct text_out *out)
{
    const char *why = NULL;

    if (o->letter == 'S') {
        a->text = strdup(*line);
        assert(a->text);
        *line += strlen(*line);
        return true;
    }
    a->text = take_word(line, &why);
    if (!a->text)
        text_out_printf(out, "%s: %s\n", o->command->name, why);
    return a->text;
}

static bool take_on_off(const struct one *o, const char **line, struct hmp_arg *a, struct text_out *out)
{
    if (!take_text(o, line, a, out))
        return false;
    a->number = !strcmp(a->text, "on");
    if (a->number || !strcmp(a->text, "off"))
        return true;
    text_out_puts(out, "Expected 'on' or 'off'\n");
    return false;
}

static bool missing(const struct one *o, struct text_out *out)
{
    static const struct { char letter; const char *what; } missing[] = {
        { 'F', "filename" }, { 'B', "block device name" }, { 's', "string" }, { 'S', "string" },
    };

    for (unsigned i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        if (missing[i].letter == o->letter)
            text_out_printf(out, "%s: %s expected\n", o->command->name, missing[i].what);
    if (o->letter == 'i' || o->letter == 'l')
        text_out_puts(out, "unexpected end of expression\n");
    if (o->letter == 'b')
        text_out_puts(out, "Expected 'on' or 'off'\n");
    return false;
}

static bool take_value(const struct one *o, const char **line, struct hmp_arg *a, bool *there, struct text_out *out)
{
    if (o->dotted) {
        if (**line != '.')
            return true;
        *line = skip_spaces(*line + 1);
    } else if (!**line) {
        return o->optional || missing(o, out);
    }
    *there = true;
    if (o->letter == 'i' || o->letter == 'l')
        return take_number(o, line, &a->number, out);
    return o->letter == 'b' ? take_on_off(o, line, a, out) : take_text(o, line, a, out);
}

/* One argument: *spec is at its letters. */
static bool take_arg(struct one *o, const char *spec, const char **line, struct hmp_arg *a, bool *there,
                     struct text_out *out)
{
    bool ok;

    *line = skip_spaces(*line);
    o->letter = *spec;
    if (o->letter == '-') {
        o->letter = spec[2] == 's' ? 's' : '-';
        ok = take_flag(o, spec[1], spec + 2, line, a, there, out);
        *there &= o->letter == '-' || !ok || a->text;
    } else {
        o->optional = spec[1] == '?';
        o->dotted = spec[1] == '.';
        ok = take_value(o, line, a, there, out);
    }
    a->letter = o->letter;
    return ok;
}

static bool args_read(struct hmp_call *call, const struct hmp_command *c, const char *line)
{
    const struct monitor_config *cfg = &call->monitor->cfg;
    struct hmp_registers regs = { cfg->reg, cfg->env.target, call->cpu };
    struct hmp_args *args = &call->args;

    for (const char *spec = c->args; *spec; spec += strcspn(spec, ","), spec += *spec == ',') {
        struct one o = { .command = c, .regs = &regs };
        struct hmp_arg a = { 0 };
        size_t name_len = strcspn(spec, ":");
        bool there = false, ok;

        assert(name_len < sizeof(a.name) && args->num < HMP_ARGS);
        memcpy(a.name, spec, name_len);
        spec += name_len + 1;
        if (*spec == '/') {
            if (!hmp_format_read(&line, &call->monitor->format, &args->format, call->out))
                return false;
            continue;
        }
        ok = take_arg(&o, spec, &line, &a, &there, call->out);
        if (there)
            args->arg[args->num++] = a;
        if (!ok)
            return false;
    }
    if (!*skip_spaces(line))
        return true;
    text_out_printf(call->out, "%s: extraneous characters at the end of line\n", c->name);
    return false;
}

bool hmp_args_read(struct hmp_call *call, const struct hmp_command *c, const char *line)
{
    call->args = (struct hmp_args){ 0 };
    if (args_read(call, c, line))
        return true;
    hmp_args_fini(&call->args);
    return false;
}
