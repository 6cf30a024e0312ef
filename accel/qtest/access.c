/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/qtest/server.h"
#include "lib/bits.h"

/*
 * qtest: memory as the first CPU sees it, and ports
 *
 * Invariant: no request moves more than QTEST_BYTES_MAX bytes.
 */

#include <stdlib.h>
#include <string.h>

static struct address_space *memory(struct qtest *q)
{
    return q->m->n_vcpus ? &q->m->vcpus[0]->as : &q->m->memory_as;
}

static void bytes_read(struct qtest *q, uint64_t addr, uint8_t *buf, uint64_t len)
{
    for (unsigned n; len; addr += n, buf += n, len -= n) {
        uint64_t val = 0;

        n = bits_piece(addr, len, 4);
        address_space_read(memory(q), addr, n, &val, NULL);
        memcpy(buf, &val, n);
    }
}

static void bytes_write(struct qtest *q, uint64_t addr, const uint8_t *buf, uint64_t len)
{
    for (unsigned n; len; addr += n, buf += n, len -= n) {
        uint64_t val = 0;

        n = bits_piece(addr, len, 4);
        memcpy(&val, buf, n);
        address_space_write(memory(q), addr, n, val, NULL);
    }
}

/* The width that a suffix means; 0: none. */
static unsigned width_of(char suffix, bool port)
{
    switch (suffix) {
    case 'b':
        return 1;
    case 'w':
        return 2;
    case 'l':
        return 4;
    case 'q':
        return port ? 0 : 8;
    default:
        return 0;
    }
}

static void port_access(struct qtest *q, char **word, bool write, unsigned size)
{
    uint64_t port, val;

    if (!qtest_number(word[1], &port) || port > 0xffff || (write && !qtest_number(word[2], &val))) {
        qtest_reply(q, "FAIL %s: a port up to 0xffff%s is needed", word[0], write ? " and a value" : "");
        return;
    }
    if (write)
        address_space_write(&q->m->io_as, port, size, val, NULL);
    else
        address_space_read(&q->m->io_as, port, size, &val, NULL);
    machine_run_posted(q->m);
    if (write)
        qtest_reply(q, "OK");
    else
        qtest_reply(q, "OK 0x%04" G_GINT64_MODIFIER "x", val);
}

static void memory_access(struct qtest *q, char **word, bool write, unsigned size)
{
    uint64_t addr, val;

    if (!qtest_number(word[1], &addr) || (write && !qtest_number(word[2], &val))) {
        qtest_reply(q, "FAIL %s: an address%s is needed", word[0], write ? " and a value" : "");
        return;
    }
    if (write)
        address_space_write(memory(q), addr, size, val, NULL);
    else
        address_space_read(memory(q), addr, size, &val, NULL);
    machine_run_posted(q->m);
    if (write)
        qtest_reply(q, "OK");
    else
        qtest_reply(q, "OK 0x%016" G_GINT64_MODIFIER "x", val);
}

/* Address and length of a block command; NULL after a FAIL.  The caller frees it. */
static uint8_t *block(struct qtest *q, char **word, uint64_t *addr, uint64_t *len, bool empty)
{
    if (!qtest_number(word[1], addr) || !qtest_number(word[2], len) || *len > QTEST_BYTES_MAX || (!*len && !empty)) {
        qtest_reply(q, "FAIL %s: an address and a length of %u to %u are needed", word[0], empty ? 0u : 1u,
                    (unsigned)QTEST_BYTES_MAX);
        return NULL;
    }
    return calloc(1, *len + 1);
}

