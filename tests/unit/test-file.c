/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/file.h"

/*
 * Files that a user names: streams of every length around the steps in which they are read, files to write
 */

#include "lib/error.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 64 << 10, LIMIT = 5 * STEP };

static char folder[] = "/tmp/rhea-file-XXXXXX";
static char path[64];

static void put(size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    for (size_t i = 0; i < size; i++)
        bytes[i] = i * 7 + (i >> 16);
    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    free(bytes);
}

static void a_stream_is_read_to_its_end(void)
{
    static const size_t sizes[] = { 0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP, 3 * STEP + 1, LIMIT - 1, LIMIT };

    for (unsigned n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
        size_t size = 1, wrong = 0;
        uint8_t *data;

        put(sizes[n]);
        CHECK(!file_read_stream("-x", path, LIMIT, &data, &size, NULL));
        CHECK_EQ(size, sizes[n]);
        for (size_t i = 0; i < size; i++)
            wrong += data[i] != (uint8_t)(i * 7 + (i >> 16));
        CHECK_EQ(wrong, 0);
        free(data);
    }
}

static void check_too_long(const char *name)
{
    struct error *err = NULL;
    struct error_line line;
    uint8_t *data;
    size_t size;

    CHECK_EQ(file_read_stream("-x", name, LIMIT, &data, &size, &err), -EFBIG);
    CHECK(!data);
    line = error_line(err);
    CHECK(strstr(line.s, "-x") && strstr(line.s, name) && strstr(line.s, "at most 327680 bytes"));
    error_free(err);
}

static void a_stream_beyond_its_limit_is_refused(void)
{
    put(LIMIT + 1);
    check_too_long(path);
    put(2 * LIMIT);
    check_too_long(path);
    check_too_long("/dev/zero");
}

static void a_file_is_made_emptied_or_continued(void)
{
    struct stat st;
    int fd;

    unlink(path);
    fd = file_create(path, O_TRUNC);
    CHECK(fd >= 0 && write(fd, "abc", 3) == 3);
    CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
    close(fd);
    fd = file_create(path, O_APPEND);
    CHECK(fd >= 0 && write(fd, "d", 1) == 1 && !fstat(fd, &st) && st.st_size == 4);
    close(fd);
    fd = file_create(path, O_TRUNC);
    CHECK(fd >= 0 && !fstat(fd, &st) && st.st_size == 0);
    close(fd);
    CHECK_EQ(file_create("/nonexistent/file", O_TRUNC), -ENOENT);
    unlink(path);
}

static void a_fifo_needs_a_reader(void)
{
    int in, fd;
    char byte;

    CHECK(!mkfifo(path, 0600));
    CHECK_EQ(file_create(path, O_TRUNC), -ENXIO);
    in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    fd = file_create(path, O_TRUNC);
    CHECK(in >= 0 && fd >= 0 && write(fd, "x", 1) == 1 && read(in, &byte, 1) == 1 && byte == 'x');
    close(fd);
    close(in);
    unlink(path);
}

static void a_regular_file_is_neither_a_device_a_pipe_nor_a_folder(void)
{
    int fd = file_create(path, O_TRUNC), device = open("/dev/null", O_RDWR | O_CLOEXEC);
    int dir = open(folder, O_RDONLY | O_CLOEXEC), pipes[2];

    CHECK(!pipe(pipes));
    CHECK(file_is_regular(fd));
    CHECK(!file_is_regular(device));
    CHECK(!file_is_regular(dir));
    CHECK(!file_is_regular(pipes[0]));
    close(fd);
    CHECK(!file_is_regular(fd));
    close(device);
    close(dir);
    close(pipes[0]);
    close(pipes[1]);
    unlink(path);
}

int main(void)
{
    alarm(60);
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/file", folder);
    TEST(a_stream_is_read_to_its_end);
    TEST(a_stream_beyond_its_limit_is_refused);
    TEST(a_file_is_made_emptied_or_continued);
    TEST(a_fifo_needs_a_reader);
    TEST(a_regular_file_is_neither_a_device_a_pipe_nor_a_folder);
    rmdir(folder);
    return test_end();
}
