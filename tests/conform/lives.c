/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/conform/conform.h"

/*
 * A hundred lives: realize and unrealize leave neither memory nor descriptors behind
 *
 * Under the address sanitizer its leak check decides, otherwise the allocator's own books.
 */

#include <dirent.h>
#include <malloc.h>

enum { LIVES = 100, WARM_UP = 5 };

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static unsigned descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static void live(struct conform *c, struct loop *loop)
{
    struct rig *rig = rig_new(loop, c->type, NULL);

    if (!rig)
        return;
    machine_run_posted(rig->m);
    device_free(rig->dev);
    rig_free(rig);
    c->n->lives++;
}

void conform_lives(struct conform *c)
{
    struct loop *loop;
    size_t bytes;
    unsigned fds;

    conform_step(c, "a hundred lives");
    if (loop_new(&loop, NULL) < 0)
        return;
    for (unsigned i = 0; i < WARM_UP; i++)
        live(c, loop);
    bytes = mallinfo2().uordblks;
    fds = descriptors();
    for (unsigned i = 0; i < LIVES; i++)
        live(c, loop);
    if (mallinfo2().uordblks > bytes + 8 * LIVES)
        conform_finding(c, "%s: %u lives leave %zu bytes behind", c->type->type.name, LIVES, mallinfo2().uordblks - bytes);
    if (descriptors() > fds)
        conform_finding(c, "%s: %u lives leave %u descriptors open", c->type->type.name, LIVES, descriptors() - fds);
    loop_free(loop);
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        conform_finding(c, "%s: lives leave memory behind, says the leak check", c->type->type.name);
}