static void block_read(struct qtest *q, char **word)
{
    uint64_t addr, len;
    uint8_t *buf = block(q, word, &addr, &len, false);
    GString *hex;

    if (!buf)
        return;
    bytes_read(q, addr, buf, len);
    if (word[0][0] == 'b') {
        gchar *text = g_base64_encode(buf, len);

        qtest_reply_text(q, text);
        g_free(text);
    } else {
        hex = g_string_sized_new(2 * len + 3);
        g_string_append(hex, "0x");
        for (uint64_t i = 0; i < len; i++) {
            g_string_append_c(hex, "0123456789abcdef"[buf[i] >> 4]);
            g_string_append_c(hex, "0123456789abcdef"[buf[i] & 15]);
        }
        qtest_reply_text(q, hex->str);
        g_string_free(hex, TRUE);
    }
    free(buf);
}

/* Short data is continued with zeros. */
static bool unhex(const char *text, uint8_t *buf, uint64_t len)
{
    for (uint64_t i = 0; text[0] && text[1] && i < len; i++, text += 2) {
        int high = g_ascii_xdigit_value(text[0]), low = g_ascii_xdigit_value(text[1]);

        if (high < 0 || low < 0)
            return false;
        buf[i] = high << 4 | low;
    }
    return true;
}

static bool unbase64(const char *text, uint8_t *buf, uint64_t len)
{
    gsize n;
    guchar *bytes = g_base64_decode(text, &n);

    if (bytes)
        memcpy(buf, bytes, n < len ? n : len);
    g_free(bytes);
    return bytes;
}

static void block_write(struct qtest *q, char **word)
{
    bool base64 = word[0][0] == 'b';
    uint64_t addr, len;
    uint8_t *buf;

    if (!base64 && word[1] && word[2] && (!word[3] || strlen(word[3]) < 3)) {
        qtest_reply(q, "ERR invalid argument size");
        return;
    }
    buf = block(q, word, &addr, &len, false);
    if (!buf)
        return;
    if (!word[3] || !*word[3] || !(base64 ? unbase64(word[3], buf, len) : unhex(word[3] + 2, buf, len))) {
        qtest_reply(q, "FAIL %s: the data cannot be read", word[0]);
    } else {
        bytes_write(q, addr, buf, len);
        machine_run_posted(q->m);
        qtest_reply(q, "OK");
    }
    free(buf);
}

static void block_set(struct qtest *q, char **word)
{
    uint64_t addr, len, val;
    uint8_t *buf;

    if (!qtest_number(word[1], &addr) || !qtest_number(word[2], &len) || !qtest_number(word[3], &val)) {
        qtest_reply(q, "FAIL memset: address, length and byte are needed");
        return;
    }
    buf = block(q, word, &addr, &len, true);
    if (!buf)
        return;
    memset(buf, val, len);
    bytes_write(q, addr, buf, len);
    machine_run_posted(q->m);
    qtest_reply(q, "OK");
    free(buf);
}

/* "in" or "out", "read" or "write", and a suffix. */
static bool single(struct qtest *q, char **word)
{
    static const struct { const char *name; bool port, write; } kinds[] = {
        { "in", true, false }, { "out", true, true }, { "read", false, false }, { "write", false, true },
    };

    for (unsigned i = 0; i < 4; i++) {
        size_t n = strlen(kinds[i].name);
        unsigned size;

        if (strncmp(word[0], kinds[i].name, n) || !word[0][n] || word[0][n + 1])
            continue;
        size = width_of(word[0][n], kinds[i].port);
        if (!size)
            return false;
        if (kinds[i].port)
            port_access(q, word, kinds[i].write, size);
        else
            memory_access(q, word, kinds[i].write, size);
        return true;
    }
    return false;
}

bool qtest_access(struct qtest *q, char **word, unsigned n)
{
    (void)n;
    if (single(q, word))
        return true;
    if (!strcmp(word[0], "read") || !strcmp(word[0], "b64read"))
        block_read(q, word);
    else if (!strcmp(word[0], "write") || !strcmp(word[0], "b64write"))
        block_write(q, word);
    else if (!strcmp(word[0], "memset"))
        block_set(q, word);
    else
        return false;
    return true;
}
