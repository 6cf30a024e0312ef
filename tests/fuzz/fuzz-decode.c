/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fuzz target: the instruction decoder on any bytes in every mode
 *
 * Asserted after Intel SDM volume 2, section 2.3.11: an instruction has 1 to 15 bytes; the answer
 * depends on these bytes only; fewer bytes than an instruction has ask for more, or fault as all of
 * them do.
 */

#include "tests/fuzz/fuzz.h"
#include "accel/soft/decode.h"
#include "accel/soft/env.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

const unsigned fuzz_short_rounds = 20000;
const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_TEXT("\x48\x8b\x84\x88\x10\x20\x30\x40"),
    FUZZ_TEXT("\x66\xf2\x0f\x58\xc1"),
    FUZZ_TEXT("\xf0\x48\x0f\xc7\x0d\x01\x02\x03\x04"),
    FUZZ_TEXT("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90"),
    FUZZ_TEXT("\x49\xbf\x01\x02\x03\x04\x05\x06\x07\x08"),
    FUZZ_TEXT("\x66\x0f\x3a\x0f\xc1\x07"),
    { NULL, 0 },
};

static void decode_in(uint32_t key, const uint8_t *data, unsigned size)
{
    struct insn full, part;
    int result = decode_insn(data, size, key, 0x1000, &full);

    if (result)
        return;
    assert(full.len >= 1 && full.len <= 15 && full.len <= size);
    for (unsigned avail = 0; avail < full.len; avail++)
        assert(decode_insn(data, avail, key, 0x1000, &part) == -ENODATA);
    assert(!decode_insn(data, full.len, key, 0x1000, &part) && part.len == full.len && part.op == full.op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t modes[] = { 0, KEY_PE, KEY_PE | KEY_CS32, KEY_PE | KEY_VM86, KEY_PE | KEY_CS64 };

    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        decode_in(modes[i], data, size < 16 ? size : 16);
    return 0;
}
