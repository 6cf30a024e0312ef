/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/stream.h"

/*
 * The frame of a migration stream
 *
 *     51 45 56 4d, version (4)        "QEVM", 3
 *     07, length (4), name            the machine type, then subsections of the configuration
 *     04 ...                          sections (core/savestate.c)
 *     00                              end
 *     06, length (4), JSON            what the sections were, for people and tools; readers drop it
 *
 * Left out: live sections, commands, and subsections of the configuration (a stream that has them is
 * refused by name).
 * Invariant: a length from a stream is held against what is left of it before it is used.
 */

#include "core/machine.h"

#include <errno.h>
#include <glib.h>

enum { STREAM_MAGIC = 0x5145564d, STREAM_VERSION = 3, STREAM_PAGE = 4096 };
enum { MARK_END = 0x00, MARK_FULL = 0x04, MARK_SUBSECTION = 0x05, MARK_DESCRIPTION = 0x06, MARK_CONFIGURATION = 0x07 };

static const char *machine_name(const struct machine *m)
{
    return m->type_name ? m->type_name : "none";
}

static void describe(struct machine *m, struct wire *w)
{
    GString *json = g_string_new(NULL);

    g_string_append_printf(json, "{\"page_size\":%u,\"devices\":[", STREAM_PAGE);
    machine_describe(m, json);
    g_string_append(json, "]}");
    wire_put(w, MARK_DESCRIPTION, 1);
    wire_put(w, json->len, 4);
    wire_put_bytes(w, json->str, json->len);
    g_string_free(json, TRUE);
}

int stream_save_devices(struct machine *m, struct wire *w, struct error **err)
{
    const char *name = machine_name(m);
    int r;

    wire_put(w, STREAM_MAGIC, 4);
    wire_put(w, STREAM_VERSION, 4);
    wire_put(w, MARK_CONFIGURATION, 1);
    wire_put(w, strlen(name), 4);
    wire_put_bytes(w, name, strlen(name));
    r = machine_save(m, w, err);
    if (r < 0)
        return r;
    wire_put(w, MARK_END, 1);
    describe(m, w);
    return w->bad ? error_set(err, -ENOSPC, ERROR_RANGE, "stream", "device state", "what fits its limit") : 0;
}

static int bad_stream(struct error **err, const char *value, const char *legal)
{
    return error_set(err, -EINVAL, ERROR_STREAM, "stream", value, legal);
}

/* A number of bytes that must be there; NULL: they are not. */
static const char *bytes_take(struct wire *w, size_t n)
{
    const char *p = (const char *)w->buf + w->at;

    if (w->bad || n > w->len - w->at) {
        w->bad = true;
        return NULL;
    }
    w->at += n;
    return p;
}

static int header_load(struct machine *m, struct wire *w, struct error **err)
{
    uint32_t magic = wire_get(w, 4), version = wire_get(w, 4), n;
    const char *name;

    if (w->bad || magic != STREAM_MAGIC)
        return bad_stream(err, T("magic number %#x", magic), T("%#x", STREAM_MAGIC));
    if (version != STREAM_VERSION)
        return bad_stream(err, T("version %u", version), T("%u", STREAM_VERSION));
    if (wire_get(w, 1) != MARK_CONFIGURATION)
        return bad_stream(err, "what follows the header", "the configuration");
    n = wire_get(w, 4);
    name = bytes_take(w, n);
    if (!name)
        return bad_stream(err, "the end", "the name of a machine type");
    if (n != strlen(machine_name(m)) || memcmp(name, machine_name(m), n))
        return bad_stream(err, T("machine type %.*s", (int)(n < 60 ? n : 60), name), machine_name(m));
    return 0;
}

/* Up to the end mark. */
static int sections_load(struct machine *m, struct wire *w, struct error **err)
{
    for (;;) {
        unsigned mark = wire_get(w, 1);
        int r;

        if (!w->bad && mark == MARK_END)
            return 0;
        if (w->bad)
            return bad_stream(err, "the end", "the mark of one");
        if (mark != MARK_FULL)
            return bad_stream(err, mark == MARK_SUBSECTION ? "a subsection of the configuration"
                : T("a part of kind %#x", mark),
                              "device sections");
        r = machine_load_section(m, w, err);
        if (r < 0)
            return r;
    }
}

static int description_skip(struct wire *w, struct error **err)
{
    if (w->at == w->len)
        return 0;
    if (wire_get(w, 1) != MARK_DESCRIPTION || !bytes_take(w, wire_get(w, 4)) || w->at != w->len)
        return bad_stream(err, "what follows the end mark", "a description, and nothing else");
    return 0;
}

int stream_load_devices(struct machine *m, struct wire *w, struct error **err)
{
    int r = header_load(m, w, err);

    if (!r)
        r = sections_load(m, w, err);
    if (!r)
        r = description_skip(w, err);
    machine_load_end(m, r < 0);
    return r;
}
