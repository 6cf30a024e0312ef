/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names of CPU features (feature.c); '_' and '-' are the same when a user writes them. */

#include "cpu/model.h"

struct cpu_feature { const char *name; enum cpu_word word; uint8_t bit; };
extern const struct cpu_feature cpu_features[];         /* ends in a line without a name */
/* `said` is how a user wrote it. */
bool cpu_name_is(const char *name, const char *said);
/* Of a line of that table: does an earlier one name the same bit? */
bool cpu_feature_is_alias(const struct cpu_feature *f);
