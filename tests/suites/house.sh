#!/bin/bash
# house.sh: what the source tree promises about itself.
set -u
cd "$SOURCE" || exit 2
passed=0 failed=0

check() {
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}

# Each tool must also notice what it is there for: a copy of the tree with one thing wrong.
copy=$BUILD/house
notices() {
    local tool=$1 file=$2 text=$3
    rm -rf "$copy"
    mkdir -p "$copy"
    cp -r include lib keys cli tests examples tools docs "$copy/" || return 1
    printf '%b' "$text" >>"$copy/$file"
    ! "$copy/tools/$tool" ${4:-} >/dev/null 2>&1
}

# A path of somebody's machine, or the address of a registry, has no place in the tree.
no_places() {
    local files
    files=$(git ls-files 2>/dev/null) && [ -n "$files" ] || files=$(find . -path ./build -prune -o -type f -print)
    # shellcheck disable=SC2086
    ! grep -nIE '(^|[^A-Za-z0-9_.])/(work|root|Users)/|deb\.debian|registry\.npm|pypi\.org' $files
}
shell_syntax() {
    bash -n check && bash -n demo && bash -n .ci/run && bash -n tools/packages.sh &&
        bash -n tools/debian-tree && sh -n tools/test-pki
}

check "layers" tools/check-layers
check "sizes" tools/check-size
check "docs/errors.md" tools/check-errors
check "docs/compliance.md" tools/compliance --check
check "no foreign places" no_places
check "shell syntax" shell_syntax
check "layers: upward include noticed" notices check-layers lib/base/mem.c '#include "../asn1/der.h"\n'
check "layers: sibling noticed" notices check-layers lib/mime/addr.c '#include "../cms/cms.h"\n'
check "layers: openssl noticed" notices check-layers lib/cms/cms_read.c '#include <openssl/evp.h>\n'
check "layers: private header noticed" notices check-layers cli/main.c '#include "../lib/base/mem.h"\n'
check "sizes: long function noticed" notices check-size lib/base/mem.c \
    "void f(void)\n{\n$(printf ';\\n%.0s' {1..101})}\n"
check "sizes: long file noticed" notices check-size lib/base/mem.c "$(printf '\\n%.0s' {1..1000})"
check "errors: new code noticed" notices check-errors lib/msg/open.c \
    'int f(void)\n{\n    return smi_report_warn(r, "new-code", "", "text");\n}\n'
check "compliance: new mark noticed" notices compliance lib/base/mem.c '/* PQ-001 */\n' --check
rm -rf "$copy"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
