/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was refused says why: its line has words that the test knows. */

#include "lib/error.h"
#include "tests/test.h"

/* Takes `err`; `text` is what was refused, for whoever reads the failure. */
static inline void check_refused(int r, struct error *err, const char *text, const char *says)
{
    struct error_line line = { "" };

    if (err)
        line = error_line(err);
    error_free(err);
    if (!r || !strstr(line.s, says))
        printf("# %s: %s\n", text, line.s);
    CHECK(r < 0);
    CHECK(strstr(line.s, says));
}
