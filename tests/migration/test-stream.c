/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/stream.h"

/*
 * The frame of a stream, with all device types of this program in one machine
 *
 *     test-stream [FILE]      also writes the stream to FILE
 */

#include "lib/epoch.h"
#include "tests/conform/rig.h"
#include "tests/migration/reader.h"
#include "tests/test.h"

#include <errno.h>

static struct loop *loop;
static struct rig *rig;
static struct wire w;
static struct reader reader;
static const char *path;

/* Every type that can be had without wiring, once. */
static void begin(void)
{
    loop_new(&loop, NULL);
    rig = rig_new(loop, device_type_find("qemu64-x86_64-cpu"), NULL);
    CHECK(rig);
    rig->m->type_name = "pc-q35-7.2";
    for (const char *const *t = (const char *const[]){ "serial", "ioapic", "ICH9-LPC", "isa-pit", "mc146818rtc",
        "hpet", NULL }; *t; t++)
        if (device_type_find(*t))
            CHECK_EQ(device_realize(device_new(rig->m, device_type_find(*t)), NULL, NULL, NULL), 0);
    w = (struct wire){ .limit = WIRE_LIMIT };
}

static void end(void)
{
    wire_fini(&w);
    rig_free(rig);
    loop_free(loop);
}

static int load(const uint8_t *bytes, size_t len, struct error **err)
{
    uint8_t *copy = malloc(len + !len);
    struct wire in = { .buf = copy, .len = len };
    int r;

    memcpy(copy, bytes, len);
    r = stream_load_devices(rig->m, &in, err);
    free(copy);
    return r;
}

static void a_stream_leads_through_its_own_description(void)
{
    begin();
    CHECK_EQ(stream_save_devices(rig->m, &w, NULL), 0);
    if (path) {
        FILE *f = fopen(path, "w");

        fwrite(w.buf, 1, w.at, f);
        fclose(f);
    }
    if (!reader_read(&reader, w.buf, w.at))
        printf("# %s\n", reader.error);
    CHECK(!reader.error[0]);
    CHECK_STR(reader.machine, "pc-q35-7.2");
    CHECK(reader.n >= 5);
    CHECK_STR(reader.section[0].name, "cpu_common");
    CHECK_STR(reader.section[1].name, "cpu");
    end();
}

/* As in every stream of the reference: 1826 bytes of fields. */
static void the_cpus_fields_have_the_references_size(void)
{
    static const char poll[] = "\5\24cpu/poll_control_msr\0\0\0\1\0\0\0\0\0\0\0\0";

    begin();
    stream_save_devices(rig->m, &w, NULL);
    reader_read(&reader, w.buf, w.at);
    CHECK_EQ(reader.section[1].version, 12);
    CHECK_EQ(reader.section[1].end - reader.section[1].body, 1851);
    CHECK(!memcmp(w.buf + reader.section[1].end - (sizeof(poll) - 1), poll, sizeof(poll) - 1));
    end();
}

static void save_load_save_is_identical(void)
{
    uint8_t *first;
    size_t n;

    begin();
    stream_save_devices(rig->m, &w, NULL);
    n = w.at;
    first = malloc(n);
    memcpy(first, w.buf, n);
    CHECK_EQ(load(first, n, NULL), 0);
    w.at = 0;
    stream_save_devices(rig->m, &w, NULL);
    CHECK(w.at == n && !memcmp(w.buf, first, n));
    free(first);
    end();
}

static void refused(size_t at, uint8_t val, const char *value)
{
    struct error *err = NULL;
    uint8_t was = w.buf[at];

    w.buf[at] = val;
    CHECK_EQ(load(w.buf, w.at, &err), -EINVAL);
    if (!strstr(err->value, value))
        printf("# %s\n", error_line(err).s);
    CHECK(strstr(err->value, value));
    error_free(err);
    w.buf[at] = was;
}

static void a_frame_that_lies_is_refused(void)
{
    begin();
    stream_save_devices(rig->m, &w, NULL);
    reader_read(&reader, w.buf, w.at);
    refused(0, 0x50, "magic number 0x5045564d");
    refused(7, 4, "version 4");
    refused(8, 5, "what follows the header");
    refused(9, 0xff, "the end");                /* a name of 4 GB */
    refused(22, '3', "machine type pc-q35-7.3");
    refused(23, 1, "a part of kind 0x1");
    refused(23, 5, "a subsection of the configuration");
    refused(reader.section[reader.n - 1].end + 6, 7, "what follows the end mark");
    refused(reader.section[reader.n - 1].end + 7, 0xff, "what follows the end mark");
    end();
}

static void a_stream_may_end_after_its_end_mark_and_nowhere_before(void)
{
    size_t end_mark;

    begin();
    stream_save_devices(rig->m, &w, NULL);
    reader_read(&reader, w.buf, w.at);
    end_mark = reader.section[reader.n - 1].end + 6;
    for (size_t cut = 0; cut < w.at; cut += cut < 3000 || (cut + 40 > end_mark && cut < end_mark + 40) ? 1 : 97) {
        struct error *err = NULL;
        int r = load(w.buf, cut, &err);

        CHECK(cut == end_mark ? !r : r < 0);
        error_free(err);
    }
    CHECK_EQ(load(w.buf, end_mark, NULL), 0);
    end();
}

int main(int argc, char **argv)
{
    path = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    epoch_thread_init();
    TEST(a_stream_leads_through_its_own_description);
    TEST(the_cpus_fields_have_the_references_size);
    TEST(save_load_save_is_identical);
    TEST(a_frame_that_lies_is_refused);
    TEST(a_stream_may_end_after_its_end_mark_and_nowhere_before);
    epoch_thread_fini();
    return test_end();
}
