/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -k: the layout of the keyboard, by the name of a key map
 *
 * Key maps are files in the folder "keymaps" of each folder of firmware.  Nothing here translates keys by one yet, but
 * a name that no file has is refused.
 */

#include "core/datafile.h"
#include "lib/error.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void dir_read(void *opaque, const char *dir)
{
    char *path = g_strdup_printf("%s/keymaps", dir);
    DIR *d = opendir(path);

    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            g_ptr_array_add(opaque, g_strdup(e->d_name));
    if (d)
        closedir(d);
    g_free(path);
}

/* All names, in order; a name may be there twice. */
static GPtrArray *keymaps(const struct config *c)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    datafile_dirs(c->data_dirs.item, c->data_dirs.n, dir_read, names);
    g_ptr_array_sort(names, by_name);
    return names;
}

void list_keymaps(const struct config *c)
{
    GPtrArray *names = keymaps(c);

    for (unsigned i = 0; i < names->len; i++)
        if (!i || strcmp(names->pdata[i], names->pdata[i - 1]))
            printf("%s\n", (char *)names->pdata[i]);
    g_ptr_array_unref(names);
}

int option_keymap(struct config *c, const char *value, struct error **err)
{
    (void)err;
    if (strcmp(value, "help") && strcmp(value, "?")) {
        c->keymap = value;
        return 0;
    }
    list_keymaps(c);
    c->help_shown = true;
    return 0;
}

int config_keymap_check(const struct config *c, struct error **err)
{
    GPtrArray *names = c->keymap ? keymaps(c) : NULL;
    bool found = !names;

    for (unsigned i = 0; names && i < names->len; i++)
        found |= !strcmp(names->pdata[i], c->keymap);
    if (names)
        g_ptr_array_unref(names);
    return found ? 0 : error_set(err, -ENOENT, ERROR_UNKNOWN, "-k", c->keymap, "a name that -k help lists");
}
