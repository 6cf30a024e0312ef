/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * UUIDs (RFC 4122): text and 16 bytes in the order of the text
 */

#include <stdbool.h>
#include <stdint.h>

enum { UUID_BYTES = 16, UUID_TEXT = 36 };

struct uuid_text { char s[UUID_TEXT + 1]; };

/* Exactly 8-4-4-4-12 hexadecimal digits; false leaves *bytes alone. */
bool uuid_parse(const char *text, uint8_t bytes[static UUID_BYTES]);
struct uuid_text uuid_text(const uint8_t bytes[static UUID_BYTES]);
/* Version 4, from the host's random numbers. */
void uuid_random(uint8_t bytes[static UUID_BYTES]);
/* The first three fields turned to little-endian, as GUIDs are in SMBIOS and in ACPI; and back. */
void uuid_swap(uint8_t bytes[static UUID_BYTES]);
