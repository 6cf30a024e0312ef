/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory backends: host memory that a user makes and describes, for a machine's RAM
 *
 * memory-backend-ram, memory-backend-file and memory-backend-memfd.  Each owns a RAM block (core/ram.h).
 */

#include "object/user.h"

struct ram_block;

/* The backend of that id; NULL: there is none. */
struct user_object *memory_backend_find(const struct user_objects *set, const char *id);
/* Its block: the backend's, for as long as the caller holds the object. */
struct ram_block *memory_backend_block(const struct user_object *o);
uint64_t memory_backend_bytes(const struct user_object *o);     /* as asked for; the block has whole pages */
bool memory_backend_writable(const struct user_object *o);
