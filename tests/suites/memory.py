#!/usr/bin/env python3
"""memory.py [--size SIZE]: memory does not grow with the message.

Every operation of the release build runs on a message of 1 MiB and on a large one (512 MiB; SIZE such
as 5G for `make big`): the peak resident set is at most 16 MiB, and within 2 MiB of the small one's.
What comes out is compared with what went in. Times and speeds are printed, not judged.
"""
import hashlib
import os
import sys
import time

sys.dont_write_bytecode = True
import suite_kit as kit  # noqa: E402

LIMIT_KIB = 16 * 1024
GROWTH_KIB = 2 * 1024
MIB = 1 << 20
HEADER = (b"From: p256@example.org\nTo: rsa@example.org\nSubject: Large\nMIME-Version: 1.0\n"
          b"Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n")

# name of what is made, how, and how it is read: verb, exit status, further arguments
SIGN = ["sign", "--key", "p256"]
ENCRYPT = ["encrypt", "--cert", "rsa"]
PROTECT = ["protect", "--key", "p256", "--cert", "rsa"]
WORK = [
    ("sign, detached", SIGN, [("verify", 0), ("open", 0)]),
    ("sign, opaque, BER", [*SIGN, "--opaque"], [("verify", 0)]),
    ("sign, opaque, DER", [*SIGN, "--opaque", "--der"], [("verify", 0), ("open", 0)]),
    ("encrypt, CBC, BER", [*ENCRYPT, "--cipher", "aes256-cbc"], [("decrypt", 1)]),
    ("encrypt, CBC, DER", [*ENCRYPT, "--cipher", "aes128-cbc", "--der"], [("decrypt", 1)]),
    ("encrypt, GCM, BER", [*ENCRYPT, "--cipher", "aes256-gcm"], [("decrypt", 0)]),
    ("encrypt, GCM, DER", [*ENCRYPT, "--cipher", "aes128-gcm", "--der"], [("open", 1)]),
    ("protect, CBC, detached, BER", [*PROTECT, "--cipher", "aes256-cbc"], [("open", 0)]),
    ("protect, GCM, opaque, DER", [*PROTECT, "--cipher", "aes256-gcm", "--opaque", "--der"],
     [("open", 0), ("verify", 0)]),
]


def parse_size(text):
    units = {"K": 1 << 10, "M": MIB, "G": 1 << 30}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


def chosen_size():
    if "--size" in sys.argv[1:-1]:
        return parse_size(sys.argv[sys.argv.index("--size") + 1])
    return parse_size(os.environ.get("SMIME_BIG_SIZE", "512M"))


class Memory:
    def __init__(self):
        self.folder = kit.fresh_folder("memory")
        self.tally = kit.Tally()
        self.people = kit.People(self.path("people"), ["p256", "rsa"])
        self.peak_rss = self.path("peak_rss")
        kit.must(kit.run(["cc", "-O1", "-o", self.peak_rss, os.path.join(kit.HERE, "peak_rss.c")]))
        self.peaks = {}
        self.body_hash = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_message(self, size):
        """Lines of 76 columns, each different, written as they are made."""
        hashed = hashlib.sha256()
        block = b"".join(b"%06d %s\n" % (i, b"0123456789abcdefghijklmnopqrstuvwxyz"[i % 36:i % 36 + 1]
                                         * 69) for i in range(13617))
        with open(self.path("message"), "wb") as out:
            out.write(HEADER)
            written = 0
            while written < size:
                mark = b"%076d\n" % written
                piece = (mark + block)[:max(77, (size - written) // 77 * 77)]
                out.write(piece)
                hashed.update(piece)
                written += len(piece)
        self.body_hash = hashed.digest()

    def hash_of_body(self, path):
        """Of what follows the first empty line, with LF line ends."""
        hashed = hashlib.sha256()
        with open(path, "rb") as file:
            start = file.read(65536).replace(b"\r\n", b"\n")
            hashed.update(start[start.index(b"\n\n") + 2:].replace(b"\r", b""))
            for piece in iter(lambda: file.read(4 * MIB), b""):
                hashed.update(piece.replace(b"\r", b""))
        return hashed.digest()

    def measure(self, name, arguments, size, status):
        """None when the status is right and the memory is bounded."""
        report, start = self.path("peak"), time.monotonic()
        result = kit.run([self.peak_rss, report, kit.SMIME_RELEASE, *arguments, "--no-config"],
                         timeout=3600)
        seconds = time.monotonic() - start
        if result.status != status:
            return self.tally.check(name, str(result))
        peak = int(kit.read(report))
        small = self.peaks.setdefault(name, peak)
        print("%-50s %6d MiB: peak %5.1f MiB, %6.1f s, %4d MiB/s" % (
            name, size // MIB, peak / 1024, seconds, size / MIB / max(seconds, 0.01)), flush=True)
        problem = None
        if peak > LIMIT_KIB:
            problem = "peak of %d KiB is over %d" % (peak, LIMIT_KIB)
        elif peak > small + GROWTH_KIB:
            problem = "peak grew from %d to %d KiB" % (small, peak)
        return self.tally.check("%s, %d MiB" % (name, size // MIB), problem)

    def words(self, arguments):
        return [self.people.both(a) if before == "--key" else
                self.people.cert(a) if before == "--cert" else a
                for before, a in zip(["", *arguments], arguments)]

    def to_pipe(self, name, arguments, size):
        """Through a pipe nothing may leave before the end: the encrypted spool."""
        report, name = self.path("peak"), name + " to a pipe"
        result = kit.run(["/bin/sh", "-c", '"$0" "$@" | cat >"$OUT"'.replace("$OUT", self.path("out")),
                          self.peak_rss, report, kit.SMIME_RELEASE, *arguments, "--no-config"],
                         timeout=3600)
        peak = int(kit.read(report))
        bounded = peak <= min(LIMIT_KIB, self.peaks.setdefault(name, peak) + GROWTH_KIB)
        return self.tally.check("%s, %d MiB" % (name, size // MIB), None if bounded
                                else "peak of %d KiB; %s" % (peak, result))

    def read_back(self, name, verb, status, size, pipe=False):
        out = self.path("out")
        arguments = [verb, self.path("made"), "--trust", self.people.ca, "--key",
                     self.people.both("rsa")]
        fine = (self.to_pipe(name, arguments, size) if pipe
                else self.measure(name, [*arguments, "-o", out], size, status))
        if fine:
            same = self.hash_of_body(out) == self.body_hash
            self.tally.check("%s, %d MiB: content" % (name, size // MIB),
                             None if same else "the content is another one")
        if os.path.exists(out):
            os.unlink(out)

    def round(self, size):
        self.make_message(size)
        for name, writer, readers in WORK:
            made = self.path("made")
            verb, rest = writer[0], writer[1:]
            if self.measure(name, [verb, self.path("message"), "-o", made, *self.words(rest)], size,
                            0):
                for reader, status in readers:
                    self.read_back("%s of (%s)" % (reader, name), reader, status, size)
                if "detached, BER" in name:
                    self.read_back("open of (%s)" % name, "open", 0, size, pipe=True)
            if os.path.exists(made):
                os.unlink(made)
        os.unlink(self.path("message"))


def main():
    memory = Memory()
    memory.round(MIB)
    memory.round(chosen_size())
    memory.tally.finish()


if __name__ == "__main__":
    main()
