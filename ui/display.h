/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Displays: who shows something, and who looks at it
 *
 * A device registers a console with the functions that say what is on it.  Whoever looks (screendump
 * today) asks for an update and reads the console's surface, or its text.  Nothing is drawn while
 * nobody looks.
 *
 * Everything here is called on the home loop.  The functions of a console enter their device
 * themselves, so they are not called from inside a device.
 */

#include "lib/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console;
struct object;

/* Bounds of every surface, whatever a guest programs: 256 MiB of pixels at most. */
enum { SURFACE_SIDE_MAX = 16384, SURFACE_PIXELS_MAX = 64 << 20 };

/* A picture in host memory: 32 bits per pixel, 00RRGGBB.  image: the same pixels for pixman. */
struct surface {
    unsigned width, height;
    unsigned stride;            /* pixels from line to line */
    uint32_t *pixels;
    union pixman_image *image;
};

/* NULL: out of memory.  Sizes are cut to the bounds, and 0 counts as 1; all is black. */
struct surface *surface_new(unsigned width, unsigned height);
void surface_free(struct surface *s);           /* NULL is fine */
static inline uint32_t *surface_line(const struct surface *s, unsigned y)
{
    return s->pixels + (size_t)y * s->stride;
}

/* A character in code page 437, and its colours among the sixteen of a VGA's text mode. */
struct text_cell { uint8_t code, foreground, background; };

enum { TEXT_ROWS_MAX = 128 };

/* What a console shows in text mode; cells: columns * rows, line by line, the caller's to free. */
struct text_screen {
    unsigned columns, rows;
    int cursor;                 /* index of the cell under it, -1: none is shown */
    struct text_cell *cells;
};

struct console_ops {
    /* Draws what is to be seen now into the surface that console_surface() gives for its size. */
    void (*update)(struct console *con);
    /* Fills in *screen; false: it shows graphics.  NULL: never text. */
    bool (*text)(struct console *con, struct text_screen *screen);
};

/* Embedded in a device; public members are set before console_attach(). */
struct console {
    const struct console_ops *ops;
    const struct object *owner; /* the device, in the tree of names */
    unsigned head;              /* which of its owner's */
    /* private to ui/ */
    struct surface *surface;
    struct list_node node;
};

/* All consoles of a machine, the first one attached first. */
struct displays { struct list_node consoles; };

void displays_init(struct displays *set);
void displays_fini(struct displays *set);       /* consoles have gone */
/* set NULL: nobody can look, and the console stays unused. */
void console_attach(struct displays *set, struct console *con);
void console_detach(struct console *con);       /* not attached: fine */

/* For update(): the surface, of that size; its former contents are kept when the size is.  NULL: out of memory. */
struct surface *console_surface(struct console *con, unsigned width, unsigned height);

/* For those who look.  device: the id of a device, or its path in the tree; NULL: the first console. */
struct console *console_find(struct displays *set, const char *device, int64_t head);  /* NULL: there is none */
bool console_owned(const struct displays *set, const char *device);    /* has it any heads? */
/* Draws; the surface belongs to the console, until the next call for it.  NULL: out of memory. */
const struct surface *console_look(struct console *con);
/* A copy of the text; false: there is none.  Free screen->cells. */
bool console_text(struct console *con, struct text_screen *screen);
