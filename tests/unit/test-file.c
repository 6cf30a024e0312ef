/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/file.h"

/*
 * Files that a user names: whole files, streams of every length around the steps in which they are read, files to write
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

typedef int reader(const char *option, const char *path, size_t limit, uint8_t **data, size_t *size,
                   struct error **err);

static void check_whole(reader *read_it, size_t bytes)
{
    size_t size = bytes + 1, wrong = 0;
    uint8_t *data;

    put(bytes);
    CHECK_EQ(read_it("-x", path, LIMIT, &data, &size, NULL), 0);
    CHECK_EQ(size, bytes);
    for (size_t i = 0; i < size; i++)
        wrong += data[i] != (uint8_t)(i * 7 + (i >> 16));
    CHECK_EQ(wrong, 0);
    free(data);
}

static void a_stream_is_read_to_its_end(void)
{
    static const size_t sizes[] = { 0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP, 3 * STEP + 1, LIMIT - 1, LIMIT };

    for (unsigned n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++)
        check_whole(file_read_stream, sizes[n]);
}

/* Each write to such a pipe is a read of its own, be it of one byte. */
static void a_stream_may_come_in_small_pieces(void)
{
    int pipes[2];
    uint8_t *data;
    size_t size;
    char name[32];

    CHECK(!pipe2(pipes, O_DIRECT | O_CLOEXEC));
    CHECK(write(pipes[1], "a", 1) == 1 && write(pipes[1], "b", 1) == 1 && write(pipes[1], "cde", 3) == 3);
    close(pipes[1]);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", pipes[0]);
    CHECK_EQ(file_read_stream("-x", name, LIMIT, &data, &size, NULL), 0);
    CHECK(size == 5 && !memcmp(data, "abcde", 5));
    free(data);
    close(pipes[0]);
}

static void a_regular_file_is_read_whole(void)
{
    static const size_t sizes[] = { 1, 2, STEP, LIMIT - 1, LIMIT };

    for (unsigned n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++)
        check_whole(file_read, sizes[n]);
}

static void check_refused(reader *read_it, const char *name, int code, const char *legal)
{
    uint8_t one, *data = &one;
    struct error *err = NULL;
    struct error_line line;
    size_t size;

    CHECK_EQ(read_it("-x", name, LIMIT, &data, &size, &err), code);
    CHECK(!data);
    line = error_line(err);
    CHECK(strstr(line.s, "-x") && strstr(line.s, name) && strstr(line.s, legal));
    error_free(err);
}

static void a_file_beyond_its_limit_is_refused(void)
{
    put(LIMIT + 1);
    check_refused(file_read_stream, path, -EFBIG, "at most 327680 bytes");
    check_refused(file_read, path, -EFBIG, "at most 327680 bytes");
    put(2 * LIMIT);
    check_refused(file_read_stream, path, -EFBIG, "at most 327680 bytes");
    check_refused(file_read, path, -EFBIG, "at most 327680 bytes");
    check_refused(file_read_stream, "/dev/zero", -EFBIG, "at most 327680 bytes");
}

static void what_is_no_file_with_bytes_is_refused_and_not_waited_for(void)
{
    static const char legal[] = "a regular file that is not empty";

    check_refused(file_read, folder, -EINVAL, legal);
    check_refused(file_read, "/dev/zero", -EINVAL, legal);
    put(0);
    check_refused(file_read, path, -EINVAL, legal);
    unlink(path);
    check_refused(file_read, path, -ENOENT, strerror(ENOENT));
    check_refused(file_read_stream, path, -ENOENT, strerror(ENOENT));
    check_refused(file_read_stream, folder, -EISDIR, strerror(EISDIR));
    CHECK(!mkfifo(path, 0600));
    check_refused(file_read, path, -EINVAL, legal);
    unlink(path);
}

/* The lowest one, which is what open() gives next. */
static int free_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    close(fd);
    return fd;
}

static void no_descriptor_stays_open_after_reading(void)
{
    int first = free_descriptor();

    check_whole(file_read, 5);
    check_whole(file_read_stream, 5);
    CHECK_EQ(free_descriptor(), first);
    check_refused(file_read, folder, -EINVAL, "");
    check_refused(file_read_stream, "/dev/zero", -EFBIG, "");
    CHECK_EQ(free_descriptor(), first);
}

/* Of a process whose standard input was closed. */
static void descriptor_0_is_one_like_any_other(void)
{
    int in = dup(0), fd;

    CHECK(!close(0));
    check_whole(file_read, 5);
    check_whole(file_read_stream, 5);
    CHECK(fcntl(0, F_GETFD) < 0);
    fd = file_create(path, O_TRUNC);
    CHECK_EQ(fd, 0);
    CHECK_EQ(dup2(in, 0), 0);
    close(in);
    unlink(path);
}

/* As open(2) has it for a new file: the umask takes away what others may not do. */
static void a_new_file_is_for_everybody_but_for_the_umask(void)
{
    static const mode_t masks[] = { 0, 022, 077 };
    mode_t before = umask(0);
    struct stat st;

    for (unsigned i = 0; i < 3; i++) {
        umask(masks[i]);
        unlink(path);
        close(file_create(path, O_TRUNC));
        CHECK(!stat(path, &st));
        CHECK_EQ(st.st_mode & 07777, 0666 & ~masks[i]);
    }
    unlink(path);
    umask(before);
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
    TEST(a_stream_may_come_in_small_pieces);
    TEST(a_regular_file_is_read_whole);
    TEST(a_file_beyond_its_limit_is_refused);
    TEST(what_is_no_file_with_bytes_is_refused_and_not_waited_for);
    TEST(no_descriptor_stays_open_after_reading);
    TEST(descriptor_0_is_one_like_any_other);
    TEST(a_new_file_is_for_everybody_but_for_the_umask);
    TEST(a_file_is_made_emptied_or_continued);
    TEST(a_fifo_needs_a_reader);
    TEST(a_regular_file_is_neither_a_device_a_pipe_nor_a_folder);
    rmdir(folder);
    return test_end();
}
