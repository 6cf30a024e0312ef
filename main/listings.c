/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * What "help" lists: for people and for tools that parse it, on stdout
 *
 * Everything comes from the tables that the program works with.
 */

#include "accel/accel.h"
#include "chardev/config.h"
#include "core/datafile.h"
#include "cpu/model.h"
#include "lib/error.h"
#include "lib/trace.h"
#include "main/version.h"
#include "object/user.h"

#include <assert.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int option_version(struct config *c, const char *value, struct error **err)
{
    (void)value;
    (void)err;
    printf("QEMU emulator version %d.%d.%d (Rhea %s)\n", QEMU_MAJOR, QEMU_MINOR, QEMU_MICRO, RHEA_VERSION);
    printf(
        "Rhea is free software under the Apache License 2.0; it implements the interfaces of the version "
        "named above.\n");
    c->help_shown = true;
    return 0;
}

enum { HELP_COLUMN = 32 };

int option_help(struct config *c, const char *value, struct error **err)
{
    (void)value;
    (void)err;
    printf("usage: rhea-system-x86_64 [options]\n");
    for (const struct option *o = options; o->names; o++) {
        char head[256];
        const char *bar = strchr(o->names, '|');
        int len = bar ? (int)(bar - o->names) : (int)strlen(o->names);

        if (o == options || strcmp(o->group, o[-1].group))
            printf("\n%s:\n", o->group);
        snprintf(head, sizeof(head), "-%.*s%s%s%s%s", len, o->names, bar ? ", -" : "", bar ? bar + 1 : "",
                 o->argument ? " " : "", o->argument ? o->argument : "");
        printf("%-*s", HELP_COLUMN, head);
        printf("%s%*s%s\n", strlen(head) < HELP_COLUMN ? "" : "\n", strlen(head) < HELP_COLUMN ? 0 : HELP_COLUMN, "",
               o->help);
    }
    printf("\nDuring -nographic: C-a x ends the machine, C-a c switches to the monitor, C-a h lists more keys.\n");
    c->help_shown = true;
    return 0;
}

static void machine_line(const struct board_type *b, void *opaque)
{
    (void)opaque;
    if (b->alias)
        printf("%-20s %s (alias of %s)\n", b->alias, b->type.doc, b->name);
    printf("%-20s %s\n", b->name, b->type.doc);
}

void list_machines(void)
{
    printf("Supported machines are:\n");
    board_each(machine_line, NULL);
}

static void cpu_line(const struct cpu_model *m, void *opaque)
{
    (void)opaque;
    if (m->doc)
        printf("x86 %-20s  %s\n", m->name, m->doc);
    else
        printf("x86 %-20s  (alias configured by machine type)\nx86 %-20s  %s\n", m->name, T("%s-v1", m->name),
               m->brand);
}

struct words { const char *word[256]; unsigned n; };

static int words_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void words_add(const char *name, void *opaque)
{
    struct words *w = opaque;

    assert(w->n < sizeof(w->word) / sizeof(w->word[0]));
    w->word[w->n++] = name;
}

void list_cpus(void)
{
    struct words flags = { .n = 0 };
    unsigned column = 80;

    printf("Available CPUs:\n");
    cpu_models_each(cpu_line, NULL);
    cpu_feature_names(words_add, &flags);
    qsort(flags.word, flags.n, sizeof(flags.word[0]), words_order);
    printf("\nRecognized CPUID flags:");
    for (unsigned i = 0; i < flags.n; i++) {
        if (column + strlen(flags.word[i]) > 74)
            column = 0;
        printf(column ? " %s" : "\n  %s", flags.word[i]);
        column += strlen(flags.word[i]) + 1;
    }
    printf("\n");
}

static void accel_line(const char *name, void *opaque)
{
    (void)opaque;
    printf("%s\n", name);
}

/* The heading is one that tools look for. */
void list_accels(void)
{
    printf("Accelerators supported in QEMU binary:\n");
    accel_names(accel_line, NULL);
}

struct lines { void (*line)(const char *text, void *opaque); void *opaque; };

static void device_line(const struct device_type *d, const struct lines *to)
{
    GString *s = g_string_new(NULL);

    g_string_printf(s, "name \"%s\"", d->type.name);
    if (d->bus)
        g_string_append_printf(s, ", bus %s", d->bus);
    if (d->type.doc)
        g_string_append_printf(s, ", desc \"%s\"", d->type.doc);
    to->line(s->str, to->opaque);
    g_string_free(s, TRUE);
}

/* The device of this category whose name comes next after `after`; NULL: no more. */
static const struct device_type *device_after(const char *category, const char *after)
{
    const struct device_type *next = NULL;

    TYPE_FOR_EACH(t) {
        const struct device_type *d = (*t)->abstract || (*t)->internal ? NULL : device_type_find((*t)->name);

        if (d && !strcmp((*t)->category ? (*t)->category : "", category) && strcmp((*t)->name, after) > 0 &&
            (!next || strcmp((*t)->name, next->type.name) < 0))
            next = d;
    }
    return next;
}

