/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What reading, writing and freeing share: private to visit.c and write.c
 */

#include "qapi/type.h"

/* The branch that the tag of a union chooses, or NULL: no union, or a branch without members. */
static inline const struct qapi_type *qapi_branch(const struct qapi_type *t, const void *value)
{
    unsigned tag;

    if (!t->tag)
        return NULL;
    tag = *(const unsigned *)((const char *)value + t->tag->offset);
    return tag < t->tag->type->num_values ? t->variants[tag] : NULL;
}
