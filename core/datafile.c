/* SPDX-License-Identifier: Apache-2.0 */
#include "core/datafile.h"

/*
 * Looking for firmware files (see datafile.h)
 *
 * Invariant: a file that the name itself leads to comes first, as a user who writes a path means it.
 */

#include "core/machine.h"
#include "lib/error.h"
#include "lib/file.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const packages[] = { "/usr/share/rhea", "/usr/share/seabios", "/usr/share/qemu", "/usr/share/ovmf",
                                        "/usr/share/OVMF", "/usr/lib/ipxe/qemu" };

void datafile_dirs(const char *const *first, unsigned n, void (*fn)(void *opaque, const char *dir), void *opaque)
{
    for (unsigned i = 0; i < n; i++)
        fn(opaque, first[i]);
    for (unsigned i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
        fn(opaque, packages[i]);
}

struct search {
    const char *name;
    char *path;
    char legal[400];
};

static void look(void *opaque, const char *dir)
{
    struct search *s = opaque;
    size_t len = strlen(s->legal);
    char *path;

    if (s->path)
        return;
    snprintf(s->legal + len, sizeof(s->legal) - len, "%s%s", len ? ", " : "a path, or the name of a file in ", dir);
    if (asprintf(&path, "%s/%s", dir, s->name) < 0)
        return;
    if (!access(path, F_OK))
        s->path = path;
    else
        free(path);
}

int datafile_find(const struct machine *m, const char *option, const char *name, char **path, struct error **err)
{
    struct search s = { .name = name };

    if (*name && !access(name, F_OK)) {
        s.path = strdup(name);
        assert(s.path);
    } else if (*name && !strchr(name, '/')) {
        datafile_dirs(m->data_dirs, m->n_data_dirs, look, &s);
    }
    *path = s.path;
    if (s.path)
        return 0;
    return error_set(err, -ENOENT, ERROR_UNKNOWN, option, name,
                     *s.legal ? s.legal : "the path of a file that exists");
}

int datafile_read(const struct machine *m, const char *option, const char *name, size_t limit, uint8_t **data,
                  size_t *size, struct error **err)
{
    char *path;
    int r = datafile_find(m, option, name, &path, err);

    *data = NULL;
    *size = 0;
    if (!r)
        r = file_read(option, path, limit, data, size, err);
    free(path);
    return r;
}
