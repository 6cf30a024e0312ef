/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Pictures of a console in files. */

#include "ui/display.h"

struct error;
struct fdsets;

enum picture_format { PICTURE_PPM, PICTURE_PNG };

/* In memory.  -ENOTSUP: this build has no PNG; -ENOMEM.  The caller frees *bytes. */
int picture_encode(const struct surface *s, enum picture_format format, uint8_t **bytes, size_t *len,
                   struct error **err);
/* The file is complete when it returns, or it is not there any more.  sets: what /dev/fdset/N stands for.  Negative
 * errno of the file. */
int picture_save(const struct surface *s, enum picture_format format, struct fdsets *sets, const char *path,
                 struct error **err);
