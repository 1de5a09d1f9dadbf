"""message_files.py: small messages of every kind, written by openssl and by us, for the programs of
tests/property. P-256 keys, so that they are small and fast to open; one with RSA keys."""
import base64
import os

import suite_kit as kit

TEXT = (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        b"Gr\xc3\xbc\xc3\x9fe\r\nFrom here on\r\n"
        b"--b\r\nContent-Type: application/x-data; name=d.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc=\r\n--b--\r\n")
SEVEN_BIT = TEXT.replace(b"\xc3\xbc", b"ue").replace(b"\xc3\x9f", b"ss").replace(b"8bit", b"7bit")
VERDICTS = {
    "ours-both-cbc": "intact", "ours-cbc-der": "unsigned", "ours-gcm-lf": "unsigned",
    "bad-signature": "bad", "partial": "partial", "encrypted-part": "unsigned",
    "theirs-cbc.der": "unsigned", "theirs-gcm-indef.der": "unsigned", "theirs-rsa": "unsigned",
    "altered-inside": "undecryptable", "altered-padding.der": "undecryptable",
    "altered-tag.der": "undecryptable", "compressed-crlf": "unsigned",
    "compressed.der": "unsigned", "plain": "unsigned", "certs-only.der": "unsigned",
    "cut-short": "malformed", "large-theirs-cbc": "unsigned", "large-theirs-gcm": "unsigned",
}  # all others: good
HEAD = b"From: p256@example.org\r\nTo: p256b@example.org\r\nSubject: Cuts\r\n"


# The first 4 KiB of the input are looked at in one piece, whatever the cuts: with a header longer than
# that every cut behind it arrives.
PADDING = b"".join(b"X-Padding-%03d: %s\r\n" % (i, b"p" * 58) for i in range(56))


def padded(name, data):
    if name.endswith(".pem"):
        return data
    if name.endswith(".der"):
        return (PADDING + b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime\r\n"
                b"Content-Transfer-Encoding: binary\r\n\r\n" + data)
    padding = PADDING if b"\r\n" in data[:200] else kit.lf(PADDING)
    line = data.index(b"\n") + 1 if data.startswith(b"From ") else 0
    return data[:line] + padding + data[line:]