void devices_help(void (*line)(const char *text, void *opaque), void *opaque)
{
    static const struct { const char *category, *heading; } groups[] = {
        { "bridge", "Controller/Bridge/Hub" }, { "usb", "USB" }, { "storage", "Storage" }, { "network", "Network" },
        { "input", "Input" }, { "display", "Display" }, { "sound", "Sound" }, { "misc", "Misc" }, { "cpu", "CPU" },
        { "watchdog", "Watchdog" }, { "", "Uncategorized" },
    };
    const struct lines to = { line, opaque };
    bool any = false;

    for (unsigned i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        const struct device_type *d = device_after(groups[i].category, "");

        if (!d)
            continue;
        if (any)
            line("", opaque);
        line(T("%s devices:", groups[i].heading), opaque);
        any = true;
        for (; d; d = device_after(groups[i].category, d->type.name))
            device_line(d, &to);
    }
}

static void prop_line(const struct prop *p, const struct lines *to)
{
    GString *s = g_string_new(NULL);

    g_string_printf(s, "%-24s - %s", T("  %s=<%s>", p->name, prop_type_name(p)), p->doc ? p->doc : "");
    if (p->kind == PROP_BOOL)
        g_string_append_printf(s, " (default: %s)", prop_default(p, 702) ? "true" : "false");
    else if (p->kind != PROP_STRING && p->kind != PROP_ENUM)
        g_string_append_printf(s, " (default: %llu)", (unsigned long long)prop_default(p, 702));
    to->line(s->str, to->opaque);
    g_string_free(s, TRUE);
}

/* Walks the properties for the one whose name comes next. */
struct prop_search { const char *after; const struct prop *next; };

static void prop_consider(const struct prop *p, void *opaque)
{
    struct prop_search *s = opaque;

    if (strcmp(p->name, s->after) > 0 && (!s->next || strcmp(p->name, s->next->name) < 0))
        s->next = p;
}

int device_props_help(const char *type, void (*line)(const char *text, void *opaque), void *opaque, struct error **err)
{
    const struct device_type *d = device_type_find(type);
    const struct lines to = { line, opaque };

    if (!d || d->type.abstract)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "-device", type, "a type that -device help lists");
    line(T("%s options:", type), opaque);
    for (struct prop_search s = { "", NULL }; ; s.after = s.next->name, s.next = NULL) {
        type_props_each(&d->type, prop_consider, &s);
        if (!s.next)
            return 0;
        prop_line(s.next, &to);
    }
}

static void plain_line(const char *text, void *opaque)
{
    (void)opaque;
    printf("%s\n", text);
}

void list_devices(void)
{
    devices_help(plain_line, NULL);
}

int list_device_props(const char *type, struct error **err)
{
    return device_props_help(type, plain_line, NULL, err);
}

void list_objects(void)
{
    user_types_help(plain_line, NULL);
}

int list_object_props(const char *type, struct error **err)
{
    return user_type_help(type, plain_line, NULL, err);
}

static void log_line_print(void *opaque, const char *name, const char *doc)
{
    (void)opaque;
    printf("%-15s %s\n", name, doc);
}

void list_log_items(void)
{
    printf("Log items (comma separated):\n");
    log_help(log_line_print, NULL);
}

/* In the reference's form. */
void list_vgas(void)
{
    printf("none                 no graphic card\n");
    printf("std                  standard VGA (default)\n");
}

void list_displays(void)
{
    printf("Available display backend types:\nnone\n");
}

void list_chardevs(void)
{
    printf("Available chardev backend types: \n");
    for (unsigned i = 0; chardev_kind_name(i); i++)
        printf("  %s\n", chardev_kind_name(i));
}

void list_audio_drivers(void)
{
    printf("Available audio drivers:\nnone\n");
}

void list_sound_cards(void)
{
    printf("Valid sound card names (comma separated):\n");
}

/* Older programs took what -audiodev says from environment variables; what those without any came to. */
void list_audio_environment(void)
{
    printf("Environment variable based configuration deprecated.\nPlease use the new -audiodev option.\n\n"
           "Equivalent -audiodev to your current environment variables:\n-audiodev id=none,driver=none\n");
}

static void dir_line(void *opaque, const char *dir)
{
    (void)opaque;
    printf("%s\n", dir);
}

void list_data_dirs(const struct config *c)
{
    datafile_dirs(c->data_dirs.item, c->data_dirs.n, dir_line, NULL);
}

static void trace_line(void *opaque, const char *name, bool on)
{
    (void)opaque;
    (void)on;
    printf("%s\n", name);
}

void list_traces(void)
{
    trace_list(trace_line, NULL);
}
