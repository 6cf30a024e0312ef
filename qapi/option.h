/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Options that the schema declares, as a command line writes them
 *
 * "secret,id=s0,data=x" or "limits.iops-total=7,rules.0.match=a" or JSON.  Reading takes two steps: the text
 * becomes a JSON object whose leaves are strings, and these become what the schema wants at their place.
 */

#include "qapi/visit.h"

/*
 * first: the key that a leading word without '=' gets; NULL: none.  A later word without '=' is "on"; ",," is a comma
 * inside a value; dots in keys make objects, and arrays where the parts are numbers from 0 on.  A text that begins with
 * '{' is JSON, whose leaves have types already.  0, or -EINVAL with *fault, and *to is null.
 */
int qapi_option_parse(const char *text, const char *first, struct json *to, struct qapi_fault *fault);
/* Is it JSON? */
bool qapi_option_is_json(const char *text);
/*
 * Replaces strings by numbers ("7", "0x10"), sizes ("64k"), booleans ("on") and lists of numbers ("0-3") where the type
 * wants them.  What cannot be replaced stays a string, for the reader to refuse.
 */
void qapi_option_convert(const struct qapi_type *type, struct json *v);
