#!/usr/bin/env python3
"""commit_or_nothing.py: the target of an operation is absent (or untouched), or complete and right.

Altered content, tags and padding; input cut short at many places; a full disk; SIGKILL, SIGTERM and
SIGINT at random places, also while the result is being put in place. No file appears beside the
target, no regular file anywhere near holds plaintext, and standard output gets nothing when the exit
status says so. Random choices have a fixed seed.
"""
import base64
import os
import random
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import suite_kit as kit  # noqa: E402

MARK = b"mark-7d1f3a9c5e-of-secret-plaintext"
OLD = b"what was there before\n"
SEED = 20240607
PLACES = ("/var/tmp", "/tmp")
KILLS = 50


def message(octets):
    head = (b"From: p256@example.org\nTo: rsa@example.org\nSubject: Commit\nMIME-Version: 1.0\n"
            b"Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n\n")
    line = MARK + b" %035d\n"
    return head + b"".join(line % i for i in range(max(1, octets // len(line % 0))))


def body_of(data):
    """What follows the first empty line, with LF line ends; None without one."""
    head, gap, body = kit.lf(data).partition(b"\n\n")
    return body if gap else None


def alter_der(mail, position, mask):
    """The same message with one octet of its base64 body changed, counted from the end."""
    head, body = kit.lf(mail).split(b"\n\n", 1)
    der = bytearray(base64.b64decode(body))
    der[position] ^= mask
    return head + b"\n\n" + base64.encodebytes(bytes(der))


class Suite:
    def __init__(self):
        self.folder = kit.fresh_folder("commit_or_nothing")
        self.tally = kit.Tally()
        self.random = random.Random(SEED)
        self.people = kit.People(self.path("people"), ["p256", "rsa"])
        self.target_folder = self.path("target")
        os.mkdir(self.target_folder)
        self.leftovers = self.completed = 0
        self.known = self.places()

    def path(self, name):
        return os.path.join(self.folder, name)

    # -- what may be seen from outside

    @staticmethod
    def places():
        return {os.path.join(place, name) for place in PLACES for name in os.listdir(place)}

    def new_plaintext(self):
        """New regular files where temporary files are made that hold our plaintext."""
        for path in self.places() - self.known:
            try:
                if os.path.isfile(path) and not os.path.islink(path) and MARK in kit.read(path):
                    return path
            except OSError:
                pass  # somebody else's, and gone already
        return None

    def strange_file(self, target, right, ended):
        """A file beside the target; whole and proven ones only where a signal came between the two
        steps of putting the result in place."""
        for name in os.listdir(os.path.dirname(target)):
            path = os.path.join(os.path.dirname(target), name)
            if path == target:
                continue
            whole = not ended and right(kit.read(path))
            os.unlink(path)
            if not whole:
                return path
            self.leftovers += 1
        return None

    def problem(self, target, before, may_exist, right, ended=True):
        """before: the target's content, or None. right(octets): complete and as it must be."""
        strange = self.strange_file(target, right, ended)
        if strange:
            return "a file was left behind: " + strange
        leak = self.new_plaintext()
        if leak:
            return "plaintext was left behind: " + leak
        now = kit.read(target) if os.path.exists(target) else None
        if now == before:
            return None
        if now is None:
            return "the target vanished"
        if not may_exist:
            return "the target was written"
        self.completed += 1
        return None if right(now) else "the target holds %d octets that are not right" % len(now)

    def target(self, before, folder=None):
        path = os.path.join(folder or self.target_folder, "result")
        if os.path.exists(path):
            os.unlink(path)
        if before is not None:
            kit.write(path, before)
        return path

    # -- running

    def reader(self, verb, *more, command=None):
        return [command or kit.SMIME, verb, "--no-config", "--trust", self.people.ca, "--key",
                self.people.both("rsa"), *more]

    def make(self, name, octets, *arguments):
        out = self.path(name)
        result = kit.smime(*arguments, "-o", out, stdin=message(octets),
                           command=kit.SMIME_RELEASE)
        kit.must(result)
        return kit.read(out)

    def samples(self, octets):
        sign = ["sign", "--key", self.people.both("p256")]
        encrypt = ["encrypt", "--cert", self.people.cert("rsa"), "--der"]
        protect = ["protect", "--key", self.people.both("p256"), "--cert",
                   self.people.cert("rsa"), "--der"]
        return {
            "detached": (self.make("detached", octets, *sign), ["verify", "open"]),
            "opaque": (self.make("opaque", octets, *sign, "--opaque", "--der"),
                       ["verify", "open"]),
            "cbc": (self.make("cbc", octets, *encrypt, "--cipher", "aes256-cbc"),
                    ["decrypt", "open"]),
            "gcm": (self.make("gcm", octets, *encrypt, "--cipher", "aes256-gcm"),
                    ["decrypt", "open"]),
            "protected": (self.make("protected", octets, *protect, "--cipher", "aes256-cbc"),
                          ["verify", "open", "decrypt"]),
            "protected gcm": (self.make("protectedgcm", octets, *protect, "--opaque", "--cipher",
                                        "aes128-gcm"), ["verify", "open", "decrypt"]),
        }

    # -- altered messages: nothing comes out

    def altered(self):
        small = {name: data for name, (data, _) in self.samples(2000).items()}
        large = {name: data for name, (data, _) in self.samples(900000).items()}
        for size, set_ in (("small", small), ("large", large)):
            marked = set_["detached"].replace(MARK, b"Mark" + MARK[4:], 1)
            self.refuse(size + " detached, content", marked, ["verify", "open"], {1})
            half = len(set_["opaque"]) // 3
            for name, verbs, statuses in (("opaque", ["verify", "open"], {1, 2}),
                                          ("gcm", ["decrypt", "open"], {2}),
                                          ("protected", ["verify", "open"], {1, 2}),
                                          ("protected gcm", ["verify", "open", "decrypt"], {2})):
                self.refuse("%s %s, octet of the content" % (size, name),
                            alter_der(set_[name], half, 1), verbs, statuses)
            for name in ("gcm", "protected gcm"):
                self.refuse("%s %s, last octet of the tag" % (size, name),
                            alter_der(set_[name], -1, 1), ["decrypt", "open"], {2})
                self.refuse("%s %s, first octet of the tag" % (size, name),
                            alter_der(set_[name], -16, 128), ["decrypt", "open"], {2})
            for name in ("cbc", "protected"):
                # The last octet of the padding becomes more than a block.
                self.refuse("%s %s, padding" % (size, name), alter_der(set_[name], -17, 0x80),
                            ["decrypt", "open"], {2})

    def refuse(self, name, mail, verbs, statuses):
        file = kit.write(self.path("altered.eml"), mail)
        for verb in verbs:
            for before in (None, OLD):
                target = self.target(before)
                result = kit.run(self.reader(verb, file, "-o", target))
                problem = self.problem(target, before, False, lambda octets: False)
                if result.status not in statuses:
                    problem = str(result)
                self.tally.check("%s: %s, target %s" % (name, verb, "old" if before else "new"),
                                 problem)
            result = kit.run(self.reader(verb, file))
            problem = None if result.out == b"" and result.status in statuses else str(result)
            self.tally.check("%s: %s to a pipe" % (name, verb), problem or self.new_plaintext())

    # -- cut short

    def cut_short(self):
        for name, (mail, verbs) in self.samples(3000).items():
            places = {self.random.randrange(len(mail)) for _ in range(25)}
            places |= set(range(0, len(mail), max(1, len(mail) // 25)))
            places |= {len(mail) - back for back in (1, 2, 3, 4, 5, 6, 20, 60, 77)}
            for verb in verbs:
                whole = kit.run(self.reader(verb), stdin=mail).out
                problem = None if whole else "the whole message cannot be read"
                for place in sorted(places):
                    problem = problem or self.cut_at(verb, mail, place, whole)
                self.tally.check("%s, cut at %d places: %s" % (name, len(places), verb), problem)

    def cut_at(self, verb, mail, place, whole):
        target, report = self.target(None), self.path("cut.json")
        file = kit.write(self.path("cut.eml"), mail[:place])
        if os.path.exists(report):
            os.unlink(report)
        result = kit.run(self.reader(verb, file, "-o", target, "--json=" + report))
        if result.status not in (0, 1, 2, 3):
            return "at %d: %s" % (place, result)
        # Without its header a message is a plain one, and open says so.
        plain = False
        if result.status == 1 and verb == "open":
            got = kit.read_json(report)
            plain = (got["verdict"], got["encrypted"]) == ("unsigned", "no")
        written = os.path.exists(target)
        if result.status in (2, 3) and written:
            return "at %d: exit status %d and a target" % (place, result.status)
        if not written or plain:
            return None
        return None if kit.read(target) == whole else "at %d: exit status %d and content that is not whole" % (
            place, result.status)

    @staticmethod
    def right(octets):
        wanted = body_of(message(octets))
        return lambda data: body_of(data) == wanted

    # -- no room

    def full_disk(self):
        samples = self.samples(2 << 20)
        small = self.path("small-disk")
        os.mkdir(small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small],
                                 capture_output=True, check=False).returncode == 0
        try:
            if mounted:
                self.no_room("full disk", samples, small, None)
            else:
                self.tally.skip("full disk", "no tmpfs can be mounted; the file size limit stays")
        finally:
            if mounted:
                subprocess.run(["umount", small], check=True)
        for limit in (0, 1, 4096, 300000, 1000000, 2000000):
            self.no_room("files of at most %d octets" % limit, samples, self.target_folder, limit)

    def no_room(self, name, samples, folder, limit):
        sign = ["sign", "--no-config", "--key", self.people.both("p256")]
        plain = kit.write(self.path("plain.eml"), message(2 << 20))
        work = []
        for what, (mail, verbs) in samples.items():
            file = kit.write(self.path("sample-%s.eml" % what.replace(" ", "-")), mail)
            work.append((what, verbs[0], self.reader(verbs[0], file)))
        work.append(("plain", "sign", [kit.SMIME, *sign, plain]))
        for what, verb, arguments in work:
            for before in (None, OLD):
                target = self.target(before, folder)
                status, _, err = self.limited([*arguments, "-o", target], limit)
                problem = self.problem(target, before, False, lambda octets: False)
                if status == 0 or status == 1:
                    problem = "exit status %d; %s" % (status, err)
                self.tally.check("%s: %s %s, target %s" % (name, verb, what,
                                                         "old" if before else "new"), problem)
                self.target(None, folder)
            if limit is not None:
                status, out, err = self.limited(arguments, limit)
                problem = None if out == b"" and status not in (0, 1) else "exit %d, %d octets; %s" % (
                    status, len(out), err)
                self.tally.check("%s: %s %s to a pipe" % (name, verb, what), problem)

    @staticmethod
    def limited(arguments, limit):
        def before_start():
            if limit is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        done = subprocess.run(arguments, capture_output=True, env=kit.ENVIRONMENT, timeout=120,
                              preexec_fn=before_start, restore_signals=limit is None, check=False)
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")[-400:]

    def full_pipe(self):
        mail, _ = self.samples(3000)["detached"]
        file = kit.write(self.path("full.eml"), mail)
        with open("/dev/full", "wb") as full:
            done = subprocess.run(self.reader("verify", file), stdout=full, env=kit.ENVIRONMENT,
                                  stderr=subprocess.PIPE, timeout=60, check=False)
        self.tally.check("standard output is full", None if done.returncode == 2
                         else "exit status %d" % done.returncode)

    # -- signals

    def signals(self):
        octets = 3 << 20
        samples = self.samples(octets)
        sender = [kit.SMIME_RELEASE, "protect", "--no-config", "--key", self.people.both("p256"),
                  "--cert", self.people.cert("rsa")]
        work = [
            ("open protected", self.reader("open", command=kit.SMIME_RELEASE),
             samples["protected gcm"][0], self.right(octets)),
            ("verify detached", self.reader("verify", command=kit.SMIME_RELEASE),
             samples["detached"][0], self.right(octets)),
            ("decrypt gcm", self.reader("decrypt", command=kit.SMIME_RELEASE), samples["gcm"][0],
             self.right(octets)),
            ("protect", sender, message(octets), self.opens(octets)),
        ]
        for name, arguments, data, right in work:
            span = self.time_after_input(arguments, data)
            for turn in range(KILLS + 20):
                which = signal.SIGKILL if turn < KILLS else (signal.SIGTERM, signal.SIGINT)[turn % 2]
                before = OLD if turn % 2 else None
                self.tally.check("%s, %s %d" % (name, which.name, turn),
                                 self.interrupt(arguments, data, right, before, which, span))
        print("%d results were complete when the signal came, %d linked and not yet renamed" % (
            self.completed, self.leftovers))

    def opens(self, octets):
        def check(data):
            result = kit.run(self.reader("open", command=kit.SMIME_RELEASE), stdin=data)
            return result.status == 0 and self.right(octets)(result.out)
        return check

    def time_after_input(self, arguments, data):
        """How long the last part of the work takes, to hit it with signals."""
        process = subprocess.Popen([*arguments, "-o", self.target(None)], stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=kit.ENVIRONMENT)
        process.stdin.write(data)
        start = time.monotonic()
        process.stdin.close()
        process.wait()
        return time.monotonic() - start

    def interrupt(self, arguments, data, right, before, which, span):
        target = self.target(before)
        process = subprocess.Popen([*arguments, "-o", target], stdin=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, env=kit.ENVIRONMENT)
        to_end = self.random.random() < 0.6
        place = len(data) if to_end else self.random.randrange(len(data))
        try:
            process.stdin.write(data[:place])
            process.stdin.flush()
            if to_end:
                process.stdin.close()
                end = time.monotonic() + self.random.random() * span * 1.1
                while time.monotonic() < end:
                    pass
        except BrokenPipeError:
            pass
        process.send_signal(which)
        # Closing the input first would end the message where it was cut.
        status = process.wait(timeout=60)
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        if which != signal.SIGKILL and status == 0 and kit.read(target) == before:
            return "exit status 0 and no result"
        return self.problem(target, before, to_end, right, which != signal.SIGKILL)


def main():
    suite = Suite()
    suite.altered()
    suite.cut_short()
    suite.full_disk()
    suite.full_pipe()
    suite.signals()
    suite.tally.finish()


if __name__ == "__main__":
    main()
