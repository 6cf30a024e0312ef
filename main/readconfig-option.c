/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -readconfig: options from a file, and -set: one more property of something that has an id
 *
 *     # a comment
 *     [device "disk0"]
 *       driver = "pvpanic-pci"
 *       events = "1"
 *
 * A section is what its option says: here -device id=disk0,driver=pvpanic-pci,events=1.  It is read when its end is
 * met, so that file and command line are read in one order.  A value has no quotation marks and no line's end in it.
 * Left out: groups whose options are not here, which are refused by name, and -set of groups whose options are not kept
 * as they were said.
 * Bounds: CONFIG_BYTES of a file, LINE_BYTES of a line; what options bound themselves.
 */

#include "lib/error.h"
#include "lib/file.h"
#include "main/keyval.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_BYTES = 1 << 20, LINE_BYTES = 1024 };

/* Groups, as the reference calls them, and what reads them.  lead: the key whose value has to come first, bare. */
struct group { const char *name, *option, *lead; };
static const struct group groups[] = {
    { "machine", "machine", NULL },   { "device", "device", NULL },       { "chardev", "chardev", NULL },
    { "object", "object", NULL },     { "mon", "mon", NULL },             { "global", "global", NULL },
    { "memory", "m", NULL },          { "smp-opts", "smp", NULL },        { "boot-opts", "boot", NULL },
    { "rtc", "rtc", NULL },           { "name", "name", NULL },           { "accel", "accel", "accel" },
    { "numa", "numa", NULL },         { "option-rom", "option-rom", NULL }, { "fw_cfg", "fw_cfg", NULL },
    { "smbios", "smbios", NULL },     { "acpi", "acpitable", NULL },      { "action", "action", NULL },
    { "msg", "msg", NULL },           { "sandbox", "sandbox", NULL },     { "overcommit", "overcommit", NULL },
    { "trace", "trace", NULL },       { "add-fd", "add-fd", NULL },
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static int group_find(const char *object, const char *name, const struct group **group, struct error **err)
{
    GString *legal = g_string_new(NULL);
    int r;

    for (*group = groups; *group < groups + GROUPS; ++*group) {
        if (!strcmp((*group)->name, name)) {
            g_string_free(legal, TRUE);
            return 0;
        }
        g_string_append_printf(legal, "%s%s", *legal->str ? ", " : "", (*group)->name);
    }
    r = error_set(err, -ENOENT, ERROR_UNKNOWN, object, name, legal->str);
    g_string_free(legal, TRUE);
    return r;
}

void config_texts_fini(struct config *c)
{
    for (unsigned i = 0; i < c->n_texts; i++)
        free(c->texts[i]);
    free(c->texts);
}

/* Options borrow their values: this one lives as long as the configuration. */
static const char *keep(struct config *c, const GString *text)
{
    c->texts = realloc(c->texts, (c->n_texts + 1) * sizeof(*c->texts));
    assert(c->texts);
    c->texts[c->n_texts] = strdup(text->str);
    assert(c->texts[c->n_texts]);
    return c->texts[c->n_texts++];
}

/* A comma inside a value is written twice. */
static void value_append(GString *spec, const char *value)
{
    for (; *value; value++)
        g_string_append(spec, *value == ',' ? ",," : (char[]){ *value, '\0' });
}

static void pair_append(GString *spec, const char *key, const char *value)
{
    g_string_append_printf(spec, "%s%s=", *spec->str ? "," : "", key);
    value_append(spec, value);
}

/* The file as far as it has been read. */
struct reading {
    struct config *config;
    const char *path;
    unsigned line, section;             /* numbers of lines, from 1 on */
    const struct group *group;          /* of the section; NULL: none has begun */
    GString *spec, *lead;
};

static struct text place(const struct reading *r, unsigned line)
{
    return text("-readconfig %s:%u", r->path, line);
}

static int refuse(const struct reading *r, const char *value, const char *legal, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_SYNTAX, place(r, r->line).s, value, legal);
}

/* The section is complete.  What its option says is wrong is told with the place. */
static int section_end(struct reading *r, struct error **err)
{
    struct error *why = NULL;
    int result;

    if (!r->group)
        return 0;
    if (*r->lead->str && *r->spec->str)
        g_string_append_c(r->lead, ',');
    g_string_append(r->lead, r->spec->str);
    result = option_apply(r->config, r->group->option, keep(r->config, r->lead), &why);
    if (result < 0)
        error_set(err, result, why->kind, T("%s: [%s] %s", place(r, r->section).s, r->group->name, why->object),
                  why->value, why->legal);
    error_free(why);
    r->group = NULL;
    return result;
}

/* [group "id"] or [group] */
static int section_begin(struct reading *r, char *line, struct error **err)
{
    char *end = strrchr(line, ']'), *id = strchr(line, '"'), *name = line + 1;
    int result = section_end(r, err);

    if (result < 0)
        return result;
    if (!end || end[1])
        return refuse(r, line, "[group] or [group \"id\"]", err);
    *end = '\0';
    if (id && (id[strlen(id) - 1] != '"' || id + 1 == end || strchr(id + 1, '"') != end - 1))
        return refuse(r, line, "[group] or [group \"id\"]", err);
    if (id) {
        end[-1] = *id = '\0';
        g_strchomp(name);
    }
    result = group_find(place(r, r->line).s, name, &r->group, err);
    if (result < 0) {
        r->group = NULL;
        return result;
    }
    r->section = r->line;
    g_string_truncate(r->lead, 0);
    g_string_truncate(r->spec, 0);
    if (id)
        pair_append(r->spec, "id", id + 1);
    return 0;
}

