/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What of a whole machine is compared after reset and after firmware alike: who answers where, and CMOS memory
 */

#include "tests/unit/facts.h"
#include "tests/unit/program-bench.h"

/* One view of those that map_print() shows: the lines behind the name of an address space. */
struct view_lines { GPtrArray *lines; const char *space; };

/* "  0000000000000cf9-0000000000000cf9 (prio 1, i/o): lpc-reset-control" as "ports cf9 cf9 1 i/o lpc-reset-control" */
static inline void view_line(void *opaque, const char *line)
{
    struct view_lines *v = opaque;
    uint64_t first, last, at;
    char kind[8], name[80];
    int priority, n = 0;

    if (g_str_has_prefix(line, "FlatView"))
        v->space = NULL;
    if (g_str_has_prefix(line, " AS \"memory\""))
        v->space = "memory";
    if (g_str_has_prefix(line, " AS \"I/O\""))
        v->space = "ports";
    if (!v->space || sscanf(line, " %" SCNx64 "-%" SCNx64 " (prio %d, %7[^)]): %79[^@]%n", &first, &last, &priority,
                            kind, name, &n) != 5)
        return;
    at = line[n] == '@' ? strtoull(line + n + 1, NULL, 16) : 0;
    if (strcmp(g_strchomp(name), "io"))         /* ports that nobody claims */
        g_ptr_array_add(v->lines, g_strdup_printf("%s\t%" PRIx64 "\t%" PRIx64 "\t%d\t%s\t%s%s", v->space, first, last,
                                                  priority, kind, name, at ? T(" @%" PRIx64, at) : ""));
}

static inline GPtrArray *map_view(struct machine *machine)
{
    struct view_lines v = { g_ptr_array_new_with_free_func(g_free), NULL };

    map_print(&machine->map, true, view_line, &v);
    return v.lines;
}

/* The reference's lines, in the same shape. */
static inline GPtrArray *map_facts(const char *machine, const char *state, const char *memory)
{
    char **rows = facts_lines("machine/map.tsv");
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (char **row = rows; *row; row++) {
        char **cell = g_strsplit(*row, "\t", 4);

        if (!strcmp(cell[0], machine) && !strcmp(cell[1], state) && (*cell[2] == '*' || !strcmp(cell[2], memory)))
            g_ptr_array_add(lines, g_strdup(cell[3]));
        g_strfreev(cell);
    }
    g_strfreev(rows);
    CHECK(lines->len > 40);
    return lines;
}

/* Time, date and century, and the interrupts that the clock has asked for. */
static inline bool cmos_is_time(unsigned at)
{
    return at < 0x0a || at == 0x0c || at == 0x32;
}

/* Registers that differ and are not known to. */
static inline unsigned cmos_differs(const char *machine, const char *config, const char *state)
{
    char **rows = facts_lines("machine/cmos.tsv"), *prefix = g_strdup_printf("%s\t%s\t%s\t", machine, config, state);
    const char *hex = NULL;
    unsigned wrong = 0, want;

    for (char **row = rows; *row; row++)
        if (g_str_has_prefix(*row, prefix))
            hex = *row + strlen(prefix);
    CHECK(hex && strlen(hex) == 256);
    for (unsigned at = 0; at < 128; at++) {
        CHECK(sscanf(hex + 2 * at, "%2x", &want) == 1);
        if (cmos_is_time(at) || cmos(at) == want || differs_knowingly("cmos", T("%s %02x", machine, at)))
            continue;
        printf("# cmos: %s %02x: %02x, the reference: %02x (%s, %s)\n", machine, at, cmos(at), want, config, state);
        wrong++;
    }
    g_free(prefix);
    g_strfreev(rows);
    return wrong;
}
