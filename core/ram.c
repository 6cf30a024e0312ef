/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ram.h"

/*
 * RAM blocks: where the host memory comes from (see ram.h)
 *
 * Memory is not committed unless the configuration says `reserve`: a machine with more RAM than the host has
 * starts, and pays as the guest touches pages (unless prealloc).  Blocks of 2 MiB and more are aligned so that the host
 * can use huge pages; a file on hugetlbfs says its own page size.
 *
 * Invariant: host has exactly `size` bytes, mapped from ram_block_new() to ram_block_free().
 */

#include "lib/bits.h"
#include "lib/error.h"
#include "lib/thread.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define RAM_PAGE 4096u
#define RAM_HUGE (2ul << 20)
#define RAM_MAX (1ul << 40)
enum { RAM_THREADS = 64 };        /* that find pages; more bring nothing */

static int check_size(const struct ram_config *cfg, struct error **err)
{
    if (cfg->size && !(cfg->size % RAM_PAGE) && cfg->size <= RAM_MAX)
        return 0;
    return error_set(err, -ERANGE, ERROR_RANGE, T("RAM block %s, size", cfg->name), T("%#lx", cfg->size),
                     "a multiple of 4096 bytes, up to 1 TiB");
}

static int host_error(struct error **err, int code, const struct ram_config *cfg)
{
    return error_set_host(err, code, T("RAM block %s", cfg->name),
                          cfg->source == RAM_FILE ? T("%s, %lu bytes", cfg->path, cfg->size)
                                                  : T("%lu bytes", cfg->size));
}

/* A file of its own in the directory, without a name. */
static int open_in_directory(const char *dir)
{
    char *path = NULL;
    int fd, r;

    fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    if (asprintf(&path, "%s/rhea-ram.XXXXXX", dir) < 0)
        return -ENOMEM;
    fd = mkostemp(path, O_CLOEXEC);
    r = fd < 0 ? -errno : fd;
    if (fd >= 0)
        unlink(path);
    free(path);
    return r;
}

static int open_path(const char *path, bool read_only, bool *created)
{
    int fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);

    if (fd >= 0 || read_only)
        return fd < 0 ? -errno : fd;
    if (errno == EISDIR)
        return open_in_directory(path);
    if (errno != ENOENT)
        return -errno;
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    *created = fd >= 0;
    return fd < 0 ? -errno : fd;
}

/* An empty file grows; one with contents must be long enough; a device (DAX) is taken as it is. */
static int fit_file(int fd, const struct ram_config *cfg, struct error **err)
{
    struct stat st;

    if (fstat(fd, &st))
        return host_error(err, -errno, cfg);
    if (!S_ISREG(st.st_mode))
        return 0;
    if (!st.st_size && !cfg->read_only)
        return ftruncate(fd, cfg->size) ? host_error(err, -errno, cfg) : 0;
    if ((uint64_t)st.st_size < cfg->size)
        return error_set(err, -EINVAL, ERROR_RANGE, T("RAM block %s, file %s", cfg->name, cfg->path),
                         T("%lu bytes", (unsigned long)st.st_size),
                         T("an empty file, or at least %lu bytes", cfg->size));
    return 0;
}

static int open_file(const struct ram_config *cfg, struct error **err)
{
    bool created = false;
    int fd = open_path(cfg->path, cfg->read_only, &created);
    int r;

    if (fd < 0)
        return host_error(err, fd, cfg);
    r = fit_file(fd, cfg, err);
    if (!r)
        return fd;
    if (created)
        unlink(cfg->path);
    close(fd);
    return r;
}