class Messages:
    def __init__(self, folder, pad=False):
        self.folder, self.pad = folder, pad
        self.people = kit.People(os.path.join(folder, "people"), ["p256", "p256b", "rsa"],
                                 kit.KINDS["p256"])
        self.files = []
        self.entity = kit.write(self.path("entity"), SEVEN_BIT)

    def path(self, name):
        return os.path.join(self.folder, name)

    def add(self, name, data):
        kit.write(self.path(name), data)
        if self.pad:
            name, data = "padded-" + name, padded(name, data)
        self.files.append(kit.write(self.path(name), data))
        return kit.read(self.path(name.removeprefix("padded-")))

    def arguments(self):
        keys = [word for who in ("p256b", "rsa") for word in ("-k", self.people.both(who))]
        return [*keys, "-a", self.people.ca]

    def check_verdicts(self, tally, files):
        """The messages are what their names say."""
        report = self.path("report.json")
        for file in files:
            keys = [w for who in ("p256b", "rsa") for w in ("--key", self.people.both(who))]
            result = kit.smime("open", file, "--json=" + report, "--trust", self.people.ca, *keys)
            got = kit.read_json(report)["verdict"]
            wanted = VERDICTS.get(os.path.basename(file).removeprefix("padded-"), "good")
            tally.check("verdict of " + file, None if got == wanted else "%s, not %s: %s" % (
                got, wanted, result))

    def ours(self, verb, *options, message=None):
        sender = [] if verb == "encrypt" else ["--key", self.people.both("p256")]
        to = [] if verb == "sign" else ["--cert", self.people.cert("p256b")]
        return kit.must(kit.smime(verb, *sender, *to, *options, stdin=message or HEAD + TEXT,
                                  command=kit.SMIME_RELEASE)).out

    def sign(self, *options, who="p256", source=None):
        return kit.must(kit.openssl("cms", "-sign", "-in", source or self.entity, "-signer",
                                    self.people.cert(who), "-inkey", self.people.key(who),
                                    *options)).out

    def encrypt(self, *options, who=("p256b",), source=None):
        to = [word for w in who for word in ("-recip", self.people.cert(w))]
        return kit.must(kit.openssl("cms", "-encrypt", "-in", source or self.entity, *options,
                                    *to)).out

    def make(self):
        self.make_ours()
        self.make_theirs()
        self.make_odd()
        return self.files

    def make_ours(self):
        detached = self.add("ours-detached-crlf", self.ours("sign"))
        self.add("ours-opaque-lf", self.ours("sign", "--opaque", message=kit.lf(HEAD + TEXT)))
        self.add("ours-cbc-der", self.ours("encrypt", "--cipher", "aes256-cbc", "--der"))
        self.add("ours-gcm-lf", self.ours("encrypt", "--cipher", "aes256-gcm",
                                          message=kit.lf(HEAD + TEXT)))
        self.add("ours-both-cbc", self.ours("protect", "--cipher", "aes128-cbc", "--no-certs"))
        self.add("ours-both-gcm", self.ours("protect", "--cipher", "aes128-gcm", "--opaque"))
        self.add("bad-signature", detached.replace(b"AAECAwQFBgc=", b"AAECAwQFBgg="))
        self.add("mbox", b"From p256@example.org Sat Jun  1 00:00:00 2024\n" + kit.lf(detached))
        part = detached[detached.index(b"Content-Type: multipart/signed"):]
        self.add("partial", HEAD + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
                 b"boundary=list\r\n\r\n--list\r\n" + part + b"\r\n--list\r\nContent-Type: "
                 b"text/plain\r\n\r\nfooter of the list\r\n--list--\r\n")
        enveloped = self.ours("encrypt", "--cipher", "aes128-gcm")
        part = enveloped[enveloped.index(b"Content-Type: application/pkcs7-mime"):]
        self.add("encrypted-part", HEAD + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
                 b"boundary=list\r\n\r\n--list\r\n" + part + b"\r\n--list--\r\n")

    def make_theirs(self):
        self.add("theirs-detached", HEAD + self.sign("-md", "sha384"))
        self.add("theirs-opaque-stream-crlf", HEAD + self.sign("-nodetach", "-stream", "-crlfeol"))
        self.add("theirs-noattr.der", self.sign("-nodetach", "-noattr", "-outform", "DER"))
        self.add("theirs-indef.der", self.sign("-nodetach", "-indef", "-outform", "DER"))
        self.add("theirs-opaque.pem", self.sign("-nodetach", "-outform", "PEM", "-keyid"))
        self.add("theirs-cbc.der", self.encrypt("-aes-256-cbc", "-outform", "DER"))
        self.add("theirs-gcm-indef.der", self.encrypt("-aes-256-gcm", "-outform", "DER", "-indef",
                                                      who=("rsa", "p256b")))
        self.add("theirs-rsa", HEAD + self.encrypt("-aes128", who=("rsa", "p256")))
        signed = kit.write(self.path("signed"), self.sign())
        self.add("theirs-both", HEAD + self.encrypt("-aes-128-gcm", "-stream", source=signed))
        opaque = kit.write(self.path("opaque"), self.sign("-nodetach"))
        self.add("theirs-both-opaque", HEAD + self.encrypt("-aes256", source=opaque))

    def make_odd(self):
        detached = kit.read(self.path("theirs-detached"))
        # A wrong micalg asks for a second pass.
        self.add("wrong-micalg", detached.replace(b'micalg="sha-384"', b'micalg="sha-512"'))
        self.add("altered-tag.der", self.altered("theirs-gcm-indef.der", -30))
        self.add("altered-padding.der", self.altered("theirs-cbc.der", -17))
        self.add("altered-inside", self.altered("ours-both-cbc", 1))
        compressed = kit.compressed_data(SEVEN_BIT)
        self.add("compressed.der", compressed)
        head = (b"MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "
                b"smime-type=compressed-data; name=smime.p7z\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\n")
        mail = head + kit.crlf(base64.encodebytes(compressed))
        self.add("compressed-crlf", HEAD + mail)
        inside = kit.write(self.path("inside"), mail)
        self.add("compressed-signed", HEAD + self.sign("-binary", "-nodetach", source=inside))
        self.add("plain", HEAD + TEXT)
        certs = kit.must(kit.openssl("crl2pkcs7", "-nocrl", "-certfile", self.people.ca, "-outform",
                                     "DER")).out
        self.add("certs-only.der", certs)
        whole = kit.read(self.path("ours-detached-crlf"))
        self.add("cut-short", whole[:len(whole) * 3 // 4])

    def altered(self, name, position):
        data = bytearray(kit.read(self.path(name)))
        if position > 0:
            position = len(data) * 2 // 3
        data[position] ^= 1 if name.endswith(".der") else 2
        return bytes(data)

    def make_large(self):
        """Past every buffer and past the memory of the spool."""
        line = b"%06d A line of the usual length, as people write them in their letters.\r\n"
        body = (b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
                + b"".join(line % i for i in range(9000)))
        source = kit.write(self.path("large-entity"), body)
        large = []
        for name, data in (
                ("large-detached", self.ours("sign", message=kit.lf(HEAD + body))),
                ("large-both-gcm", self.ours("protect", "--opaque", "--cipher", "aes256-gcm",
                                             message=HEAD + body)),
                ("large-theirs.der", self.sign("-nodetach", "-indef", "-outform", "DER",
                                               source=source)),
                ("large-theirs-gcm", HEAD + self.encrypt("-aes-256-gcm", source=source)),
                ("large-theirs-cbc", HEAD + self.encrypt("-aes256", "-stream", "-crlfeol",
                                                         source=source))):
            large.append(kit.write(self.path(name), data))
        return large
