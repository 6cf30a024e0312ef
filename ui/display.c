/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/display.h"

/*
 * Consoles and their surfaces (see display.h)
 *
 * Left out: telling viewers which part of a surface has changed; cursors of their own; switching
 * between consoles.
 * Invariant: a surface has at most SURFACE_PIXELS_MAX pixels, and no side is 0.
 */

#include "object/object.h"

#include <pixman.h>
#include <stdlib.h>
#include <string.h>

static unsigned side(unsigned n)
{
    return n == 0 ? 1 : n > SURFACE_SIDE_MAX ? SURFACE_SIDE_MAX : n;
}

static void cut(unsigned *width, unsigned *height)
{
    *width = side(*width);
    *height = side(*height);
    if (*height > SURFACE_PIXELS_MAX / *width)
        *height = SURFACE_PIXELS_MAX / *width;
}

struct surface *surface_new(unsigned width, unsigned height)
{
    struct surface *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    cut(&width, &height);
    s->width = width;
    s->height = height;
    s->image = pixman_image_create_bits(PIXMAN_x8r8g8b8, width, height, NULL, 0);
    if (!s->image) {
        free(s);
        return NULL;
    }
    s->pixels = pixman_image_get_data(s->image);
    s->stride = pixman_image_get_stride(s->image) / sizeof(uint32_t);
    return s;
}

void surface_free(struct surface *s)
{
    if (!s)
        return;
    pixman_image_unref(s->image);
    free(s);
}

void displays_init(struct displays *set)
{
    list_init(&set->consoles);
}

void displays_fini(struct displays *set)
{
    list_for_each_safe(n, &set->consoles)
        console_detach(list_entry(n, struct console, node));
}

void console_attach(struct displays *set, struct console *con)
{
    list_init(&con->node);
    con->surface = NULL;
    if (set)
        list_append(&set->consoles, &con->node);
}

void console_detach(struct console *con)
{
    if (list_linked(&con->node))
        list_remove(&con->node);
    surface_free(con->surface);
    con->surface = NULL;
}

struct surface *console_surface(struct console *con, unsigned width, unsigned height)
{
    struct surface *s = con->surface;

    cut(&width, &height);
    if (s && s->width == width && s->height == height)
        return s;
    surface_free(s);
    con->surface = surface_new(width, height);
    return con->surface;
}

/* An id names what stands below /machine/peripheral. */
static bool is_owner(const struct object *o, const char *device)
{
    char *path;
    bool same;

    if (!o)
        return false;
    if (*device != '/')
        return o->name && o->parent && o->parent->name && !strcmp(o->parent->name, "peripheral") &&
               !strcmp(o->name, device);
    path = object_path(o);
    same = !strcmp(path, device);
    free(path);
    return same;
}

struct console *console_find(struct displays *set, const char *device, int64_t head)
{
    list_for_each(n, &set->consoles) {
        struct console *con = list_entry(n, struct console, node);

        if (!device || (is_owner(con->owner, device) && con->head == head))
            return con;
    }
    return NULL;
}

bool console_owned(const struct displays *set, const char *device)
{
    list_for_each(n, &set->consoles)
        if (is_owner(list_entry(n, const struct console, node)->owner, device))
            return true;
    return false;
}

const struct surface *console_look(struct console *con)
{
    con->ops->update(con);
    return con->surface;
}

bool console_text(struct console *con, struct text_screen *screen)
{
    *screen = (struct text_screen){ .cursor = -1 };
    return con->ops->text && con->ops->text(con, screen);
}