static int open_memfd(const struct ram_config *cfg, struct error **err)
{
    unsigned flags = MFD_CLOEXEC | (cfg->seal ? MFD_ALLOW_SEALING : 0) | (cfg->hugetlb ? MFD_HUGETLB : 0);
    int fd;

    if (cfg->hugetlb && cfg->huge_bytes)
        flags |= (unsigned)__builtin_ctzll(cfg->huge_bytes) << MAP_HUGE_SHIFT;
    fd = memfd_create(cfg->name, flags);
    if (fd < 0)
        return host_error(err, -errno, cfg);
    if (ftruncate(fd, cfg->size) || (cfg->seal && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))) {
        int r = host_error(err, -errno, cfg);

        close(fd);
        return r;
    }
    return fd;
}

static uint64_t alignment(int fd, uint64_t size, uint64_t asked)
{
    struct statfs fs;

    if (asked > RAM_HUGE)
        return asked;
    if (fd >= 0 && !fstatfs(fd, &fs) && fs.f_type == HUGETLBFS_MAGIC && bits_is_pow2(fs.f_bsize) &&
        (uint64_t)fs.f_bsize > RAM_HUGE)
        return fs.f_bsize;
    return size >= RAM_HUGE ? RAM_HUGE : asked ? asked : RAM_PAGE;
}

/* Reserves addresses with room for the alignment, maps inside, gives the rest back. */
static uint8_t *map_aligned(int fd, const struct ram_config *cfg)
{
    uint64_t align = alignment(fd, cfg->size, cfg->align), room = cfg->size + align, head;
    int flags = MAP_FIXED | (cfg->reserve ? 0 : MAP_NORESERVE) | (fd < 0 ? MAP_ANONYMOUS : 0) |
                (cfg->share ? MAP_SHARED : MAP_PRIVATE);
    uint8_t *area, *host;

    area = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        return NULL;
    head = -(uintptr_t)area & (align - 1);
    host = mmap(area + head, cfg->size, PROT_READ | (cfg->read_only ? 0 : PROT_WRITE), flags, fd, 0);
    if (host == MAP_FAILED) {
        int saved = errno;

        munmap(area, room);
        errno = saved;
        return NULL;
    }
    if (head)
        munmap(area, head);
    munmap(host + cfg->size, align - head);
    return host;
}

/* Pieces of a block whose pages are being found, one for each thread. */
struct piece { struct thread thread; uint8_t *host; uint64_t size; int result; };

static void *piece_populate(void *opaque)
{
    struct piece *p = opaque;

    if (!madvise(p->host, p->size, MADV_POPULATE_WRITE))
        return NULL;
    p->result = -errno;
    if (errno != EINVAL && errno != ENOSYS)
        return NULL;
    p->result = 0;              /* an older kernel */
    for (uint64_t off = 0; off < p->size; off += RAM_PAGE)
        *(volatile uint8_t *)(p->host + off) = *(volatile uint8_t *)(p->host + off);
    return NULL;
}

/* Makes the host find every page now.  Blocks of a file first: touching a page that has none would be a SIGBUS. */
static int populate(uint8_t *host, int fd, const struct ram_config *cfg, struct error **err)
{
    unsigned n = cfg->threads > 1 ? cfg->threads < RAM_THREADS ? cfg->threads : RAM_THREADS : 1, started = 0;
    uint64_t each = ((cfg->size / n + RAM_PAGE - 1) / RAM_PAGE) * RAM_PAGE, at = 0;
    struct piece pieces[RAM_THREADS];
    int r = 0;

    if (cfg->read_only)
        return 0;
    if (fd >= 0 && cfg->share && fallocate(fd, 0, 0, cfg->size) && errno != EOPNOTSUPP)
        return host_error(err, -errno, cfg);
    for (; at < cfg->size && !r; started += !r, at += each) {
        struct piece *p = &pieces[started];

        *p = (struct piece){ .host = host + at, .size = cfg->size - at < each ? cfg->size - at : each };
        if (n > 1)
            r = thread_start(&p->thread, "prealloc", piece_populate, p, err);
        else
            piece_populate(p);
    }
    for (unsigned i = 0; i < started; i++) {
        if (n > 1)
            thread_join(&pieces[i].thread);
        if (!r && pieces[i].result)
            r = host_error(err, pieces[i].result, cfg);
    }
    return r;
}

