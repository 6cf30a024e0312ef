/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/dsdt.h"

/*
 * SSDT of the generation id: where it is (ADDR: low and high half), and its event, GPE 5
 *
 * After "Virtual Machine Generation ID", Microsoft 2012.  The id stands 40 bytes into the page that VGIA names;
 * a VGIA of 0 says that nobody allocated one.
 */

static const char device[] =
    "(Scope \\_SB"
    "  (Device VGEN"
    "    (Name _HID \"QEMUVGID\")"
    "    (Name _CID \"VM_Gen_Counter\")"
    "    (Name _DDN \"VM_Gen_Counter\")"
    "    (Method _STA 0 (If (LEqual VGIA 0) (Return 0)) (Return 15))"
    "    (Method ADDR 0"
    "      (Store (Package 2) Local0)"
    "      (Store (Add VGIA 40) (Index Local0 0))"
    "      (Store 0 (Index Local0 1))"
    "      (Return Local0))))"
    "(Method \\_GPE._E05 0 (Notify \\_SB.VGEN 0x80))";

GByteArray *vmgenid_body(uint32_t *address)
{
    struct aml a;

    aml_init(&a);
    aml_name(&a, "VGIA");
    aml_op(&a, AML_DWORD);              /* of full width, since the loader writes it */
    *address = a.bytes->len;
    aml_bytes(&a, 0, 4);
    aml_terms(&a, "%s", device);
    return a.bytes;
}
