/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thunk pool and the emitter of thunks
 *
 * The code lies in a memfd that is mapped twice, once to execute and once to write, at a constant
 * difference; where that is refused (noexec memfd), one anonymous mapping does for both.  Nothing
 * is ever moved, changed or freed while the pool lives, so readers need no lock: only look-up and
 * insertion, which happen when a block is built, take one.
 *
 * Not modelled: VEX and EVEX encodings.
 *
 * Reference: Intel SDM volume 2, chapter 2 and appendix A.
 * Invariant: a hash slot that is not 0 is an offset of complete code.
 */
#include "accel/soft/thunk.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Every immediate of every form is a thunk: about 60 forms of 256 values, register and memory. */
enum { POOL_BYTES = 4 << 20, POOL_SLOTS = 1 << 17, THUNK_ALIGN = 16, THUNK_MAX = 96 };

struct thunk_pool {
    pthread_mutex_t lock;
    uint8_t *rx, *rw;
    uint32_t used, count;       /* bytes, thunks */
    uint32_t *slots;            /* offsets into the code, 0: free */
};

static bool pool_map(struct thunk_pool *p)
{
    int fd = memfd_create("rhea-thunks", MFD_CLOEXEC);

    if (fd >= 0) {
        if (!ftruncate(fd, POOL_BYTES)) {
            p->rw = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            p->rx = mmap(NULL, POOL_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
        }
        close(fd);
        if (p->rw != MAP_FAILED && p->rx != MAP_FAILED && p->rw && p->rx)
            return true;
        if (p->rw && p->rw != MAP_FAILED)
            munmap(p->rw, POOL_BYTES);
        if (p->rx && p->rx != MAP_FAILED)
            munmap(p->rx, POOL_BYTES);
    }
    p->rx = p->rw = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p->rw != MAP_FAILED;
}

struct thunk_pool *thunk_pool_new(void)
{
    struct thunk_pool *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    p->slots = calloc(POOL_SLOTS, sizeof(*p->slots));
    if (!p->slots || !pool_map(p)) {
        free(p->slots);
        free(p);
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    p->used = THUNK_ALIGN;      /* offset 0 means a free slot */
    return p;
}

void thunk_pool_free(struct thunk_pool *p)
{
    if (!p)
        return;
    munmap(p->rx, POOL_BYTES);
    if (p->rw != p->rx)
        munmap(p->rw, POOL_BYTES);
    pthread_mutex_destroy(&p->lock);
    free(p->slots);
    free(p);
}

unsigned thunk_pool_count(const struct thunk_pool *p)
{
    return p->count;
}

/* The length stands in the byte before the code: equal prefixes of longer thunks do not match. */
const void *thunk_get(struct thunk_pool *p, const uint8_t *code, unsigned len)
{
    uint64_t hash = 0xcbf29ce484222325ull;
    unsigned slot, room = (len + 1 + THUNK_ALIGN - 1) & ~(THUNK_ALIGN - 1);
    const void *found = NULL;

    assert(len && len <= THUNK_MAX);
    for (unsigned k = 0; k < len; k++)
        hash = (hash ^ code[k]) * 0x100000001b3ull;
    pthread_mutex_lock(&p->lock);
    for (slot = hash >> 20 & (POOL_SLOTS - 1); p->slots[slot]; slot = (slot + 1) & (POOL_SLOTS - 1)) {
        const uint8_t *at = p->rw + p->slots[slot];

        if (at[-1] == len && !memcmp(at, code, len)) {
            found = p->rx + p->slots[slot];
            break;
        }
    }
    if (!found && p->used + room + THUNK_ALIGN <= POOL_BYTES && p->count < POOL_SLOTS / 4 * 3) {
        p->rw[p->used - 1] = (uint8_t)len;
        memcpy(p->rw + p->used, code, len);
        p->slots[slot] = p->used;
        found = p->rx + p->used;
        p->used += room;
        p->count++;
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

/* Emitter */

struct emit {
    uint8_t b[THUNK_MAX];
    unsigned n;
};

#define EMIT(e, ...)                                                    \
    do {                                                                \
        static const uint8_t bytes_[] = { __VA_ARGS__ };                \
        emit_bytes(e, bytes_, sizeof(bytes_));                          \
    } while (0)

static void emit_bytes(struct emit *e, const uint8_t *b, unsigned n)
{
    assert(e->n + n <= THUNK_MAX);
    memcpy(e->b + e->n, b, n);
    e->n += n;
}

static void emit1(struct emit *e, unsigned b)
{
    emit_bytes(e, (const uint8_t[]){ (uint8_t)b }, 1);
}

static void emit_op(struct emit *e, const struct thunk_spec *s, unsigned dst, unsigned src)
{
    unsigned rm = s->src == TH_MEM ? 6 : 0xc0 | src, reg = dst;

    if (s->flags & TH_RM_DST) {
        rm = 0xc0 | dst;
        reg = src;
    } else if (s->flags & TH_GROUP) {
        rm = 0xc0 | dst;
        reg = s->ext;
    }
    if (s->prefix)
        emit1(e, s->prefix);
    if (s->rexw)
        emit1(e, 0x48);
    emit1(e, 0x0f);
    if (s->map >= 2)
        emit1(e, s->map == 2 ? 0x38 : 0x3a);
    emit1(e, s->opcode);
    emit1(e, rm | reg << 3);
    if (s->imm >= 0)
        emit1(e, (unsigned)s->imm);
}

static void emit_loads(struct emit *e, const struct thunk_spec *s, unsigned dst)
{
    if (s->dst == TH_XMM) {
        EMIT(e, 0x0f, 0x28);                            /* movaps xmmD, [rdi] */
        emit1(e, 0x07 | dst << 3);
    } else if (s->dst == TH_MMX) {
        EMIT(e, 0x0f, 0x6f, 0x07);                      /* movq mm0, [rdi] */
    }
    if (s->src == TH_XMM)
        EMIT(e, 0x0f, 0x28, 0x0e);                      /* movaps xmm1, [rsi] */
    else if (s->src == TH_MMX)
        EMIT(e, 0x0f, 0x6f, 0x0e);                      /* movq mm1, [rsi] */
    else if (s->src == TH_GPR)
        EMIT(e, 0x49, 0x8b, 0x00);                      /* mov rax, [r8] */
    if (s->flags & TH_IMPLICIT0)
        EMIT(e, 0x41, 0x0f, 0x28, 0x40, 0x20);          /* movaps xmm0, [r8+32] */
    if (s->flags & TH_STRING)
        EMIT(e, 0x49, 0x8b, 0x00, 0x49, 0x8b, 0x50, 0x08);      /* mov rax, [r8]; mov rdx, [r8+8] */
    if (s->flags & TH_FP)
        EMIT(e, 0x41, 0x0f, 0xae, 0x50, 0x18);          /* ldmxcsr [r8+24] */
}

static void emit_stores(struct emit *e, const struct thunk_spec *s, unsigned dst)
{
    if (s->flags & TH_FLAGS)
        EMIT(e, 0x9c, 0x41, 0x8f, 0x40, 0x10);          /* pushfq; pop [r8+16] */
    if (s->flags & TH_FP)                               /* stmxcsr [r8+24]; ldmxcsr [r8+28] */
        EMIT(e, 0x41, 0x0f, 0xae, 0x58, 0x18, 0x41, 0x0f, 0xae, 0x50, 0x1c);
    if (s->flags & TH_STRING)
        EMIT(e, 0x49, 0x89, 0x08, 0x0f, 0x29, 0x07);    /* mov [r8], rcx; movaps [rdi], xmm0 */
    else if (s->dst == TH_XMM) {
        EMIT(e, 0x0f, 0x29);                            /* movaps [rdi], xmmD */
        emit1(e, 0x07 | dst << 3);
    } else if (s->dst == TH_MMX) {
        EMIT(e, 0x0f, 0x7f, 0x07);                      /* movq [rdi], mm0 */
    } else if (s->dst == TH_GPR) {
        EMIT(e, 0x49, 0x89, 0x00);                      /* mov [r8], rax */
    }
    if (s->dst == TH_MMX || s->src == TH_MMX)
        EMIT(e, 0x0f, 0x77);                            /* emms */
    EMIT(e, 0xc3);
}

_Static_assert(offsetof(struct thunk_args, gpr2) == 8 && offsetof(struct thunk_args, flags) == 16 &&
               offsetof(struct thunk_args, mxcsr) == 24 && offsetof(struct thunk_args, host_mxcsr) == 28 &&
               offsetof(struct thunk_args, implicit) == 32, "the emitter knows these offsets");

thunk_fn *thunk_simd(struct thunk_pool *p, const struct thunk_spec *s)
{
    struct emit e = { .n = 0 };
    unsigned dst = 0, src = s->src == TH_GPR ? 0 : 1;

    if (s->flags & TH_IMPLICIT0)
        dst = 2;
    else if (s->flags & TH_STRING)
        dst = 2;                /* xmm0 is the mask that the instruction writes */
    if (s->flags & (TH_FP | TH_FLAGS | TH_IMPLICIT0 | TH_STRING) || s->dst == TH_GPR || s->src == TH_GPR)
        EMIT(&e, 0x49, 0x89, 0xd0);                     /* mov r8, rdx */
    emit_loads(&e, s, dst);
    if (s->flags & TH_STRING)
        EMIT(&e, 0x0f, 0x57, 0xc0);                     /* xorps xmm0, xmm0: the index forms leave it */
    emit_op(&e, s, dst, src);
    emit_stores(&e, s, dst);
    return (thunk_fn *)(uintptr_t)thunk_get(p, e.b, e.n);
}

thunk_x87_fn *thunk_x87(struct thunk_pool *p, uint8_t opcode, uint8_t modrm, bool opsize)
{
    struct emit e = { .n = 0 };

    EMIT(&e, 0x48, 0x83, 0xec, 0x08, 0x0f, 0xae, 0x1c, 0x24);   /* sub rsp, 8; stmxcsr [rsp] */
    EMIT(&e, 0x48, 0x0f, 0xae, 0x0f);                           /* fxrstor64 [rdi] */
    EMIT(&e, 0xff, 0x31, 0x9d);                                 /* push [rcx]; popfq */
    if (opsize)
        emit1(&e, 0x66);
    emit1(&e, opcode);
    emit1(&e, modrm >= 0xc0 ? modrm : (modrm & 0x38) | 6);      /* memory: [rsi] */
    EMIT(&e, 0x9c, 0x8f, 0x01);                                 /* pushfq; pop [rcx] */
    EMIT(&e, 0x48, 0x0f, 0xae, 0x02);                           /* fxsave64 [rdx] */
    EMIT(&e, 0x0f, 0xae, 0x14, 0x24, 0x48, 0x83, 0xc4, 0x08);   /* ldmxcsr [rsp]; add rsp, 8 */
    EMIT(&e, 0xdb, 0xe3, 0xfc, 0xc3);                           /* fninit; cld; ret */
    return (thunk_x87_fn *)(uintptr_t)thunk_get(p, e.b, e.n);
}
