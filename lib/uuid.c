/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/uuid.h"

/* UUIDs (see uuid.h). */

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static bool is_dash(unsigned at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

static unsigned digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

bool uuid_parse(const char *text, uint8_t bytes[static UUID_BYTES])
{
    uint8_t read[UUID_BYTES] = { 0 };
    unsigned n = 0;

    if (strlen(text) != UUID_TEXT)
        return false;
    for (unsigned i = 0; i < UUID_TEXT; i++) {
        if (is_dash(i) ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
        if (!is_dash(i)) {
            read[n / 2] = read[n / 2] << 4 | digit(text[i]);
            n++;
        }
    }
    memcpy(bytes, read, UUID_BYTES);
    return true;
}

struct uuid_text uuid_text(const uint8_t b[static UUID_BYTES])
{
    struct uuid_text t;

    snprintf(t.s, sizeof(t.s), "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return t;
}

void uuid_random(uint8_t bytes[static UUID_BYTES])
{
    ssize_t n = getrandom(bytes, UUID_BYTES, 0);

    assert(n == UUID_BYTES);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
}

static void swap(uint8_t *a, uint8_t *b)
{
    uint8_t c = *a;

    *a = *b;
    *b = c;
}

void uuid_swap(uint8_t bytes[static UUID_BYTES])
{
    swap(&bytes[0], &bytes[3]);
    swap(&bytes[1], &bytes[2]);
    swap(&bytes[4], &bytes[5]);
    swap(&bytes[6], &bytes[7]);
}
