# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# ./dev fuzz: every fuzz target, for some seconds each, under clang's libFuzzer and sanitizers
#
# A target is a program build/fuzz/tests/fuzz/fuzz-NAME.  What it finds is left in build/fuzz/found.

fuzz_packages="clang libclang-rt-14-dev"

fuzz() {
    local seconds=${1-30} target corpus failed=0 count=0
    case $seconds in
    '' | *[!0-9]*) die "fuzz: '$seconds' is not a number of seconds" ;;
    esac
    # shellcheck disable=SC2086 # lists of words
    packages_install $build_packages $fuzz_packages
    mkdir -p build/fuzz/found
    [ -f build/fuzz/build.ninja ] ||
        (cd build/fuzz && ../../configure --cc=clang --enable-fuzzing --enable-asan) >&2 ||
        die "build/fuzz could not be set up"
    "$(tool ninja)" -C build/fuzz >&2 || die "the fuzz targets do not build"
    for target in build/fuzz/tests/fuzz/fuzz-*; do
        [ -f "$target" ] && [ -x "$target" ] || continue
        count=$((count + 1))
        say "$(basename "$target"), $seconds s"
        corpus=$PWD/build/fuzz/corpus/$(basename "$target")     # a target may go to a folder of its own
        mkdir -p "$corpus"
        "$target" -max_total_time="$seconds" -artifact_prefix="$PWD/build/fuzz/found/" -print_final_stats=1 \
            -verbosity=0 "$corpus" || failed=$((failed + 1))
    done
    [ "$count" -gt 0 ] || die "fuzz: no target was built"
    echo "$((count - failed)) targets found nothing, $failed found something"
    [ "$failed" = 0 ]
}
