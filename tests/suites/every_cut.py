#!/usr/bin/env python3
"""every_cut.py: the report, the error and the output of smime_open do not depend on how the input is
cut: every cut of small messages of every kind (openssl's and ours), random cuts of large ones. The
work is done by tests/property/message_cuts.c."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import message_files  # noqa: E402
import suite_kit as kit  # noqa: E402


def main():
    tally = kit.Tally()
    messages = message_files.Messages(kit.fresh_folder("every_cut"), pad=True)
    files = [*messages.make(), *messages.make_large()]
    messages.check_verdicts(tally, files)
    program = os.path.join(os.path.dirname(kit.SMIME), "message_cuts")
    ways = max(1, min(4, os.cpu_count() or 1))
    shares = [files[i::ways] for i in range(ways)]
    running = [subprocess.Popen([program, *messages.arguments(), *share], env=kit.ENVIRONMENT,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
               for share in shares]
    for process, share in zip(running, shares):
        text = process.communicate()[0].decode("utf-8", "replace")
        last = re.search(r"^(\d+) passed, (\d+) failed$", text, re.M)
        if not last or process.returncode not in (0, 1):
            tally.check("message_cuts on %d files" % len(share),
                        "status %d: %s" % (process.returncode, text[-3000:]))
            continue
        tally.passed += int(last.group(1))
        tally.failed += int(last.group(2))
        if last.group(2) != "0":
            print(text[:6000])
    print("%d messages, the largest of %d octets" % (
        len(files), max(os.path.getsize(file) for file in files)))
    tally.finish()


if __name__ == "__main__":
    main()
