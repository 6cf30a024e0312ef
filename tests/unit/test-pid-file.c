/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/pid-file.h"

/* Pid files: whose they are, what is in them, and when they go. */

#include "lib/error.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/rhea-pid-XXXXXX";

/* What happens at the moment when a file is to be locked; 0 and none: nothing but that. */
static struct { int refused; unsigned lost; } at_lock;

/* The C library's, but for what a test wants to happen in between. */
int fcntl(int fd, int cmd, ...)
{
    va_list args;
    void *arg;

    va_start(args, cmd);
    arg = va_arg(args, void *);
    va_end(args);
    if (cmd == F_SETLK && at_lock.lost) {
        at_lock.lost--;
        unlink("pid");                          /* the owner before us has come to its end */
    }
    if (cmd == F_SETLK && at_lock.refused) {
        errno = at_lock.refused;
        return -1;
    }
    return syscall(SYS_fcntl, fd, cmd, arg);
}

static const char *contents(const char *path)
{
    static char text[64];
    FILE *f = fopen(path, "r");

    memset(text, 0, sizeof(text));
    if (!f)
        return "no file";
    CHECK(fread(text, 1, sizeof(text) - 1, f) < sizeof(text));
    fclose(f);
    return text;
}

static const char *own_line(void)
{
    static char line[16];

    snprintf(line, sizeof(line), "%d\n", (int)getpid());
    return line;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    CHECK(f && fputs(text, f) >= 0);
    fclose(f);
}

/* The lowest one, which is what open() gives next. */
static int free_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    close(fd);
    return fd;
}

