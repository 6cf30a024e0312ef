/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The one marshaller: JSON to C structs and back, after the tables of qapi/type.h
 *
 * Reading checks everything that the schema says, in the words and the order that clients know:
 * members in schema order first, then members that nobody knows.  What a reader has filled in, and
 * what a handler returns, qapi_fini() frees.
 */

#include "qapi/json.h"
#include "qapi/type.h"

enum qapi_error_class {
    QAPI_GENERIC_ERROR, QAPI_COMMAND_NOT_FOUND, QAPI_DEVICE_NOT_ACTIVE, QAPI_DEVICE_NOT_FOUND, QAPI_KVM_MISSING_CAP,
};

/* An error as QMP shows it. */
struct qapi_fault {
    enum qapi_error_class error_class;
    char desc[800];
};
const char *qapi_error_class_name(enum qapi_error_class c);
/* Sets *fault and returns -EINVAL. */
int qapi_fault_set(struct qapi_fault *fault, enum qapi_error_class error_class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Fills type->size bytes at to.  0, or -EINVAL with *fault and nothing left to free. */
int qapi_read(const struct qapi_type *type, const struct json *from, void *to, struct qapi_fault *fault);
struct json qapi_write(const struct qapi_type *type, const void *from);
/* Frees what the value owns and zeroes it. */
void qapi_fini(const struct qapi_type *type, void *value);
