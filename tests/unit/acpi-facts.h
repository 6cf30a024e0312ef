/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the reference's definition blocks declare (tests/facts/acpi/dsdt-*.tsv): of a machine, and of its variants. */

#include "tests/test.h"
#include "tests/unit/facts.h"

static inline GPtrArray *acpi_facts(const char *name)
{
    char *path = g_strdup_printf("acpi/%s.tsv", name), **all = facts_lines(path);
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (char **l = all; *l; l++)
        g_ptr_array_add(lines, *l);
    g_free(all);
    g_free(path);
    return lines;
}

static inline void acpi_fact_drop(GPtrArray *lines, const char *line)
{
    for (guint i = 0; i < lines->len; i++)
        if (!strcmp(lines->pdata[i], line))
            g_ptr_array_remove_index(lines, i--);
}

/* "512-1" is the machine itself; of a variant the facts have the lines that go and come. */
static inline GPtrArray *dsdt_facts(const char *machine, const char *variant)
{
    bool pc = !strcmp(machine, "pc");
    GPtrArray *lines = acpi_facts(pc ? "dsdt-pc" : "dsdt-q35");
    GPtrArray *changes = acpi_facts(pc ? "dsdt-pc-variants" : "dsdt-q35-variants");
    unsigned n = 0;

    for (guint i = 0; i < changes->len; i++) {
        char **part = g_strsplit(changes->pdata[i], "\t", 3);

        if (!strcmp(part[0], variant)) {
            n++;
            if (*part[1] == '-')
                acpi_fact_drop(lines, part[2]);
            else
                g_ptr_array_add(lines, g_strdup(part[2]));
        }
        g_strfreev(part);
    }
    CHECK(n || !strcmp(variant, "512-1"));
    g_ptr_array_free(changes, TRUE);
    return lines;
}
