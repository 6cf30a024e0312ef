/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/protocol.h"

/*
 * Queries and settings: q and Q
 *
 * Reference: GDB's manual, "General Query Packets"; the qqemu. ones as the reference answers them.
 * The output of `monitor` goes out in as many O packets as it needs, before the reply.
 */

#include "gdb/regs.h"

#include <string.h>

enum { CHUNK = (GDB_PACKET - 8) / 2 };  /* bytes that fit into a packet, escaped or as digits */

/* "FEATURE;FEATURE..." behind a colon: of interest is what changes what we say. */
static void supported(struct gdb_session *s, struct gdb_args *a)
{
    bool begins = gdb_args_char(a, ':');

    while (begins && a->at < a->end) {
        if (gdb_args_word(a, "multiprocess+") && (a->at == a->end || *a->at == ';'))
            s->multiprocess = true;
        while (a->at < a->end && *a->at++ != ';')
            ;
    }
    g_string_printf(s->reply, "PacketSize=%x;qXfer:features:read+;vContSupported+;multiprocess+;QStartNoAckMode+",
                    GDB_PACKET);
}

static const char *document(struct gdb_session *s, struct gdb_args *a)
{
    if (gdb_args_word(a, "target.xml:"))
        return gdb_target_xml;
    if (!gdb_args_word(a, GDB_CORE_XML ":"))
        return NULL;
    if (!s->xml->len)
        gdb_core_xml(s->xml);
    return s->xml->str;
}

/* "ANNEX:OFFSET,LENGTH" */
static void features(struct gdb_session *s, struct gdb_args *a)
{
    const char *text = document(s, a);
    uint64_t offset, len;
    size_t size;

    if (!text) {
        gdb_reply_error(s, 0);
        return;
    }
    size = strlen(text);
    offset = gdb_args_hex(a);
    gdb_args_expect(a, ',');
    len = gdb_args_hex(a);
    if (!gdb_args_end(a)) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    if (offset > size) {
        gdb_reply_error(s, 0);
        return;
    }
    len = len < CHUNK ? len : CHUNK;
    gdb_reply(s, size - offset > len ? "m" : "l");
    g_string_append_len(s->reply, text + offset, (gssize)(size - offset > len ? len : size - offset));
}

static void output_flush(struct gdb_session *s, GString *text)
{
    for (size_t at = 0; at < text->len; at += CHUNK) {
        size_t n = text->len - at < CHUNK ? text->len - at : CHUNK;

        g_string_assign(s->reply, "O");
        gdb_reply_hex(s, text->str + at, n);
        gdb_send(s, s->reply->str, s->reply->len);
    }
}

/* Lines end with CR and LF, as the reference's do. */
static void output_take(void *opaque, const char *text, size_t n)
{
    GString *to = opaque;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\n')
            g_string_append_c(to, '\r');
        g_string_append_c(to, text[i]);
    }
}

static void monitor_line(struct gdb_session *s, struct gdb_args *a)
{
    char line[GDB_PACKET / 2 + 1] = "";
    size_t n = (size_t)(a->end - a->at) / 2;
    GString *text;

    if (!gdb_ops(s)->monitor)
        return;
    gdb_args_bytes(a, line, n);
    if (!n || !gdb_args_end(a)) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    text = g_string_new(NULL);
    gdb_ops(s)->monitor(s->target, line, output_take, text);
    output_flush(s, text);
    g_string_free(text, TRUE);
    gdb_reply(s, "OK");
}

static void attached(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    gdb_reply(s, "1");
}

static void step_bits(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    g_string_printf(s->reply, "ENABLE=%x,NOIRQ=%x,NOTIMER=%x", DEBUG_STEP, DEBUG_STEP_NOIRQ, DEBUG_STEP_NOTIMER);
}

static void step_get(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    g_string_printf(s->reply, "0x%x", s->step);
}

static void step_set(struct gdb_session *s, struct gdb_args *a)
{
    uint64_t step;

    gdb_args_word(a, "0x");
    step = gdb_args_hex(a);
    if (!gdb_args_end(a) || step > GDB_STEP_DEFAULT) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    s->step = (unsigned)step;
    gdb_reply(s, "OK");
}

static void physical_get(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    gdb_reply(s, s->physical ? "1" : "0");
}

static void physical_set(struct gdb_session *s, struct gdb_args *a)
{
    uint64_t on = gdb_args_hex(a);

    if (!gdb_args_end(a)) {
        gdb_reply_error(s, GDB_EINVAL);
        return;
    }
    s->physical = on;
    gdb_reply(s, "OK");
}

static void extensions(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    gdb_reply(s, "sstepbits;sstep;PhyMemMode");
}

static void no_acks(struct gdb_session *s, struct gdb_args *a)
{
    (void)a;
    s->acks = false;
    gdb_reply(s, "OK");
}

/* whole: nothing follows the name. */
struct query { const char *name; bool whole; void (*run)(struct gdb_session *s, struct gdb_args *a); };

static const struct query queries[] = {
    { "C", true, gdb_query_thread }, { "fThreadInfo", true, gdb_query_first }, { "sThreadInfo", true, gdb_query_next },
    { "ThreadExtraInfo", false, gdb_query_extra }, { "Supported", false, supported }, { "Attached", false, attached },
    { "Xfer:features:read:", false, features }, { "Rcmd,", false, monitor_line },
    { "qemu.Supported", true, extensions }, { "qemu.sstepbits", true, step_bits }, { "qemu.sstep=", false, step_set },
    { "qemu.sstep", true, step_get }, { "qemu.PhyMemMode", true, physical_get }, {},
};
static const struct query settings[] = {
    { "qemu.sstep=", false, step_set }, { "qemu.PhyMemMode:", false, physical_set },
    { "StartNoAckMode", true, no_acks }, {},
};

static void run(struct gdb_session *s, struct gdb_args *a, const struct query *table)
{
    const char *at = a->at;

    for (const struct query *q = table; q->name; q++) {
        if (gdb_args_word(a, q->name) && (!q->whole || a->at == a->end)) {
            q->run(s, a);
            return;
        }
        a->at = at;
    }
}

void gdb_cmd_query(struct gdb_session *s, struct gdb_args *a)
{
    run(s, a, queries);
}

void gdb_cmd_set(struct gdb_session *s, struct gdb_args *a)
{
    run(s, a, settings);
}
