/* SPDX-License-Identifier: Apache-2.0 */
#include "main/start.h"

/*
 * What the human monitor does with character devices whose words are those of -chardev
 *
 * Errors are ours.  A server that is added here waits for nobody.
 */

#include "core/machine.h"
#include "lib/error.h"

#include <assert.h>
#include <glib.h>
#include <stdlib.h>

static struct chardevs *set_of(void *target)
{
    return ((struct machine *)target)->chardevs;
}

static void tell(struct text_out *out, struct error *err)
{
    text_out_printf(out, "Error: %s\n", error_line(err).s);
    error_free(err);
}

void process_info_chardev(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct chardev *chr = NULL;

    (void)args;
    (void)cpu;
    while ((chr = chardev_next(set_of(target), chr)))
        text_out_printf(out, "%s: filename=%s\n", chardev_label(chr), chardev_filename(chr));
}

void process_chardev_add(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct chardev_config *cfg = malloc(sizeof(*cfg));
    const char *spec = hmp_args_text(args, "args");
    struct error *err = NULL;
    int r;

    (void)cpu;
    assert(cfg);
    r = chardev_parse_option(cfg, spec, &err);
    if (!r) {
        cfg->wait = false;
        chardev_open(set_of(target), cfg, &err);
    }
    free(cfg);
    if (err)
        tell(out, err);
}

void process_chardev_change(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    struct chardev *chr = chardev_find(set_of(target), hmp_args_text(args, "id"));
    struct chardev_config *cfg;
    struct error *err = NULL;

    (void)cpu;
    if (!chr) {
        text_out_printf(out, "Error: Chardev '%s' does not exist\n", hmp_args_text(args, "id"));
        return;
    }
    cfg = malloc(sizeof(*cfg));
    assert(cfg);
    if (!chardev_parse_change(cfg, hmp_args_text(args, "args"), chardev_label(chr), &err)) {
        cfg->wait = false;
        chardev_change(chr, cfg, &chr, &err);
    }
    free(cfg);
    if (err)
        tell(out, err);
}

/* As text: what is no character is shown by its number, and only new lines and tabs are themselves. */
static void print_bytes(const char *bytes, size_t n, struct text_out *out)
{
    char *valid = g_utf8_make_valid(bytes, strnlen(bytes, n));

    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        if (*p == '\\')
            text_out_puts(out, "\\\\");
        else if (((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
            text_out_printf(out, "\\u%04X", (unsigned char)*p);
        else
            text_out_printf(out, "%.*s", (int)(g_utf8_next_char(p) - p), p);
    }
    text_out_puts(out, "\n");
    g_free(valid);
}

void process_ringbuf_read(void *target, const struct hmp_args *args, int64_t cpu, struct text_out *out)
{
    const char *id = hmp_args_text(args, "device");
    struct chardev *chr = chardev_find(set_of(target), id);
    int64_t size = hmp_args_number(args, "size", 0);
    long held = chr ? chardev_ringbuf_held(chr) : -1;
    char *bytes;

    (void)cpu;
    if (held < 0) {
        text_out_printf(out, chr ? "Error: %s is not a ringbuf device\n" : "Error: Device '%s' not found\n", id);
        return;
    }
    if (size <= 0) {
        text_out_puts(out, "Error: size must be greater than zero\n");
        return;
    }
    bytes = malloc(held + 1);
    if (!bytes) {
        text_out_puts(out, "Error: not enough memory\n");
        return;
    }
    held = chardev_ringbuf_read(chr, bytes, size < held ? size : held);
    bytes[held] = 0;
    print_bytes(bytes, held, out);
    free(bytes);
}
