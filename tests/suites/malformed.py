#!/usr/bin/env python3
"""malformed.py [ROUNDS]: damaged messages, thousands, the same on every run: no crash, no leak, a
bounded time, no output after a failure, and never `good` with another content than the original's.
The work is done by tests/property/message_mutations.c."""
import os
import re
import sys

sys.dont_write_bytecode = True
import message_files  # noqa: E402
import suite_kit as kit  # noqa: E402

ROUNDS = 300


def main():
    tally = kit.Tally()
    messages = message_files.Messages(kit.fresh_folder("malformed"))
    files = messages.make()
    program = os.path.join(os.path.dirname(kit.SMIME), "message_mutations")
    rounds = sys.argv[1] if len(sys.argv) > 1 else str(ROUNDS)
    result = kit.run([program, *messages.arguments(), rounds, messages.folder, *files],
                     timeout=3600)
    text = result.out.decode("utf-8", "replace")
    last = re.search(r"^(\d+) passed, (\d+) failed$", text, re.M)
    if not last or result.status not in (0, 1):
        print(text[-3000:])
        tally.check("message_mutations", str(result))
    else:
        tally.passed += int(last.group(1))
        tally.failed += int(last.group(2))
        if last.group(2) != "0":
            print(text[-6000:])
    print("%d messages; %s" % (len(files), ", ".join(re.findall(r"^[a-z]+: \d+$", text, re.M))))
    tally.finish()


if __name__ == "__main__":
    main()
