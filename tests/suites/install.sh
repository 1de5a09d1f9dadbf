#!/bin/bash
# install.sh: the installed library: what it exports, and the example programs built against it with
# pkg-config (as C99 and as C++), statically, and with CMake, and run.
set -u
dir=$BUILD/install
root=$dir/root
prefix=/usr/local
passed=0 failed=0

rm -rf "$dir"
mkdir -p "$root" || exit 2
# check NAME COMMAND...
check() {
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}

check "install" env DESTDIR="$root" cmake --install "$BUILD/release" --prefix "$prefix"
lib=$(dirname "$(find "$root" -name libsmime.so | head -n 1)")
export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root LD_LIBRARY_PATH=$lib

installed() {
    local file missing=0
    for file in "$root$prefix/include/smime.h" "$root$prefix/bin/smime" "$lib/libsmime.a" \
        "$lib/libsmime.so.0" "$lib/pkgconfig/libsmime.pc" "$lib/cmake/libsmime/libsmimeConfig.cmake" \
        "$root$prefix/share/man/man1/smime.1"; do
        [ -e "$file" ] || { echo "not installed: $file"; missing=1; }
    done
    return $missing
}
check "files" installed

# Only what smime.h declares, and all of it.
exports() {
    nm -D --defined-only "$lib/libsmime.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
        sort -u >"$dir/exported"
    grep -oE '\bsmime_[a-z0-9_]+\(' "$SOURCE/include/smime.h" | tr -d '(' | sort -u >"$dir/mentioned"
    sed -n '/^SMIME_API/,/;/p' "$SOURCE/include/smime.h" | tr '\n' ' ' |
        grep -oE '\bsmime_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$dir/declared"
    [ -s "$dir/declared" ] && diff "$dir/declared" "$dir/exported"
}
check "only public symbols are exported" exports

flags="-Wall -Wextra -Wpedantic -Werror -O1"
# pkg-config may repeat -I and -L; words are meant to be split.
# shellcheck disable=SC2046,SC2086
build_with() {
    local out=$dir/$1 example
    shift
    mkdir -p "$out"
    for example in sign_file open_pipe encrypt_many; do
        "$@" $flags "$SOURCE/examples/$example.c" -o "$out/$example" \
            $(pkg-config --cflags --libs libsmime) || return 1
    done
}
# shellcheck disable=SC2046,SC2086
build_static() {
    mkdir -p "$dir/static"
    cc $flags "$SOURCE/examples/open_pipe.c" -o "$dir/static/open_pipe" \
        $(pkg-config --cflags libsmime) "$lib/libsmime.a" \
        $(env -u PKG_CONFIG_SYSROOT_DIR pkg-config --libs libcrypto zlib libidn2)
}
build_cmake() {
    cmake -S "$SOURCE/examples" -B "$dir/cmake" -DCMAKE_PREFIX_PATH="$root$prefix" >"$dir/cmake.log" &&
        cmake --build "$dir/cmake" >>"$dir/cmake.log" || { tail -n 20 "$dir/cmake.log"; return 1; }
}
check "pkg-config, C99" build_with c99 cc -std=c99
check "pkg-config, C11" build_with c11 cc -std=c11
check "pkg-config, C++11" build_with cxx c++ -x c++ -std=c++11
check "pkg-config, C++20" build_with cxx20 c++ -x c++ -std=c++20
check "static library" build_static
check "CMake package" build_cmake

# Alice signs, Bob opens; a changed message gives nothing; three people get one letter.
check "keys" "$SOURCE/tools/test-pki" "$dir/pki"
pki=$dir/pki
cat "$pki/bob-key.pem" "$pki/bob.pem" >"$dir/bob.pem"
cat "$pki/carol-key.pem" "$pki/carol.pem" >"$dir/carol.pem"
printf 'From: alice@example.org\nTo: bob@example.org\nSubject: Test\n\nHello, B\303\266b!\n' \
    >"$dir/mail.eml"

sign_and_open() {
    "$1/sign_file" "$pki/alice.p12" "$pki/alice.pass" "$dir/mail.eml" "$1/signed.eml" &&
        "$1/open_pipe" "$dir/bob.pem" "$pki/ca.pem" <"$1/signed.eml" >"$1/opened" 2>"$1/report" &&
        grep -q '^verdict good' "$1/report" && grep -q 'Hello' "$1/opened"
}
refuse_changed() {
    sed 's/Hello/Hallo/' "$1/signed.eml" >"$1/changed.eml"
    "$1/open_pipe" "$dir/bob.pem" "$pki/ca.pem" <"$1/changed.eml" >"$1/nothing" 2>"$1/report"
    [ $? -eq 1 ] && grep -q '^verdict bad' "$1/report" && [ ! -s "$1/nothing" ]
}
refuse_password() {
    rm -f "$1/never.eml"
    ! "$1/sign_file" "$pki/alice.p12" "$pki/bob.pass" "$dir/mail.eml" "$1/never.eml" &&
        [ ! -e "$1/never.eml" ]
}
encrypt_to_many() {
    local reader
    "$1/encrypt_many" alice@example.org "$dir/mail.eml" "$1/many.eml" "$pki/alice.pem" \
        "$pki/bob.pem" "$pki/carol.pem" || return 1
    for reader in bob carol; do
        "$1/open_pipe" "$dir/$reader.pem" "$pki/ca.pem" <"$1/many.eml" >"$1/$reader" 2>"$1/report"
        [ $? -eq 1 ] && grep -q '^verdict unsigned' "$1/report" && grep -q Subject "$1/$reader" ||
            return 1
    done
    ! "$1/open_pipe" "$pki/stranger.pem" "$pki/ca.pem" <"$1/many.eml" >"$1/stranger" 2>/dev/null &&
        [ ! -s "$1/stranger" ]
}
cat "$pki/mallory-key.pem" "$pki/mallory.pem" >"$pki/stranger.pem"
for kind in c99 cxx cmake; do
    check "$kind: sign and open" sign_and_open "$dir/$kind"
    check "$kind: a changed message is refused" refuse_changed "$dir/$kind"
    check "$kind: a wrong password" refuse_password "$dir/$kind"
    check "$kind: encrypt to many" encrypt_to_many "$dir/$kind"
done
check "static program" "$dir/static/open_pipe" "$dir/bob.pem" "$pki/ca.pem" \
    <"$dir/c99/signed.eml" >"$dir/static/opened"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
