/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * What "help" lists: for people and for tools that parse it, on stdout
 *
 * Everything comes from the tables that the program works with.
 */

#include "accel/accel.h"
#include "cpu/model.h"
#include "lib/error.h"
#include "lib/trace.h"
#include "main/version.h"

#include <errno.h>
#include <stdio.h>
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

int option_help(struct config *c, const char *value, struct error **err)
{
    (void)value;
    (void)err;
    printf("usage: rhea-system-x86_64 [options]\n\n");
    for (const struct option *o = options; o->names; o++) {
        char head[96];
        const char *bar = strchr(o->names, '|');
        int len = bar ? (int)(bar - o->names) : (int)strlen(o->names);

        snprintf(head, sizeof(head), "-%.*s%s%s%s%s", len, o->names, bar ? ", -" : "", bar ? bar + 1 : "",
                 o->argument ? " " : "", o->argument ? o->argument : "");
        printf("%-58s %s\n", head, o->help);
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

static void cpu_line(const char *name, const char *brand, void *opaque)
{
    (void)opaque;
    printf("x86 %-20s  %s\n", name, brand);
}

static void feature_word(const char *name, void *opaque)
{
    unsigned *column = opaque;

    if (*column + strlen(name) > 74)
        *column = 0;
    printf(*column ? " %s" : "\n  %s", name);
    *column += strlen(name) + 1;
}

void list_cpus(void)
{
    unsigned column = 80;

    printf("Available CPUs:\n");
    cpu_model_names(cpu_line, NULL);
    printf("\nRecognized CPUID flags:");
    cpu_feature_names(feature_word, &column);
    printf("\n");
}

static void accel_line(const char *name, void *opaque)
{
    (void)opaque;
    printf("%s\n", name);
}

void list_accels(void)
{
    printf("Accelerators supported in this binary:\n");
    accel_names(accel_line, NULL);
}

void list_devices(void)
{
    TYPE_FOR_EACH(t) {
        const struct device_type *d = device_type_find((*t)->name);

        if (!d || (*t)->abstract || (*t)->internal)
            continue;
        printf("name \"%s\"", (*t)->name);
        if (d->bus)
            printf(", bus %s", d->bus);
        printf(", desc \"%s\"\n", (*t)->doc);
    }
}

static void prop_line(const struct prop *p, void *opaque)
{
    (void)opaque;
    printf("  %s=<%s>", p->name, prop_type_name(p));
    printf("%*s - %s", (int)(22 - strlen(p->name) - strlen(prop_type_name(p))) > 0 ?
           (int)(22 - strlen(p->name) - strlen(prop_type_name(p))) : 0, "", p->doc);
    if (p->kind == PROP_STRING || p->kind == PROP_ENUM)
        printf("\n");
    else if (p->kind == PROP_BOOL)
        printf(" (default: %s)\n", prop_default(p, 702) ? "on" : "off");
    else
        printf(" (default: %llu)\n", (unsigned long long)prop_default(p, 702));
}

int list_device_props(const char *type, struct error **err)
{
    const struct device_type *d = device_type_find(type);

    if (!d || d->type.abstract)
        return error_set(err, -ENOENT, ERROR_UNKNOWN, "-device", type, "a type that -device help lists");
    printf("%s options:\n", type);
    type_props_each(&d->type, prop_line, NULL);
    return 0;
}

static void log_line_print(const char *name, const char *doc)
{
    printf("%-15s %s\n", name, doc);
}

void list_log_items(void)
{
    printf("Log items (comma separated):\n");
    log_help(log_line_print);
}

static void trace_line(const char *name)
{
    printf("%s\n", name);
}

void list_traces(void)
{
    trace_list(trace_line);
}
