/* SPDX-License-Identifier: Apache-2.0 */
#include "accel/soft/shapes.h"
#include "accel/soft/ops.h"

/*
 * Logical instructions: AND OR XOR NOT TEST
 *
 * Intel SDM volume 1, 5.1.4.
 */

static ALWAYS_INLINE uint64_t sem_and(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set(e, CC_LOGIC, size, a & b, 0);
    return a & b;
}
DEFINE_RMW2(and)

static ALWAYS_INLINE uint64_t sem_or(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set(e, CC_LOGIC, size, a | b, 0);
    return a | b;
}
DEFINE_RMW2(or)

static ALWAYS_INLINE uint64_t sem_xor(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set(e, CC_LOGIC, size, a ^ b, 0);
    return a ^ b;
}
DEFINE_RMW2(xor)

static ALWAYS_INLINE uint64_t sem_not(struct env *e, uint64_t a, unsigned size)
{
    return ~a;
}
DEFINE_RMW1(not)

static ALWAYS_INLINE void sem_test(struct env *e, uint64_t a, uint64_t b, unsigned size)
{
    cc_set(e, CC_LOGIC, size, a & b, 0);
}
DEFINE_CMP2(test)