/* What another process gets; 0: it would own the file now; 255: it was refused, and a descriptor stays open. */
static int taken_by_another(const char *path)
{
    struct pid_file f;
    int status = 0;
    pid_t pid = fork();

    if (!pid) {
        int first = free_descriptor(), r = pid_file_new(&f, "-pidfile", path, NULL);

        _exit(r && free_descriptor() != first ? 255 : -r);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void it_holds_the_process_id_and_goes_with_its_owner(void)
{
    struct pid_file f;
    struct stat st;

    CHECK(!pid_file_new(&f, "-pidfile", "pid", NULL));
    CHECK_STR(contents("pid"), own_line());
    CHECK(!stat("pid", &st));
    CHECK_EQ(st.st_mode & 0777, 0600);
    pid_file_fini(&f);
    CHECK_STR(contents("pid"), "no file");
    pid_file_fini(&f);                          /* once more, of what is no more */
}

static void one_that_was_left_behind_is_taken_over(void)
{
    struct pid_file f;

    write_file("pid", "this number is longer than any\n");
    CHECK(!pid_file_new(&f, "-pidfile", "pid", NULL));
    CHECK_STR(contents("pid"), own_line());
    pid_file_fini(&f);
}

static void one_of_a_live_process_is_refused_and_stays_as_it_is(void)
{
    struct pid_file f;

    CHECK(!pid_file_new(&f, "-pidfile", "pid", NULL));
    CHECK_EQ(taken_by_another("pid"), EAGAIN);
    CHECK_STR(contents("pid"), own_line());
    pid_file_fini(&f);
    CHECK_EQ(taken_by_another("pid"), 0);
    CHECK(!unlink("pid"));                      /* that process ended without a word */
}

static void anothers_file_of_the_same_name_is_not_unlinked(void)
{
    struct pid_file f;

    CHECK(!pid_file_new(&f, "-pidfile", "pid", NULL));
    CHECK(!rename("pid", "old"));
    write_file("pid", "1\n");
    pid_file_fini(&f);
    CHECK_STR(contents("pid"), "1\n");
    CHECK(!unlink("pid") && !unlink("old"));
}

static void the_folder_may_change_meanwhile(void)
{
    struct pid_file f;

    CHECK(!pid_file_new(&f, "-pidfile", "pid", NULL));
    CHECK(!chdir("/"));
    pid_file_fini(&f);
    CHECK(!chdir(folder));
    CHECK_STR(contents("pid"), "no file");
}

static void what_the_host_refuses_names_option_and_path(void)
{
    struct pid_file f = { 0 };
    struct error *err = NULL;

    CHECK_EQ(pid_file_new(&f, "-pidfile", "none/pid", &err), -ENOENT);
    CHECK(err && !strcmp(err->object, "-pidfile") && !strcmp(err->value, "none/pid"));
    error_free(err);
    CHECK_EQ(pid_file_new(&f, "-pidfile", ".", NULL), -EISDIR);
    pid_file_fini(&f);                          /* of what never was */
}

/* The disk is full, or rather a file may have no byte: an empty file is not left behind. */
static void a_file_that_cannot_be_written_goes_away(void)
{
    struct rlimit before, none;
    struct pid_file f;
    int r;

    CHECK(!getrlimit(RLIMIT_FSIZE, &before));
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    CHECK(!setrlimit(RLIMIT_FSIZE, &none));
    r = pid_file_new(&f, "-pidfile", "pid", NULL);
    CHECK(!setrlimit(RLIMIT_FSIZE, &before));
    CHECK_EQ(r, -EFBIG);
    CHECK_STR(contents("pid"), "no file");
    pid_file_fini(&f);
}

/* It would be unlinked in the end, /dev/null too.  Here a FIFO of our own stands for what a mistake could take away. */
static void what_is_no_regular_file_is_refused_and_stays(void)
{
    struct pid_file f;
    struct stat st;
    int in;

    CHECK(!mkfifo("fifo", 0600));
    CHECK_EQ(pid_file_new(&f, "-pidfile", "fifo", NULL), -ENXIO);       /* not waited for */
    in = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK_EQ(pid_file_new(&f, "-pidfile", "fifo", NULL), -EINVAL);
    CHECK(!stat("fifo", &st) && S_ISFIFO(st.st_mode));
    close(in);
    unlink("fifo");
}

static void no_descriptor_stays_open_after_it(void)
{
    struct pid_file f;
    int in, first;

    CHECK(!mkfifo("fifo", 0600));
    in = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    first = free_descriptor();
    CHECK_EQ(pid_file_new(&f, "-pidfile", "fifo", NULL), -EINVAL);
    CHECK_EQ(free_descriptor(), first);
    close(in);
    unlink("fifo");
    first = free_descriptor();
    CHECK(!pid_file_new(&f, "-pidfile", "pid", NULL));
    CHECK(free_descriptor() != first);
    pid_file_fini(&f);
    CHECK_EQ(free_descriptor(), first);
}

/* Of a process whose standard input was closed. */
static void descriptor_0_is_one_like_any_other(void)
{
    int in = dup(0);
    struct pid_file f;

    CHECK(!close(0));
    CHECK(!pid_file_new(&f, "-pidfile", "pid", NULL));
    CHECK_STR(contents("pid"), own_line());
    pid_file_fini(&f);
    CHECK_STR(contents("pid"), "no file");
    CHECK_EQ(dup2(in, 0), 0);
    close(in);
}

/* Its owner may unlink it after we have opened it: a lock on what has no name any more keeps nobody out. */
static void a_file_that_goes_before_it_is_locked_is_made_anew(void)
{
    struct pid_file f;

    for (unsigned lost = 1; lost <= 8; lost++) {
        at_lock.lost = lost;
        CHECK_EQ(pid_file_new(&f, "-pidfile", "pid", NULL), 0);
        CHECK_EQ(at_lock.lost, 0);
        CHECK_EQ(taken_by_another("pid"), EAGAIN);
        CHECK_STR(contents("pid"), own_line());
        pid_file_fini(&f);
    }
}

static void who_loses_every_race_gives_up(void)
{
    int first = free_descriptor();
    struct pid_file f;

    at_lock.lost = 1000;
    CHECK_EQ(pid_file_new(&f, "-pidfile", "pid", NULL), -EAGAIN);
    at_lock.lost = 0;
    CHECK_EQ(free_descriptor(), first);
}

/* POSIX, fcntl(): "The function shall fail if: [EACCES] or [EAGAIN] ... locked by another process", "[ENOLCK]". */
static void whoever_has_the_lock_is_told_from_a_host_that_has_no_locks(void)
{
    static const struct { int host, ours; } want[] = { { EACCES, EAGAIN }, { EAGAIN, EAGAIN }, { ENOLCK, ENOLCK } };
    int first = free_descriptor();
    struct pid_file f;

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        at_lock.refused = want[i].host;
        CHECK_EQ(pid_file_new(&f, "-pidfile", "pid", NULL), -want[i].ours);
        CHECK_EQ(free_descriptor(), first);
    }
    at_lock.refused = 0;
    CHECK(!unlink("pid"));
}

int main(void)
{
    CHECK(mkdtemp(folder) && !chdir(folder));
    TEST(it_holds_the_process_id_and_goes_with_its_owner);
    TEST(one_that_was_left_behind_is_taken_over);
    TEST(one_of_a_live_process_is_refused_and_stays_as_it_is);
    TEST(anothers_file_of_the_same_name_is_not_unlinked);
    TEST(the_folder_may_change_meanwhile);
    TEST(what_the_host_refuses_names_option_and_path);
    TEST(a_file_that_cannot_be_written_goes_away);
    TEST(what_is_no_regular_file_is_refused_and_stays);
    TEST(no_descriptor_stays_open_after_it);
    TEST(descriptor_0_is_one_like_any_other);
    TEST(a_file_that_goes_before_it_is_locked_is_made_anew);
    TEST(who_loses_every_race_gives_up);
    TEST(whoever_has_the_lock_is_told_from_a_host_that_has_no_locks);
    CHECK(!rmdir(folder));
    return test_end();
}
