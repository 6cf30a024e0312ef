/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the process gives up once its machine stands: -chroot, -runas, -sandbox
 */

#include <stdbool.h>

struct error;

/* What -sandbox denies beside what no emulator needs. */
struct sandbox {
    bool on;
    bool obsolete;              /* calls that have been replaced long ago */
    bool elevate, elevate_children;     /* changing users and groups; or only that children gain something by it */
    bool spawn;                 /* new processes */
    bool resources;             /* priorities and affinities */
};

/* -ENOTSUP: this build has no libseccomp. */
int sandbox_check(const struct sandbox *s, struct error **err);
/* run_as: a user's name, or "UID:GID"; NULL: stays.  folder: the new root; NULL: stays.  For all threads. */
int confine(const char *folder, const char *run_as, const struct sandbox *s, struct error **err);
