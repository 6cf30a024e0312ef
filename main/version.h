/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The interface version that tools ask for, and our own. */

enum { QEMU_MAJOR = 7, QEMU_MINOR = 2, QEMU_MICRO = 22 };
#ifndef RHEA_VERSION
#error "the build defines RHEA_VERSION"
#endif
