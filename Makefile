# A thin front of CMake: the presets of CMakePresets.json, built in build/<preset>.
JOBS ?= $(shell nproc)

all: dev

dev release asan msan tsan cov:
	cmake --preset $@ >/dev/null
	cmake --build build/$@ -j $(JOBS)

# The inner loop, and everything.
check:
	./check --fast
check-all:
	./check

install: release
	DESTDIR="$(DESTDIR)" cmake --install build/release

# Constant memory at 5 GiB: minutes and some space in the temporary folder.
big: release
	SMIME=$(CURDIR)/build/release/smime SMIME_RELEASE=$(CURDIR)/build/release/smime \
	SOURCE=$(CURDIR) BUILD=$(CURDIR)/build tests/suites/memory.py --size 5G

fuzz:
	@echo "there are no fuzz targets in this version" >&2; exit 2

docs/compliance: docs/compliance.md
docs/compliance.md: FORCE
	tools/compliance
FORCE:

clean:
	rm -rf --one-file-system build/dev build/release build/asan build/msan build/tsan build/fuzz \
	  build/cov build/log build/demo build/trixie

.PHONY: all dev release asan msan tsan cov check check-all install big fuzz docs/compliance clean FORCE
