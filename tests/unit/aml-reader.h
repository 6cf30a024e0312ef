/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A reader of definition blocks, which shares no code with the writer
 *
 * It lists what the block declares, a line each: path, kind, and what there is to compare, between tabs.
 *
 *     \_SB.PCI0.PRES   Device
 *     \_SB.PCI0._ADR   Name   0x0
 *     \_SB.PCI0.PRTP[3]   Element   {0xffff,0x3,LNKH,0x0}          of a package of packages
 *     \_SB.PCI0.PRES.CPEN   Field   PRST   bit 32   1 wide   flags 0x41
 *     \_SB.PCI0.PDSM   Method   5 serialized                   their bodies are passed over
 *     \_SB.PCI0._PRT()[3]   Element   ...                    but for a package that is all they return
 */

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* The lines of the terms of a block without its header, sorted; NULL: it is not well-formed.  Caller frees. */
GPtrArray *aml_list(const uint8_t *terms, size_t bytes);
