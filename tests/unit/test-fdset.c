/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sets of passed descriptors: the sentences of io/fdset.h
 */

#include "tests/test.h"

#include "io/fdset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/rhea-test-fdset-XXXXXX";
static struct fdsets sets;
static bool guest_runs;

static bool running(void *opaque)
{
    return *(bool *)opaque;
}

/* A machine that runs, and a monitor with a peer. */
static void start(void)
{
    fdsets_init(&sets);
    guest_runs = true;
    sets.running = running;
    sets.opaque = &guest_runs;
    fdsets_monitor_came(&sets);
}

static int file(const char *name, int flags)
{
    char path[100];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return open(path, flags | O_CREAT | O_CLOEXEC, 0600);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static bool same_file(int a, int b)
{
    struct stat x, y;

    return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static unsigned count_sets(void)
{
    unsigned num = 0;

    list_for_each(n, &sets.list)
        num++;
    return num;
}

static unsigned count_fds(const struct fdset *set)
{
    unsigned num = 0;

    list_for_each(n, &set->fds)
        num++;
    return num;
}

static unsigned count_open(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned num = 0;

    CHECK(d);
    while (readdir(d))
        num++;
    closedir(d);
    return num;
}

/* Sets */

static void a_new_set_gets_the_lowest_id_that_is_free(void)
{
    start();
    CHECK_EQ(fdsets_add(&sets, -1, file("a", O_RDWR), NULL)->id, 0);
    CHECK_EQ(fdsets_add(&sets, 2, file("a", O_RDWR), NULL)->id, 2);
    CHECK_EQ(fdsets_add(&sets, -1, file("a", O_RDWR), NULL)->id, 1);
    CHECK_EQ(fdsets_add(&sets, -1, file("a", O_RDWR), NULL)->id, 3);
    CHECK_EQ(fdsets_add(&sets, INT64_MAX, file("a", O_RDWR), NULL)->id, INT64_MAX);
    CHECK_EQ(count_sets(), 5);
    fdsets_fini(&sets);
}

static void sets_ascend_and_descriptors_keep_their_order(void)
{
    int64_t ids[] = { 7, 0, 3 }, want[] = { 0, 3, 7 };
    int first = file("a", O_RDONLY), second = file("a", O_WRONLY);
    struct fdset *set;
    unsigned i = 0;

    start();
    for (unsigned n = 0; n < 3; n++)
        fdsets_add(&sets, ids[n], file("a", O_RDONLY), NULL);
    list_for_each(n, &sets.list)
        CHECK_EQ(list_entry(n, struct fdset, node)->id, want[i++]);
    set = fdsets_add(&sets, 9, first, "one");
    CHECK(fdsets_add(&sets, 9, second, NULL) == set);
    CHECK_EQ(list_entry(set->fds.next, struct fdset_fd, node)->fd, first);
    CHECK_STR(list_entry(set->fds.next, struct fdset_fd, node)->opaque, "one");
    CHECK_EQ(list_entry(set->fds.prev, struct fdset_fd, node)->fd, second);
    CHECK(!list_entry(set->fds.prev, struct fdset_fd, node)->opaque);
    fdsets_fini(&sets);
}

static void the_end_closes_what_is_in_sets(void)
{
    int fd = file("a", O_RDONLY), dup;

    start();
    fdsets_add(&sets, 1, fd, "x");
    dup = fdsets_open(&sets, &dup, "/dev/fdset/1", O_RDONLY, 0);
    CHECK(dup >= 0);
    fdsets_fini(&sets);
    CHECK(!is_open(fd));
    CHECK(is_open(dup));
    close(dup);
}

/* Taking away */

static void one_descriptor_or_all_of_a_set_go(void)
{
    int a = file("a", O_RDONLY), b = file("a", O_RDONLY), c = file("a", O_RDONLY);

    start();
    fdsets_add(&sets, 1, a, NULL);
    fdsets_add(&sets, 1, b, NULL);
    fdsets_add(&sets, 1, c, NULL);
    CHECK_EQ(fdsets_remove(&sets, 1, b), 0);
    CHECK(is_open(a) && !is_open(b) && is_open(c));
    CHECK_EQ(fdsets_remove(&sets, 1, -1), 0);
    CHECK(!is_open(a) && !is_open(c));
    CHECK_EQ(count_sets(), 0);
    fdsets_fini(&sets);
}

static void what_is_not_there_cannot_go(void)
{
    int fd = file("a", O_RDONLY);

    start();
    CHECK_EQ(fdsets_remove(&sets, 0, -1), -ENOENT);
    fdsets_add(&sets, 1, fd, NULL);
    CHECK_EQ(fdsets_remove(&sets, 1, fd + 1), -ENOENT);
    CHECK_EQ(fdsets_remove(&sets, 0, fd), -ENOENT);
    CHECK_EQ(fdsets_remove(&sets, -1, fd), -ENOENT);
    CHECK(is_open(fd));
    fdsets_fini(&sets);
}

static void nothing_goes_while_the_guest_does_not_run(void)
{
    int fd = file("a", O_RDONLY), other = file("a", O_RDONLY);

    start();
    guest_runs = false;
    fdsets_add(&sets, 1, fd, NULL);
    CHECK_EQ(fdsets_remove(&sets, 1, -1), 0);
    fdsets_monitor_left(&sets);
    CHECK(is_open(fd));
    guest_runs = true;
    fdsets_monitor_came(&sets);
    fdsets_add(&sets, 1, other, NULL);
    CHECK(is_open(fd));
    CHECK_EQ(fdsets_remove(&sets, 1, fd), 0);
    CHECK(!is_open(fd));
    CHECK(is_open(other));
    fdsets_fini(&sets);
}

static void a_set_that_is_used_stays_without_descriptors(void)
{
    struct fdset *set;
    int owner, other, a, b, c;

    start();
    set = fdsets_add(&sets, 1, file("a", O_RDONLY), NULL);
    a = fdsets_open(&sets, &owner, "/dev/fdset/1", O_RDONLY, 0);
    b = fdsets_open(&sets, &owner, "/dev/fdset/1", O_RDONLY, 0);
    c = fdsets_open(&sets, &other, "/dev/fdset/1", O_RDONLY, 0);
    CHECK(a >= 0 && b >= 0 && c >= 0);
    CHECK_EQ(fdsets_remove(&sets, 1, -1), 0);
    CHECK_EQ(count_sets(), 1);
    CHECK_EQ(count_fds(set), 0);
    CHECK_EQ(fdsets_open(&sets, NULL, "/dev/fdset/1", O_RDONLY, 0), -EACCES);
    fdsets_release(&sets, &owner);
    CHECK_EQ(count_sets(), 1);
    fdsets_release(&sets, &owner);
    CHECK_EQ(count_sets(), 1);
    fdsets_release(&sets, &other);
    CHECK_EQ(count_sets(), 0);
    close(a);
    close(b);
    close(c);
    fdsets_fini(&sets);
}

static void with_the_last_monitor_goes_what_nobody_uses(void)
{
    int used = file("a", O_RDONLY), unused = file("a", O_RDONLY), owner, dup;

    start();
    fdsets_monitor_came(&sets);
    fdsets_add(&sets, 1, used, NULL);
    fdsets_add(&sets, 2, unused, NULL);
    dup = fdsets_open(&sets, &owner, "/dev/fdset/1", O_RDONLY, 0);
    fdsets_monitor_left(&sets);
    CHECK(is_open(used) && is_open(unused));
    fdsets_monitor_left(&sets);
    CHECK(is_open(used) && !is_open(unused));
    CHECK_EQ(count_sets(), 1);
    fdsets_release(&sets, &owner);
    CHECK(!is_open(used));
    CHECK_EQ(count_sets(), 0);
    close(dup);
    fdsets_fini(&sets);
}

static void nobody_keeps_a_set_whose_use_is_not_told(void)
{
    int fd = file("a", O_RDONLY), dup;

    start();
    fdsets_add(&sets, 1, fd, NULL);
    dup = fdsets_open(&sets, NULL, "/dev/fdset/1", O_RDONLY, 0);
    CHECK_EQ(fdsets_remove(&sets, 1, -1), 0);
    CHECK_EQ(count_sets(), 0);
    CHECK(is_open(dup));
    close(dup);
    fdsets_fini(&sets);
}

/* Opening */

static void the_access_mode_chooses_and_of_two_the_newer(void)
{
    static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
    static const char *const names[] = { "r", "w", "rw" };
    int newer, got;

    start();
    for (unsigned i = 0; i < 3; i++)
        fdsets_add(&sets, 5, file(names[i], modes[i]), NULL);
    newer = file("newer", O_WRONLY);
    fdsets_add(&sets, 5, newer, NULL);
    for (unsigned i = 0; i < 3; i++) {
        int want = file(i == 1 ? "newer" : names[i], O_RDONLY);

        got = fdsets_open(&sets, NULL, "/dev/fdset/5", modes[i], 0);
        CHECK(same_file(got, want));
        CHECK_EQ(fcntl(got, F_GETFL) & O_ACCMODE, modes[i]);
        CHECK(fcntl(got, F_GETFD) & FD_CLOEXEC);
        close(got);
        close(want);
    }
    fdsets_fini(&sets);
}

static void ids_are_decimal_from_zero_on(void)
{
    static const int64_t ids[] = { 0, 10, INT64_MAX };
    int want, got;

    start();
    for (unsigned i = 0; i < 3; i++) {
        char name[40], path[64];

        snprintf(name, sizeof(name), "%lld", (long long)ids[i]);
        snprintf(path, sizeof(path), "/dev/fdset/0%s", name);
        fdsets_add(&sets, ids[i], file(name, O_RDONLY), NULL);
        want = file(name, O_RDONLY);
        got = fdsets_open(&sets, NULL, path, O_RDONLY, 0);
        CHECK(same_file(got, want));
        close(got);
        close(want);
    }
    fdsets_fini(&sets);
}

static void no_descriptor_is_used_for_more_than_it_was_opened_for(void)
{
    start();
    fdsets_add(&sets, 1, file("a", O_RDONLY), NULL);
    fdsets_add(&sets, 2, file("a", O_RDWR), NULL);
    CHECK_EQ(fdsets_open(&sets, NULL, "/dev/fdset/1", O_WRONLY, 0), -EACCES);
    CHECK_EQ(fdsets_open(&sets, NULL, "/dev/fdset/1", O_RDWR, 0), -EACCES);
    CHECK_EQ(fdsets_open(&sets, NULL, "/dev/fdset/2", O_WRONLY, 0), -EACCES);
    CHECK_EQ(fdsets_create(&sets, NULL, "/dev/fdset/2", O_TRUNC), -EACCES);
    fdsets_fini(&sets);
}

static void names_that_are_no_set_are_refused(void)
{
    static const char *const bad[] = { "", "x", "1x", "-1", "+1", " 1", "1/", "0x1", "99999999999999999999", "/1" };
    unsigned before = count_open();

    start();
    fdsets_add(&sets, 1, file("a", O_RDONLY), NULL);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char path[64];

        snprintf(path, sizeof(path), "/dev/fdset/%s", bad[i]);
        CHECK_EQ(fdsets_open(&sets, NULL, path, O_RDONLY, 0), -EINVAL);
    }
    CHECK_EQ(fdsets_open(&sets, NULL, "/dev/fdset/2", O_RDONLY, 0), -ENOENT);
    CHECK_EQ(fdsets_open(NULL, NULL, "/dev/fdset/1", O_RDONLY, 0), -ENOENT);
    CHECK_EQ(fdsets_open(&sets, NULL, "/dev/fdset", O_RDONLY, 0), -ENOENT);
    fdsets_fini(&sets);
    CHECK_EQ(count_open(), before);
}

static off_t bytes(int fd)
{
    struct stat st;

    return fstat(fd, &st) ? -1 : st.st_size;
}

static void writing_empties_a_file_or_appends_to_it(void)
{
    int fd = file("grows", O_WRONLY), got;

    start();
    fdsets_add(&sets, 1, fd, NULL);
    CHECK_EQ(write(fd, "12345", 5), 5);
    got = fdsets_create(&sets, NULL, "/dev/fdset/1", O_APPEND);
    CHECK_EQ(bytes(fd), 5);
    CHECK(fcntl(got, F_GETFL) & O_APPEND);
    lseek(got, 0, SEEK_SET);
    CHECK_EQ(write(got, "6", 1), 1);
    CHECK_EQ(bytes(fd), 6);
    close(got);
    got = fdsets_create(&sets, NULL, "/dev/fdset/1", O_TRUNC);
    CHECK_EQ(bytes(fd), 0);
    CHECK(!(fcntl(got, F_GETFL) & O_APPEND));
    close(got);
    fdsets_fini(&sets);
}

static void what_has_no_length_is_not_emptied(void)
{
    int ends[2], got;

    start();
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    fdsets_add(&sets, 1, ends[1], NULL);
    got = fdsets_open(&sets, NULL, "/dev/fdset/1", O_WRONLY | O_TRUNC | O_NONBLOCK, 0);
    CHECK(got >= 0);
    CHECK(fcntl(got, F_GETFL) & O_NONBLOCK);
    close(got);
    close(ends[0]);
    fdsets_fini(&sets);
}

static void other_names_are_files(void)
{
    char path[100];
    int fd;

    start();
    snprintf(path, sizeof(path), "%s/plain", dir);
    CHECK_EQ(fdsets_open(&sets, NULL, path, O_RDONLY, 0), -ENOENT);
    fd = fdsets_create(&sets, NULL, path, O_TRUNC);
    CHECK(fd >= 0);
    close(fd);
    fd = fdsets_open(NULL, NULL, path, O_RDONLY, 0);
    CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
    close(fd);
    fdsets_release(NULL, NULL);
    fdsets_fini(&sets);
}

int main(void)
{
    char command[100];

    if (!mkdtemp(dir))
        return 1;
    TEST(a_new_set_gets_the_lowest_id_that_is_free);
    TEST(sets_ascend_and_descriptors_keep_their_order);
    TEST(the_end_closes_what_is_in_sets);
    TEST(one_descriptor_or_all_of_a_set_go);
    TEST(what_is_not_there_cannot_go);
    TEST(nothing_goes_while_the_guest_does_not_run);
    TEST(a_set_that_is_used_stays_without_descriptors);
    TEST(with_the_last_monitor_goes_what_nobody_uses);
    TEST(nobody_keeps_a_set_whose_use_is_not_told);
    TEST(the_access_mode_chooses_and_of_two_the_newer);
    TEST(ids_are_decimal_from_zero_on);
    TEST(no_descriptor_is_used_for_more_than_it_was_opened_for);
    TEST(names_that_are_no_set_are_refused);
    TEST(writing_empties_a_file_or_appends_to_it);
    TEST(what_has_no_length_is_not_emptied);
    TEST(other_names_are_files);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command) || test_end();
}