/* key = "value" */
static int pair_read(struct reading *r, char *line, struct error **err)
{
    size_t len = strcspn(line, " \t=\"");
    char *value = line + len + strspn(line + len, " \t"), *end;

    if (!r->group)
        return refuse(r, line, "[group \"id\"] before it", err);
    if (!len || *value != '=')
        return refuse(r, line, "key = \"value\"", err);
    value++;
    value += strspn(value, " \t");
    end = *value == '"' ? strchr(value + 1, '"') : NULL;
    if (!end || (end[1] && end[1 + strspn(end + 1, " \t")] != '#'))
        return refuse(r, line, "key = \"value\"", err);
    line[len] = *end = '\0';
    if (r->group->lead && !strcmp(line, r->group->lead)) {
        g_string_truncate(r->lead, 0);
        value_append(r->lead, value + 1);
    } else {
        pair_append(r->spec, line, value + 1);
    }
    return 0;
}

static int line_read(struct reading *r, char *line, struct error **err)
{
    if (strlen(line) >= LINE_BYTES)
        return error_set(err, -E2BIG, ERROR_RANGE, place(r, r->line).s, T("%zu bytes in a line", strlen(line)),
                         T("at most %d", LINE_BYTES - 1));
    g_strstrip(line);
    if (!*line || *line == '#')
        return 0;
    return *line == '[' ? section_begin(r, line, err) : pair_read(r, line, err);
}

/* The bytes end with a zero. */
static int text_read(const char *path, char **text, struct error **err)
{
    uint8_t *bytes;
    size_t n;
    int r = file_read_stream("-readconfig", path, CONFIG_BYTES, &bytes, &n, err);

    *text = NULL;
    if (r < 0)
        return r;
    if (memchr(bytes, 0, n))
        r = error_set(err, -EINVAL, ERROR_SYNTAX, "-readconfig", path, "a file of text");
    if (!r) {
        *text = malloc(n + 1);
        assert(*text);
        memcpy(*text, bytes, n);
        (*text)[n] = '\0';
    }
    free(bytes);
    return r;
}

int option_readconfig(struct config *c, const char *path, struct error **err)
{
    struct reading r = { .config = c, .path = path };
    char *bytes, *next;
    int result = text_read(path, &bytes, err);

    if (result < 0)
        return result;
    r.spec = g_string_new(NULL);
    r.lead = g_string_new(NULL);
    next = bytes;
    while (next && !result && !c->help_shown) {
        char *line = strsep(&next, "\n");

        r.line++;
        result = line_read(&r, line, err);
    }
    if (!result && !c->help_shown)
        result = section_end(&r, err);
    g_string_free(r.spec, TRUE);
    g_string_free(r.lead, TRUE);
    free(bytes);
    return result;
}

/* The list of a group whose options are kept as they were said; NULL: it has none. */
static struct config_list *list_of(struct config *c, const char *group)
{
    return !strcmp(group, "device") ? &c->devices : !strcmp(group, "chardev") ? &c->chardevs
           : !strcmp(group, "mon") ? &c->mons : NULL;
}

/* The text with that id.  JSON has no part in it, as with the reference. */
static const char **item_find(struct config_list *list, const char *id)
{
    for (unsigned i = 0; i < list->n; i++) {
        const char *has;
        struct keyval kv;
        bool found;

        if (*list->item[i] == '{' || keyval_parse(&kv, "-set", list->item[i], "", NULL))
            continue;
        has = keyval_take(&kv, "id");
        found = has && !strcmp(has, id);
        keyval_fini(&kv);
        if (found)
            return &list->item[i];
    }
    return NULL;
}

static int set(struct config *c, char *name, const char *id, const char *key, const char *value, struct error **err)
{
    const struct group *group;
    int r = group_find("-set", name, &group, err);
    const char **item;
    GString *spec;

    if (r < 0)
        return r;
    if (!list_of(c, name))
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-set", name, "legal: device, chardev, mon");
    item = item_find(list_of(c, name), id);
    if (!item)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, T("-set %s", name), id,
                         T("the id of a -%s before it, which is not in JSON", group->option));
    spec = g_string_new(*item);
    pair_append(spec, key, value);
    *item = keep(c, spec);
    g_string_free(spec, TRUE);
    return 0;
}

int option_set(struct config *c, const char *spec, struct error **err)
{
    char *copy = strdup(spec), *value, *id, *key;
    int r = -EINVAL;

    assert(copy);
    value = strchr(copy, '=');
    if (value)
        *value++ = '\0';
    id = strchr(copy, '.');
    key = id ? strchr(id + 1, '.') : NULL;
    if (value && key && id != copy && key != id + 1 && key[1]) {
        *id = *key = '\0';
        r = set(c, copy, id + 1, key + 1, value, err);
    } else {
        error_set(err, r, ERROR_SYNTAX, "-set", spec, "group.id.key=value");
    }
    free(copy);
    return r;
}
