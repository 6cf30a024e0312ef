/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was observed of the reference (tests/facts), and the one list of what differs from it (differences.tsv)
 *
 * A test compares each fact, and asks differs_knowingly() of those that are not so.  At its end it says which kinds of
 * entries are its own: differences_are_needed() finds those that no comparison has asked for, and would hide the next
 * difference of that name.  One thread; all that is read stays until the program ends.
 */

#include <glib.h>
#include <stdbool.h>

struct difference {
    char *kind, *name, *part, *why;     /* part: the one that will take it from the list; "-": it stays */
    bool seen;
};

/* The lines of tests/facts/NAME, comments and blanks left out; g_strfreev().  Ends the program if it is not there. */
char **facts_lines(const char *name);
/* The list; ends the program if a line has not four columns, or a kind that no test here has. */
const GPtrArray *differences(void);
/* Is there an entry of one of these kinds (parted by spaces) whose name matches, '*' for anything?  Marks it, them. */
bool differs_knowingly(const char *kinds, const char *name);
/* Which lines has only one side?  Each has to be known by "+ PREFIX LINE" (ours) or "- PREFIX LINE" (theirs), tabs as
 * spaces; prints the others, and returns how many they are.  Lines are strings, in any order. */
unsigned lines_differ(const char *kinds, const char *prefix, const GPtrArray *ours, const GPtrArray *theirs);
/* Prints each entry of these kinds (parted by spaces) with its reason; false: one of them was not seen. */
bool differences_are_needed(const char *kinds);
