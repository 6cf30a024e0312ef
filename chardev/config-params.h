/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Parameters of a chardev as text: "path=/x,server=on"; private to chardev/
 *
 * What both notations of config.h are made of.  ",," is a comma inside a value.
 */

#include "chardev/config.h"

enum { CHAR_MAX_PARAMS = 32 };

struct char_param { char *key, *value; bool used; };

struct char_params {
    char *buf;
    unsigned num;
    struct char_param list[CHAR_MAX_PARAMS];
};

/* Cuts spec at single commas.  object is for errors.  char_params_free() after a failure, too. */
int char_params_split(struct char_params *p, const char *spec, const char *object, struct error **err);
void char_params_free(struct char_params *p);
/* The value of a key, which counts as used; of several the last; NULL: none. */
const char *char_params_take(struct char_params *p, const char *key);
bool char_params_have(const struct char_params *p, const char *key);

int char_param_bool(bool *out, const char *object, const struct char_param *p, struct error **err);
int char_param_number(uint64_t *out, uint64_t max, const char *object, const struct char_param *p, const char *legal,
                      struct error **err);
int char_param_size(uint64_t *out, const char *object, const struct char_param *p, struct error **err);

/* Sets one key of cfg's kind; then all that have not been used; then looks at them together. */
int char_config_set(struct chardev_config *cfg, const char *key, const char *value, const char *object,
                    struct error **err);
int char_config_apply(struct chardev_config *cfg, struct char_params *p, const char *object, struct error **err);
bool char_config_is_id(const char *s);
