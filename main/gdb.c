/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * The gdb server on the chardev that -gdb or the monitor names: one at a time, labelled "gdb"
 */

#include "gdb/gdb.h"
#include "lib/error.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

struct put { struct text_out out; void (*put)(void *to, const char *text, size_t n); void *to; };

static void put_text(struct text_out *out, const char *text, size_t n)
{
    const struct put *p = (struct put *)out;

    p->put(p->to, text, n);
}

static void monitor_line(void *opaque, const char *line, void (*put)(void *to, const char *text, size_t n), void *to)
{
    struct process *p = opaque;
    struct put out = { { put_text }, put, to };

    monitor_line_run(p->monitor, line, &out.out);
}

/* A debugger finds a server, without a client that somebody would have to wait for. */
static char *with_defaults(const char *spec)
{
    return strncmp(spec, "tcp:", 4) ? g_strdup(spec) : g_strdup_printf("%s,wait=off,nodelay=on,server=on", spec);
}

void process_gdb_end(struct process *p)
{
    struct chardev *own;

    if (!p->gdb)
        return;
    own = p->gdb_owns_chardev ? gdb_server_chardev(p->gdb) : NULL;
    gdb_server_free(p->gdb);
    p->gdb = NULL;
    if (own)
        chardev_close(own);
}

int process_gdb(struct process *p, const char *spec, struct error **err)
{
    const struct gdb_config cfg = { .machine = p->machine, .monitor = monitor_line, .opaque = p };
    g_autofree char *full = with_defaults(spec);
    struct chardev *chr;
    const char *id;
    int r;

    if (!strncmp(spec, "mon:", 4))
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-gdb", spec, "legal: the same without mon:");
    process_gdb_end(p);
    r = process_chardev(p, "-gdb", full, "gdb", &id, err);
    if (r < 0 || !id)
        return r;
    chr = chardev_find(&p->chardevs, id);
    p->gdb = gdb_server_new(&cfg, chr, err);
    p->gdb_owns_chardev = !strcmp(id, "gdb");
    if (p->gdb)
        return 0;
    if (p->gdb_owns_chardev)
        chardev_close(chr);
    return -EINVAL;
}

/* "gdbserver [DEVICE]" of the monitor, in the reference's words. */
void process_gdb_command(void *opaque, const char *device, struct text_out *out)
{
    struct process *p = opaque;
    struct error *err = NULL;

    if (!device)
        device = GDB_DEFAULT;
    if (p->gdb && gdb_server_busy(p->gdb)) {
        text_out_puts(out, "gdbserver: not from inside the debugger that it serves\n");
    } else if (process_gdb(p, device, &err) < 0) {
        text_out_printf(out, "%s\nCould not open gdbserver on device '%s'\n", error_line(err).s, device);
        error_free(err);
    } else if (!p->gdb) {
        text_out_puts(out, "Disabled gdbserver\n");
    } else {
        text_out_printf(out, "Waiting for gdb connection on device '%s'\n", device);
    }
}