/* Before any page is there. */
static int bind_to_nodes(uint8_t *host, const struct ram_config *cfg, struct error **err)
{
    static const int modes[] = { [RAM_POLICY_PREFERRED] = MPOL_PREFERRED, [RAM_POLICY_BIND] = MPOL_BIND,
                                 [RAM_POLICY_INTERLEAVE] = MPOL_INTERLEAVE };

    if (cfg->policy == RAM_POLICY_DEFAULT ||
        !syscall(SYS_mbind, host, cfg->size, modes[cfg->policy], cfg->nodes, RAM_NODES + 1, MPOL_MF_STRICT))
        return 0;
    return error_set_host(err, -errno, T("RAM block %s", cfg->name), "its host nodes");
}

static int map_block(struct ram_block *b, const struct ram_config *cfg, struct error **err)
{
    int r;

    b->host = map_aligned(b->fd, cfg);
    if (!b->host)
        return host_error(err, -errno, cfg);
    b->size = b->used = cfg->size;
    /* Not what is one huge page at most, such as a table with room to grow: its first byte would cost all of it. */
    if (cfg->source == RAM_ANONYMOUS && cfg->size > RAM_HUGE)
        madvise(b->host, b->size, MADV_HUGEPAGE);
    /* Both are wishes: a host without KSM or core dumps has nothing to refuse. */
    if (cfg->merge)
        madvise(b->host, b->size, MADV_MERGEABLE);
    if (cfg->no_dump)
        madvise(b->host, b->size, MADV_DONTDUMP);
    r = bind_to_nodes(b->host, cfg, err);
    return r || !cfg->prealloc ? r : populate(b->host, b->fd, cfg, err);
}

int ram_block_new(const struct ram_config *cfg, struct ram_block **block, struct error **err)
{
    struct ram_block *b;
    int r = check_size(cfg, err);

    if (r)
        return r;
    b = calloc(1, sizeof(*b));
    if (!b)
        return host_error(err, -ENOMEM, cfg);
    list_init(&b->in_machine);
    b->fd = -1;
    b->refs = 1;
    b->name = strdup(cfg->name);
    if (!b->name)
        r = host_error(err, -ENOMEM, cfg);
    else if (cfg->source == RAM_FILE)
        r = b->fd = open_file(cfg, err);
    else if (cfg->source == RAM_MEMFD)
        r = b->fd = open_memfd(cfg, err);
    if (r >= 0)
        r = map_block(b, cfg, err);
    if (r < 0) {
        ram_block_free(b);
        return r;
    }
    *block = b;
    return 0;
}

void ram_block_set_used(struct ram_block *b, uint64_t bytes)
{
    assert(bytes <= b->size);
    b->used = (bytes + RAM_PAGE - 1) & ~(uint64_t)(RAM_PAGE - 1);
}

void ram_block_retire(struct ram_block *b)
{
    for (unsigned c = 0; c < DIRTY_CLIENTS; c++)
        dirty_stop(b, c);
    if (b->code_free)
        b->code_free(b);
    b->code = NULL;
    b->code_written = NULL;
    b->code_free = NULL;
    b->logger = NULL;
    b->lent = false;
    list_remove(&b->in_machine);
}

void ram_block_free(struct ram_block *b)
{
    if (!b)
        return;
    ram_block_retire(b);
    ram_block_put(b);
}

struct ram_block *ram_block_get(struct ram_block *b)
{
    b->refs++;
    return b;
}

void ram_block_put(struct ram_block *b)
{
    assert(b->refs);
    if (--b->refs)
        return;
    if (b->host)
        munmap(b->host, b->size);
    if (b->fd >= 0)
        close(b->fd);
    free(b->name);
    free(b);
}
