#!/usr/bin/env python3
"""interop_openssl.py: what we write, the openssl command reads, and the other way round.

A generated matrix: operation x algorithm x detached/opaque x BER/DER x recipients x identifiers x
the verbs `cms` and `smime` x line ends. Octets are compared, not only exit statuses.
"""
import base64
import itertools
import os
import sys

sys.dont_write_bytecode = True
import suite_kit as kit  # noqa: E402

ENTITY = (b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
          b"Content-Transfer-Encoding: 7bit\r\n\r\n"
          b"Dear reader,\r\n\r\n"
          + b"".join(b"%04d The quick brown fox jumps over the lazy dog.\r\n" % i for i in range(60))
          + b"-- --\r\nlast line\r\n")
CIPHERS = ["aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm", "aes192-gcm", "aes256-gcm"]
EOLS = ["lf", "crlf"]


class Matrix:
    def __init__(self):
        self.folder = kit.fresh_folder("interop_openssl")
        self.tally = kit.Tally()
        self.people = kit.People(os.path.join(self.folder, "people"), list(kit.KINDS))
        self.number = 0
        self.entity = {eol: kit.write(self.path("entity." + eol), self.in_eol(ENTITY, eol))
                       for eol in EOLS}

    def path(self, name):
        return os.path.join(self.folder, name)

    def new(self, suffix):
        self.number += 1
        return self.path("%04d.%s" % (self.number, suffix))

    @staticmethod
    def in_eol(data, eol):
        return kit.crlf(data) if eol == "crlf" else kit.lf(data)

    def message(self, sender, recipients, eol):
        head = b"From: %s@example.org\r\nTo: %s\r\nSubject: Matrix\r\n" % (
            sender.encode(), ", ".join(n + "@example.org" for n in recipients).encode())
        return kit.write(self.new("eml"), self.in_eol(head + ENTITY, eol))

    # -- reading

    def they_verify(self, name, file, verb="cms", more=()):
        out = self.new("out")
        result = kit.openssl(verb, "-verify", "-in", file, "-CAfile", self.people.ca, "-purpose",
                             "smimesign", "-out", out, *more)
        if result.status != 0:
            return self.tally.check(name, str(result))
        same = kit.crlf(kit.read(out)) == ENTITY
        return self.tally.check(name, None if same else "openssl read other octets: " + out)

    def they_decrypt(self, name, file, who, verb="cms", inner=False):
        out = self.new("dec")
        result = kit.openssl(verb, "-decrypt", "-in", file, "-recip", self.people.cert(who),
                             "-inkey", self.people.key(who), "-out", out)
        if result.status != 0:
            return self.tally.check(name, str(result))
        if inner:
            return self.they_verify(name, out, verb)
        same = kit.read(out) == ENTITY
        return self.tally.check(name, None if same else "openssl read other octets: " + out)

    def we_read(self, name, verb, file, status, wanted, who=(), more=()):
        """wanted: members of the report and their values."""
        out, report = self.new("out"), self.new("json")
        keys = [word for person in who for word in ("--key", self.people.both(person))]
        result = kit.smime(verb, file, "-o", out, "--json=" + report, "--trust", self.people.ca,
                           *keys, *more)
        if result.status != status:
            return self.tally.check(name, str(result))
        got = kit.read_json(report)
        for member, value in wanted.items():
            if got[member] != value:
                return self.tally.check(name, "%s is %s, not %s: %s" % (member, got[member], value,
                                                                      report))
        same = kit.crlf(kit.read(out)) == ENTITY
        return self.tally.check(name, None if same else "we read other octets: " + out)

    def made(self, name, result):
        return result.status == 0 or self.tally.check(name + " (writing)", str(result))

    # -- sign

    def sign_cells(self):
        for who in self.people.names:
            if who.endswith("b"):
                continue
            yield who, [], "auto"
            if who == "rsa":
                yield who, ["--pss"], "auto"
            for digest in ("sha384", "sha512"):
                yield who, [], digest
                if who == "rsa":
                    yield who, ["--pss"], digest

    def we_sign(self):
        for who, pss, digest in self.sign_cells():
            for form, eol in itertools.product(([], ["--opaque"], ["--opaque", "--der"]), EOLS):
                if digest != "auto" and (eol == "crlf") != bool(form):
                    continue
                name = " ".join(["we sign", who, digest, eol, *pss, *form])
                file = self.new("signed")
                result = kit.smime("sign", "--key", self.people.both(who), "--digest", digest,
                                   *pss, *form, "-o", file, self.message(who, ["p256"], eol))
                if not self.made(name, result):
                    continue
                self.they_verify(name + " cms", file)
                # PKCS #7 of openssl has no PSS.
                if not pss:
                    self.they_verify(name + " smime", file, "smime")

    def they_sign_one(self, verb, who, md, eol, form, options):
        name = " ".join(["they sign", verb, who, md, eol, *form, *options])
        file = self.new("signed")
        if "-outform" in form:
            eol = "lf"
        result = kit.openssl(verb, "-sign", "-in", self.entity[eol], "-md", md, "-signer",
                             self.people.cert(who), "-inkey", self.people.key(who), "-out", file,
                             "-from", who + "@example.org", "-to", "x@example.org", "-subject",
                             "Matrix", *(["-crlfeol"] if eol == "crlf" else []), *form, *options)
        if not self.made(name, result):
            return
        more = ["--from", who + "@example.org"] if "-outform" in form else []
        if "-outform" in form and "-nodetach" not in form:
            more += ["--content", self.entity["crlf"]]
        self.we_read(name + " verify", "verify", file, 0, {"verdict": "good"}, more=more)
        if not more:
            self.we_read(name + " open", "open", file, 0, {"verdict": "good"}, more=["--entity"])

    def they_sign(self):
        forms = [[], ["-nodetach"], ["-nodetach", "-stream"], ["-outform", "DER"],
                 ["-outform", "DER", "-nodetach", "-indef"], ["-outform", "PEM", "-nodetach"]]
        pss = ["-keyopt", "rsa_padding_mode:pss"]
        for who in self.people.names:
            if who.endswith("b"):
                continue
            for index, form in enumerate(forms):
                eol = EOLS[index % 2]
                self.they_sign_one("cms", who, "sha256", eol, form, [])
            self.they_sign_one("cms", who, "sha384", "crlf", [], ["-keyid"])
            self.they_sign_one("cms", who, "sha512", "lf", ["-nodetach"], ["-keyid"])
            self.they_sign_one("cms", who, "sha256", "crlf", ["-nodetach"], ["-noattr"])
            self.they_sign_one("smime", who, "sha256", "lf", [], [])
            self.they_sign_one("smime", who, "sha256", "crlf", ["-nodetach"], [])
            self.they_sign_one("smime", who, "sha384", "crlf", ["-nodetach", "-indef"], [])
        for md, form, eol in itertools.product(("sha256", "sha384", "sha512"),
                                               ([], ["-nodetach"]), EOLS):
            # With -stream OpenSSL 3.0 fails to write it.
            self.they_sign_one("cms", "rsa", md, eol, form, pss)
        self.they_sign_one("cms", "rsa", "sha256", "lf", [], pss +
                           ["-keyopt", "rsa_pss_saltlen:20", "-keyopt", "rsa_mgf1_md:sha256"])
        self.they_sign_one("cms", "rsa", "sha256", "lf", [], ["-cades"])
        self.they_sign_one("cms", "p256", "sha256", "lf", [], ["-nosmimecap"])

    def they_sign_twice(self):
        """Several signers: each is judged; From names both."""
        for form, eol in itertools.product(([], ["-nodetach", "-stream"]), EOLS):
            name = " ".join(["they sign, two signers", eol, *form])
            file = self.new("signed")
            signers = [word for who in ("rsa", "p384") for word in
                       ("-signer", self.people.cert(who), "-inkey", self.people.key(who))]
            result = kit.openssl("cms", "-sign", "-in", self.entity[eol], *signers, "-out", file,
                                 "-from", "rsa@example.org, p384@example.org",
                                 *(["-crlfeol"] if eol == "crlf" else []), *form)
            if self.made(name, result):
                self.we_read(name, "verify", file, 0, {"verdict": "good"})

    # -- encrypt

    def groups(self):
        yield ["rsa"]
        for who in self.people.names:
            if not who.startswith("rsa") and not who.endswith("b"):
                yield [who]
        yield ["rsa", "rsab"]
        yield ["p256", "p256b"]
        yield ["rsa", "p384", "rsab", "p256"]

    def we_encrypt(self):
        for group in self.groups():
            for index, cipher in enumerate(CIPHERS):
                rsa = all(w.startswith("rsa") for w in group)
                variants = [[], ["--der"], ["--recipient-id", "ski"]]
                if group[0] == "rsa":
                    variants.append(["--oaep"])
                for turn, options in enumerate(variants):
                    if len(group) > 1 and (index + turn) % 2:
                        continue
                    self.we_encrypt_one(group, cipher, EOLS[(index + turn) % 2], options, rsa)

    def we_encrypt_one(self, group, cipher, eol, options, rsa):
        name = " ".join(["we encrypt", "+".join(group), cipher, eol, *options])
        file = self.new("enc")
        to = [word for who in group for word in ("--cert", self.people.cert(who))]
        result = kit.smime("encrypt", *to, "--cipher", cipher, *options, "-o", file,
                           self.message("p521", group, eol))
        if not self.made(name, result):
            return
        for who in group:
            self.they_decrypt("%s, %s reads" % (name, who), file, who)
        if rsa and cipher.endswith("cbc") and not set(options) & {"--oaep", "ski"}:
            self.they_decrypt(name + ", smime reads", file, group[0], "smime")

    def they_encrypt_one(self, verb, group, cipher, eol, options, each=()):
        name = " ".join(["they encrypt", verb, "+".join(group), cipher, eol, *options, *each])
        file = self.new("enc")
        if verb == "cms":
            to = [word for who in group for word in ("-recip", self.people.cert(who), *each)]
        else:
            to = [self.people.cert(who) for who in group]
        out = kit.openssl(verb, "-encrypt", "-in", self.entity[eol], "-" + self.cipher_of(cipher),
                          "-out", file, "-from", "x@example.org", "-to", "y@example.org",
                          "-subject", "Matrix", *(["-crlfeol"] if eol == "crlf" else []), *options,
                          *to)
        if not self.made(name, out):
            return
        gcm = cipher.endswith("gcm")
        wanted = {"verdict": "unsigned",
                  "encrypted": "authenticated" if gcm else "unauthenticated"}
        for who in group:
            self.we_read("%s, %s reads" % (name, who), "decrypt", file, 0 if gcm else 1, wanted,
                         [who])

    @staticmethod
    def cipher_of(cipher):
        bits, mode = cipher[3:].split("-")
        return "aes-%s-%s" % (bits, mode)

    def they_encrypt(self):
        forms = [[], ["-stream"], ["-keyid"], ["-outform", "DER"], ["-outform", "PEM", "-stream"],
                 ["-keyid", "-outform", "DER", "-indef"]]
        for group in self.groups():
            for index, cipher in enumerate(CIPHERS):
                turns = range(len(forms)) if len(group) == 1 and index in (2, 5) else [index]
                for turn in turns:
                    self.they_encrypt_one("cms", group, cipher, EOLS[(index + turn) % 2],
                                          forms[turn])
        oaep = ["-keyopt", "rsa_padding_mode:oaep"]
        for md, mgf in (("sha1", "sha1"), ("sha256", "sha256"), ("sha256", "sha1"),
                        ("sha384", "sha384"), ("sha512", "sha256"), ("sha512", "sha512")):
            for cipher in ("aes256-cbc", "aes128-gcm"):
                self.they_encrypt_one("cms", ["rsa"], cipher, "lf", [],
                                      oaep + ["-keyopt", "rsa_oaep_md:" + md,
                                              "-keyopt", "rsa_mgf1_md:" + mgf])
        self.they_encrypt_one("cms", ["rsa", "rsab"], "aes128-cbc", "crlf", ["-stream"], oaep)
        self.they_agree()
        for cipher, options, eol in itertools.product(CIPHERS[:3], ([], ["-stream"]), EOLS):
            self.they_encrypt_one("smime", ["rsa"], cipher, eol, options)
        self.they_encrypt_one("smime", ["rsa", "rsab"], "aes256-cbc", "lf", [])

    def they_agree(self):
        """ECDH: key derivation and key wrap of every size, with and without the cofactor."""
        for who, md in itertools.product(("p256", "p384", "p521"),
                                         ("sha224", "sha256", "sha384", "sha512", "sha1")):
            self.they_encrypt_one("cms", [who], "aes256-cbc", "lf", [],
                                  ["-keyopt", "ecdh_kdf_md:" + md])
        for who, wrap, cipher in itertools.product(("p256", "p521"), ("128", "192", "256"),
                                                   ("aes128-cbc", "aes256-gcm")):
            self.they_encrypt_one("cms", [who], cipher, "crlf", ["-aes%s-wrap" % wrap])
        for md in ("sha256", "sha512"):
            self.they_encrypt_one("cms", ["p384"], "aes256-cbc", "lf", ["-stream"],
                                  ["-keyopt", "ecdh_kdf_md:" + md, "-keyopt",
                                   "ecdh_cofactor_mode:1"])

    # -- sign, then encrypt

    def we_protect(self):
        pairs = [("rsa", ["rsab"]), ("p256", ["p384"]), ("p521", ["rsa", "p256"]),
                 ("rsa", ["p256", "p256b"]), ("bp256", ["rsa"])]
        for (who, group), form, (index, cipher) in itertools.product(
                pairs, ([], ["--opaque"], ["--opaque", "--der"], ["--pss", "--oaep"]),
                enumerate(CIPHERS[2::3])):
            if who not in self.people.names or ("--pss" in form and who != "rsa"):
                continue
            eol = EOLS[(index + len(form)) % 2]
            name = " ".join(["we protect", who, "+".join(group), cipher, eol, *form])
            file = self.new("prot")
            to = [word for g in group for word in ("--cert", self.people.cert(g))]
            result = kit.smime("protect", "--key", self.people.both(who), *to, "--cipher", cipher,
                               *form, "-o", file, self.message(who, group, eol))
            if not self.made(name, result):
                continue
            for reader in [*group, who]:
                self.they_decrypt("%s, %s reads" % (name, reader), file, reader, inner=True)

    def they_protect(self):
        pairs = [("rsa", ["rsab"]), ("p256", ["p384"]), ("p521", ["rsa", "p256"])]
        for (who, group), form, (index, cipher) in itertools.product(
                pairs, ([], ["-nodetach"], ["-nodetach", "-stream"]), enumerate(CIPHERS[2::3])):
            eol = EOLS[(index + len(form)) % 2]
            name = " ".join(["they protect", who, "+".join(group), cipher, eol, *form])
            signed, file = self.new("signed"), self.new("prot")
            inner = kit.openssl("cms", "-sign", "-in", self.entity[eol], "-signer",
                                self.people.cert(who), "-inkey", self.people.key(who), *form,
                                "-out", signed, *(["-crlfeol"] if eol == "crlf" else []))
            to = [word for g in group for word in ("-recip", self.people.cert(g))]
            outer = kit.openssl("cms", "-encrypt", "-in", signed, "-" + self.cipher_of(cipher),
                                "-from", who + "@example.org", "-to", "y@example.org", "-out", file,
                                *(["-crlfeol"] if eol == "crlf" else []), *to)
            if not self.made(name, inner) or not self.made(name, outer):
                continue
            for reader in group:
                for verb, more in (("open", ["--entity"]), ("verify", [])):
                    self.we_read("%s, %s %ss" % (name, reader, verb), verb, file, 0,
                                 {"verdict": "good"}, [reader], more)

    def eight_bit(self):
        """Text that needs an encoding before it is signed: the words arrive."""
        text = "Grüße aus Zürich – „schön“\n".encode()
        message = (b"From: rsa@example.org\nTo: p256@example.org\nSubject: 8 bit\n"
                   b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                   b"Content-Transfer-Encoding: 8bit\n\n" + text)
        for form in ([], ["--opaque"]):
            name = " ".join(["8 bit text", *form])
            file, out = self.new("signed"), self.new("out")
            result = kit.smime("sign", "--key", self.people.both("rsa"), *form, "-o", file,
                               kit.write(self.new("eml"), message))
            result = result if result.status else kit.openssl(
                "cms", "-verify", "-in", file, "-CAfile", self.people.ca, "-out", out)
            if result.status != 0:
                self.tally.check(name, str(result))
                continue
            head, body = kit.lf(kit.read(out)).split(b"\n\n", 1)
            encoding = head.lower().split(b"content-transfer-encoding:")[1].split()[0]
            if encoding == b"quoted-printable":
                import quopri
                body = quopri.decodestring(body)
            elif encoding == b"base64":
                body = base64.b64decode(body)
            self.tally.check(name, None if kit.lf(body) == text and encoding != b"8bit"
                             else "the text is %r" % body)


def main():
    matrix = Matrix()
    print(kit.must(kit.openssl("version")).out.decode().strip())
    for absent in set(kit.KINDS) - set(matrix.people.names):
        matrix.tally.skip(absent, "this openssl has no such curve")
    matrix.we_sign()
    matrix.they_sign()
    matrix.they_sign_twice()
    matrix.we_encrypt()
    matrix.they_encrypt()
    matrix.we_protect()
    matrix.they_protect()
    matrix.eight_bit()
    matrix.tally.finish()


if __name__ == "__main__":
    main()
