#!/usr/bin/env python3
"""test_cli.py SMIME [MAN-PAGE]: tests of the built command; the last line is "N passed, N failed".

Material is made with the openssl command: an authority, Alice, Bob, Carol and Mallory (of another
authority), valid 2024 to 2034; every judgement is made as of 2025-06-01.
"""
import base64
import json
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import traceback

SMIME = os.path.abspath(sys.argv[1])
MAN = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
AT = ["--at", "2025-06-01T00:00:00Z"]
VERBS = ["sign", "encrypt", "protect", "open", "verify", "decrypt", "show"]
PLAIN = (b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
         b"The quick brown fox.\r\nSecond line.\r\n")
HEADER = (b"From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: Foxes\r\n"
          b"Date: Sun, 01 Jun 2025 00:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"
          b"MIME-Version: 1.0\r\n")
MESSAGE = HEADER + PLAIN

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr.decode("utf-8", "replace")


def smime(*args, stdin=b"", env=None, cwd=None):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C"}
    for name in os.environ:
        if name.endswith("SAN_OPTIONS"):
            environment[name] = os.environ[name]
    environment.update(env or {})
    return Result(subprocess.run([SMIME, *args], input=stdin, capture_output=True,
                                 env=environment, cwd=cwd, start_new_session=True, timeout=120))


def expect(condition, text, result=None):
    if not condition:
        detail = "" if result is None else "\n  status %d\n  out %r\n  err %s" % (
            result.status, result.out[:300], result.err[:1500])
        raise AssertionError(text + detail)


def status(result, want):
    expect(result.status == want, "exit status %d wanted" % want, result)
    return result


def one_line(result, *words):
    """A usage error: exit 2, nothing on standard output, one line with these words."""
    status(result, 2)
    expect(result.out == b"", "no output wanted", result)
    expect(result.err.count("\n") == 1, "one line wanted", result)
    for word in words:
        expect(word in result.err, "%r wanted in the error" % word, result)


# ---- material ---------------------------------------------------------------------------------

class Material:
    def __init__(self, folder):
        self.folder = folder
        self.authority("ca")
        self.authority("other")
        self.person("alice", "ca")
        self.person("bob", "ca")
        self.person("carol", "ca")
        self.person("mallory", "other", address="alice@example.com")
        self.write("plain.txt", PLAIN)
        self.write("message.eml", MESSAGE)
        self.write("password", b"secret\nsecond line\n")

    def __getitem__(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self[name], "wb") as file:
            file.write(data)
        return self[name]

    def read(self, name):
        with open(self[name], "rb") as file:
            return file.read()

    def openssl(self, *args, data=None):
        done = subprocess.run(["openssl", *args], input=data, capture_output=True,
                              cwd=self.folder, check=False)
        if done.returncode != 0:
            raise RuntimeError("openssl %s: %s" % (" ".join(args), done.stderr.decode()))
        return done.stdout

    def ca_config(self, name):
        self.write(name + ".cnf", ("""
[ca]
default_ca = d
[d]
database = {0}.db
serial = {0}.srl
new_certs_dir = .
default_md = sha256
policy = p
unique_subject = no
copy_extensions = copy
[p]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[v3_ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
""".format(name)).encode())
        self.write(name + ".db", b"")
        self.write(name + ".srl", b"1000\n")

    def issue(self, name, ca, extensions, *more):
        self.openssl("ca", "-batch", "-config", ca + ".cnf", "-startdate", "20240101000000Z",
                     "-enddate", "20340101000000Z", "-in", name + ".csr", "-out", name + ".pem",
                     "-notext", "-extfile", extensions[0], "-extensions", extensions[1], *more)

    def authority(self, name):
        self.ca_config(name)
        self.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key",
                     "-out", name + ".csr", "-subj", "/CN=Test " + name, "-config", name + ".cnf")
        self.issue(name, name, (name + ".cnf", "v3_ca"), "-selfsign", "-keyfile", name + ".key")

    def person(self, name, ca, address=None):
        address = address or name + "@example.com"
        self.write(name + ".ext", ("""[e]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = email:%s
""" % address).encode())
        self.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key",
                     "-out", name + ".csr", "-subj", "/CN=" + name, "-config", ca + ".cnf")
        self.issue(name, ca, (name + ".ext", "e"), "-keyfile", ca + ".key", "-cert", ca + ".pem")
        self.write(name + ".id", self.read(name + ".key") + self.read(name + ".pem"))
        self.openssl("pkcs12", "-export", "-inkey", name + ".key", "-in", name + ".pem",
                     "-out", name + ".p12", "-passout", "pass:secret")

    def header(self, made, header=HEADER):
        """Puts the message's own header fields before those that openssl wrote."""
        return header.replace(b"MIME-Version: 1.0\r\n", b"") + made

    def signed(self, who="alice", *options, content=PLAIN, header=HEADER):
        made = self.openssl("cms", "-sign", "-signer", who + ".pem", "-inkey", who + ".key",
                            "-binary", "-crlfeol", *options, data=content)
        return self.header(made, header)

    def encrypted(self, cipher="-aes-256-cbc", content=PLAIN, who="bob"):
        made = self.openssl("cms", "-encrypt", cipher, "-binary", who + ".pem", data=content)
        return self.header(made)


M = None


def lines(data):
    return data.replace(b"\r\n", b"\n")


# ---- usage --------------------------------------------------------------------------------------

@test
def version_and_help():
    expect(re.fullmatch(rb"smime \d+\.\d+\.\d+\n", status(smime("--version"), 0).out), "version")
    top = status(smime("--help"), 0).out.decode()
    for verb in VERBS:
        expect(verb in top, verb + " in --help")
        text = status(smime(verb, "--help"), 0).out.decode()
        expect(text.startswith("Usage: smime " + verb), "usage of " + verb)
        expect(max(map(len, text.splitlines())) <= 100, "width of the help of " + verb)
        expect(smime("help", verb).out.decode() == text, "help " + verb)
    expect(smime("help").out.decode() == top, "help")
    status(smime(), 2)


@test
def man_page_has_every_option():
    if not MAN:
        return
    with open(MAN, encoding="utf-8") as file:
        page = file.read().replace("\\-", "-")
    for verb in VERBS:
        for option in re.findall(r"--([a-z][a-z-]+)", smime(verb, "--help").out.decode()):
            expect(re.search(r"Fl -" + option + r"\b", page), "--%s in the man page" % option)
        expect(".Cm " + verb in page, verb + " in the man page")


@test
def unknown_words():
    one_line(smime("sing"), "sing", "sign")
    one_line(smime("nonsense"), "nonsense")
    one_line(smime("--quiet", "sign"), "--quiet")
    one_line(smime("open", "--trsut", "x"), "--trsut", "--trust")
    one_line(smime("open", "--zzzzzzzz"), "--zzzzzzzz")
    one_line(smime("open", "--cipher", "auto"), "--cipher", "open")
    one_line(smime("open", "-z"), "-z")
    one_line(smime("open", "a", "b"), "b")
    one_line(smime("open", "--key"), "--key")
    one_line(smime("open", "--policy=lax"), "--policy", "strict")
    one_line(smime("open", "--at", "x", "--at", "y"), "--at", "twice")
    one_line(smime("open", "--at", "yesterday"), "--at")
    one_line(smime("open", "--\x1b[31m"), "\\x1b")


@test
def not_available():
    for word in ["init", "explain", "cert", "key", "trust", "ca", "crl", "lint", "doctor"]:
        one_line(smime(word), word, "not available in this version")
    for verb in VERBS:
        for flags in [["--crl", "f"], ["--ocsp=f"], ["--online"], ["--password-file", "f"],
                      ["--no-header-protection"], ["--announce-gcm"]]:
            one_line(smime(verb, *flags), flags[0].split("=")[0], "not available in this version")


@test
def usage_of_commands():
    one_line(smime("open", "--text", "--entity", stdin=MESSAGE), "--text", "--entity")
    one_line(smime("open", "--content", "-", stdin=MESSAGE), "--content")
    one_line(smime("open", "--pass-file", M["password"]), "--pass-file")
    one_line(smime("open", "--key-cert", M["bob.pem"]), "--key-cert")
    one_line(smime("open", "--key", M["bob.p12"], "--pass-file", "a", "--pass-file", "b"),
             "--pass-file")
    one_line(smime("sign", "--to", "bob@example.com", stdin=MESSAGE), "--text")
    one_line(smime("sign", "--text", "--to", "bob@example.com"), "--from")
    one_line(smime("sign", "--text", "--from", "a@example.com"), "--to")
    one_line(smime("sign", "--text=a", "b", "--from", "a@example.com", "--to", "b@example.com"),
             "--text")
    one_line(smime("sign", "--split", M["new"], "-o", M["x"]), "--split")
    one_line(smime("sign", "--split", M["new"], "--json=" + M["x"]), "--split", "--json")


@test
def missing_files():
    one_line(smime("open", "/nonexistent/file"), "/nonexistent/file")
    one_line(smime("open", M.folder), M.folder)
    for option in ["--key", "--cert", "--trust"]:
        one_line(smime("open", option, "/nonexistent/f", stdin=MESSAGE), "/nonexistent/f")
    one_line(smime("open", "--trust", M["plain.txt"], stdin=MESSAGE), "plain.txt")
    os.makedirs(M["empty"], exist_ok=True)
    one_line(smime("open", "--trust", M["empty"], stdin=MESSAGE), "--trust")
    status(smime("open", "-o", "/nonexistent/dir/out", stdin=MESSAGE), 2)


# ---- configuration --------------------------------------------------------------------------------

def with_config(text, *args, mode=0o600, xdg=False, **more):
    folder = tempfile.mkdtemp(dir=M.folder)
    home = os.path.join(folder, "smime") if xdg else folder
    os.makedirs(home, exist_ok=True)
    path = os.path.join(home, "config")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    env = {"XDG_CONFIG_HOME": folder} if xdg else {"SMIME_HOME": folder}
    return smime(*args, env=env, **more)


@test
def configuration_is_read():
    message = M.signed()
    text = "# judge\ntrust = ../ca.pem\nat = 2025-06-01T00:00:00Z\n"
    for xdg in [False, True]:
        copy = text.replace("../", "../../") if xdg else text
        status(with_config(copy, "verify", stdin=message, xdg=xdg), 0)
    status(with_config(text + "cipher = aes256-gcm\n", "verify", stdin=message), 0)
    status(with_config(text, "verify", "--no-config", *AT, stdin=message), 1)
    status(with_config(text, "verify", "--no-store", stdin=message), 0)


@test
def command_line_wins():
    message = M.signed()
    text = "trust = ../ca.pem\nat = 2040-01-01T00:00:00Z\n"
    status(with_config(text, "verify", stdin=message), 1)
    status(with_config(text, "verify", *AT, stdin=message), 0)
    status(with_config("quiet = yes\n", "verify", "--quiet=no", *AT, stdin=message), 1)


@test
def configuration_is_refused():
    run = lambda text, **more: with_config(text, "open", stdin=MESSAGE, **more)
    one_line(run("\n\ncolour = red\n"), "config:3", "colour")
    one_line(run("trsut = x\n"), "config:1", "trust")
    one_line(run("policy\n"), "config:1")
    one_line(run("policy = lax\n"), "config:1", "lax")
    one_line(run("output = x\n"), "config:1", "output")
    one_line(run("insecure-output = yes\n"), "config:1", "insecure-output")
    one_line(run("crl = x\n"), "not available in this version")
    one_line(run("policy = strict\npolicy = strict\n"), "config:2", "twice")
    one_line(run("policy = strict\n", mode=0o620), "config")
    one_line(run("policy = strict\n", mode=0o602), "config")


# ---- exit statuses --------------------------------------------------------------------------------

TRUST = lambda: ["--trust", M["ca.pem"], *AT]
BOB = lambda: ["--key", M["bob.p12"], "--pass-file", M["password"]]


def verdict(result):
    return json.loads(result.err)["verdict"]


@test
def good():
    for options in [[], ["-nodetach"], ["-keyopt", "rsa_padding_mode:pss"]]:
        message = M.signed("alice", *options)
        for verb in ["open", "verify"]:
            result = status(smime(verb, *TRUST(), "--json", stdin=message), 0)
            expect(verdict(result) == "good", "good", result)
        result = smime("verify", *TRUST(), stdin=message)
        expect(result.out == PLAIN, "the signed octets", result)
        expect(result.err.startswith("GOOD: signed by alice@example.com, trusted"), "text", result)
        expect(b"Subject: Foxes" in smime("open", *TRUST(), stdin=message).out, "outer header")


@test
def intact():
    message = M.signed()
    other_from = M.signed(header=HEADER.replace(b"alice@", b"eve@"))
    cases = [
        (message, AT),
        (message, ["--trust", M["other.pem"], *AT]),
        (M.signed("mallory"), TRUST()),
        (message, ["--trust", M["ca.pem"], "--at", "2040-01-01T00:00:00Z"]),
        (message, ["--trust", M["ca.pem"], "--at", "2020-01-01T00:00:00Z"]),
        (other_from, TRUST()),
        (message, [*TRUST(), "--from", "eve@example.com"]),
        (message, [*TRUST(), "--revocation", "hard"]),
        (message, [*TRUST(), "--policy", "strict"]),
    ]
    for number, (data, options) in enumerate(cases):
        result = smime("open", *options, "--json", stdin=data)
        expect(result.status == 1 and verdict(result) == "intact", "case %d" % number, result)
        expect(b"quick brown fox" in result.out, "content is written", result)
    status(smime("open", *TRUST(), "--identity", "off", stdin=other_from), 0)
    status(smime("open", *TRUST(), "--from", "alice@example.com", stdin=other_from), 0)
    status(smime("open", *TRUST(), "--policy", "strict", "--revocation", "soft", stdin=message), 0)
    status(smime("open", *TRUST(), "--revocation", "off", stdin=message), 0)


@test
def bad():
    message = M.signed().replace(b"quick", b"quack")
    for verb in ["open", "verify"]:
        result = status(smime(verb, *TRUST(), "--json", stdin=message), 1)
        expect(verdict(result) == "bad" and result.out == b"", "bad, nothing written", result)
        result = status(smime(verb, *TRUST(), "--insecure-output", stdin=message), 1)
        expect(b"quack" in result.out, "asked for insecurely", result)
        expect(result.err.startswith("BAD:"), "says so", result)


@test
def partial_and_unsigned():
    inner = M.signed(header=b"").replace(b"MIME-Version: 1.0\n", b"")
    message = (HEADER + b'Content-Type: multipart/mixed; boundary="out"\r\n\r\n--out\r\n' + inner +
               b"\r\n--out\r\nContent-Type: text/plain\r\n\r\nunsigned footer\r\n--out--\r\n")
    for verb in ["open", "verify"]:
        result = status(smime(verb, *TRUST(), "--json", stdin=message), 1)
        expect(verdict(result) == "partial", "partial", result)
        expect(verb == "open" or result.out == b"", "verify writes nothing", result)
        result = status(smime(verb, *TRUST(), "--json", stdin=MESSAGE), 1)
        expect(verdict(result) == "unsigned", "unsigned", result)
        expect(verb == "open" or result.out == b"", "verify writes nothing", result)


@test
def encrypted():
    for cipher, decrypt_status in [("-aes-256-cbc", 1), ("-aes-256-gcm", 0)]:
        message = M.encrypted(cipher)
        result = status(smime("decrypt", *BOB(), *AT, stdin=message), decrypt_status)
        expect(result.out == PLAIN, "the plaintext", result)
        status(smime("open", *BOB(), *AT, stdin=message), 1)
        status(smime("verify", *BOB(), *AT, stdin=message), 1)
        for verb in ["open", "verify", "decrypt"]:
            result = status(smime(verb, *AT, stdin=message), 3)
            expect(result.out == b"", "nothing written", result)
            status(smime(verb, *AT, "--key", M["carol.id"], stdin=message), 3)
        status(smime("show", *AT, stdin=message), 0)
        result = status(smime("show", *AT, *BOB(), "--json", stdin=message), 0)
        expect(json.loads(result.out)["recipients"], "recipients", result)


@test
def signed_and_encrypted():
    inner = M.openssl("cms", "-sign", "-signer", "alice.pem", "-inkey", "alice.key", "-binary",
                      "-crlfeol", data=PLAIN)
    for cipher in ["-aes-256-cbc", "-aes-256-gcm"]:
        message = M.encrypted(cipher, content=inner)
        for verb in ["open", "verify", "decrypt"]:
            result = status(smime(verb, *BOB(), *TRUST(), stdin=message), 0)
            expect(b"quick" in result.out, verb, result)
        status(smime("decrypt", *BOB(), *AT, stdin=message), 1)
        tampered = M.encrypted(cipher, content=inner.replace(b"quick", b"quack"))
        result = status(smime("open", *BOB(), *TRUST(), stdin=tampered), 1)
        expect(result.out == b"", "nothing written", result)


def damage(message, keep):
    """Flips one bit in the DER of a base64 body, at the given place from its end."""
    head, body = lines(message).split(b"\n\n", 1)
    der = bytearray(base64.b64decode(body))
    der[-keep] ^= 1
    return head + b"\n\n" + base64.encodebytes(bytes(der))


@test
def undecryptable():
    result = status(smime("decrypt", *AT, stdin=M.encrypted()), 3)
    expect(result.err.count("smime: error") == 1, "an error is said once", result)
    errors = set()
    for cipher, place in [("-aes-256-gcm", 3), ("-aes-256-gcm", 30), ("-aes-256-cbc", 1)]:
        result = smime("decrypt", *BOB(), *AT, stdin=damage(M.encrypted(cipher), place))
        if result.status == 1 and cipher == "-aes-256-cbc":
            continue
        status(result, 2)
        expect(result.out == b"", "nothing written", result)
        errors.add("\n".join(line for line in result.err.splitlines() if "error" in line))
    expect(len(errors) == 1, "one text for all failures: %r" % errors)


@test
def malformed():
    status(smime("decrypt", *BOB(), *AT, stdin=MESSAGE), 2)
    status(smime("decrypt", *BOB(), *AT, stdin=M.signed()), 2)
    for verb in ["open", "verify", "decrypt", "show"]:
        message = HEADER + (b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
                            b"Content-Transfer-Encoding: base64\r\n\r\nMIIBAAAAAAAA\r\n")
        result = status(smime(verb, *AT, stdin=message), 2)
        expect("smime: error: " in result.err, "an error is said", result)


@test
def keys_and_passwords():
    message = M.encrypted("-aes-256-gcm")
    run = lambda *args: smime("decrypt", *AT, *args, stdin=message)
    status(run("--key", M["bob.id"]), 0)
    status(run("--key", M["bob.key"], "--key-cert", M["bob.pem"]), 0)
    status(run("--key", M["carol.id"], *BOB()), 0)
    status(run(*BOB(), "--key", M["carol.id"]), 0)
    M.write("wrong", b"wrong\n")
    status(run("--key", M["bob.p12"], "--pass-file", M["wrong"]), 2)
    status(run("--key", M["bob.p12"], "--pass-file", "/nonexistent/p"), 2)
    result = status(run("--key", M["bob.p12"]), 2)
    expect("--pass-file" in result.err, "names --pass-file", result)
    M.write("crlf", b"secret\r\n")
    status(run("--key", M["bob.p12"], "--pass-file", M["crlf"]), 0)
    M.write("bare", b"secret")
    status(run("--key", M["bob.p12"], "--pass-file", M["bare"]), 0)
    status(run("--key", M["bob.key"], "--key-cert", M["carol.pem"]), 2)


def on_terminal(answers, *args):
    """Runs smime with a terminal of its own; types an answer at each prompt. (status, screen)"""
    pid, terminal = pty.fork()
    if pid == 0:
        # What runs in the background may ignore Ctrl-C, and programs inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.alarm(60)  # a prompt that waits for ever is a failure, not a hang
        os.execv(SMIME, [SMIME, *args])
    screen = b""
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            data = b""
        if not data:
            break
        screen += data
        if answers and screen.count(b"Password for") > screen.count(b"<typed>"):
            os.write(terminal, answers.pop(0))
            screen += b"<typed>"
    os.close(terminal)
    return os.waitpid(pid, 0)[1], screen


@test
def password_from_the_terminal():
    message = M.write("gcm.eml", M.encrypted("-aes-256-gcm"))
    args = ["decrypt", "--no-config", *AT, "--key", M["bob.p12"], "-o", M["typed"], message]
    ended, screen = on_terminal([b"secret\n"], *args)
    expect(os.WIFEXITED(ended) and os.WEXITSTATUS(ended) == 0, "opened: %r" % screen)
    expect(M.read("typed") == PLAIN, "the plaintext")
    expect(b"secret" not in screen, "no echo: %r" % screen)
    ended, screen = on_terminal([b"guess\n", b"secret\n"], *args)
    expect(os.WEXITSTATUS(ended) == 0 and b"wrong password" in screen, "again: %r" % screen)
    ended, screen = on_terminal([b"a\n", b"b\n", b"c\n"], *args)
    expect(os.WEXITSTATUS(ended) == 2, "three times: %r" % screen)
    ended, screen = on_terminal([b"\x03"], *args)
    expect(os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGINT, "Ctrl-C: %d %r" % (ended, screen))


@test
def detached_content():
    der = M.openssl("cms", "-sign", "-signer", "alice.pem", "-inkey", "alice.key", "-binary",
                    "-outform", "DER", data=PLAIN)
    M.write("content", PLAIN)
    run = lambda content: smime("verify", *TRUST(), "--from", "alice@example.com", "--content",
                                content, stdin=der)
    status(run(M["content"]), 0)
    M.write("altered", PLAIN.replace(b"quick", b"quack"))
    status(run(M["altered"]), 1)


@test
def folders_of_certificates():
    folder = M["anchors"]
    os.makedirs(folder, exist_ok=True)
    shutil.copy(M["ca.pem"], folder)
    shutil.copy(M["other.pem"], folder)
    with open(os.path.join(folder, ".hidden"), "w", encoding="utf-8") as file:
        file.write("not a certificate")
    status(smime("verify", "--trust", folder, *AT, stdin=M.signed()), 0)
    status(smime("verify", "--trust", folder, *AT, stdin=M.signed("mallory")), 0)
    status(smime("verify", "--trust", M["other.pem"], "--trust", M["ca.pem"], *AT,
                 stdin=M.signed()), 0)


# ---- outputs ----------------------------------------------------------------------------------------

@test
def output_file():
    out = M["out"]
    message = M.write("signed.eml", M.signed())
    result = status(smime("verify", *TRUST(), "-o", out, message), 0)
    expect(result.out == b"" and M.read("out") == PLAIN, "written to the file", result)
    status(smime("verify", *TRUST(), "-o", out, stdin=M.signed().replace(b"fox", b"cat")), 1)
    expect(M.read("out") == PLAIN, "untouched after a bad signature")
    status(smime("decrypt", *AT, "-o", out, stdin=M.encrypted()), 3)
    status(smime("decrypt", *BOB(), *AT, "-o", out, stdin=damage(M.encrypted("-aes-256-gcm"), 3)), 2)
    expect(M.read("out") == PLAIN, "untouched after a failed decryption")
    status(smime("decrypt", *AT, "-o", M["never"], stdin=M.encrypted()), 3)
    expect(not os.path.exists(M["never"]), "not made")
    expect(not [n for n in os.listdir(M.folder) if n.startswith(("out.", "never", ".out"))],
           "nothing left beside the output")
    result = status(smime("verify", *TRUST(), "-o", "-", message), 0)
    expect(result.out == PLAIN, "- is standard output", result)
    status(smime("verify", *TRUST(), "-o", "/dev/null", message), 0)
    expect(stat.S_ISCHR(os.stat("/dev/null").st_mode), "a device is not replaced")


@test
def full_device():
    if not os.path.exists("/dev/full"):
        return
    message = M.write("signed.eml", M.signed())
    for args in [["verify", *TRUST(), message], ["show", *AT, message], ["--version"]]:
        with open("/dev/full", "wb") as full:
            done = subprocess.run([SMIME, *args], stdout=full, stderr=subprocess.PIPE, check=False)
        expect(done.returncode == 2, "a full device is exit status 2: %r" % args)


@test
def closed_pipe():
    big = PLAIN + b"0123456789012345678901234567890123456789\r\n" * 100000
    message = M.write("big.eml", M.signed(content=big))
    process = subprocess.Popen([SMIME, "verify", *TRUST(), message], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdout.close()
    process.stderr.read()
    process.stderr.close()
    expect(process.wait() == 2, "a reader that went away is exit status 2")


@test
def json_destinations():
    message = M.write("signed.eml", M.signed())
    result = status(smime("verify", *TRUST(), "--json", message), 0)
    report = json.loads(result.err)
    expect(report["signers"][0]["address"] == "alice@example.com", "JSON on standard error", result)
    result = status(smime("verify", *TRUST(), "--json=" + M["report"], message), 0)
    expect(json.loads(M.read("report"))["verdict"] == "good", "JSON in a file", result)
    expect(result.err.startswith("GOOD"), "and the text", result)
    result = status(smime("show", *AT, "--json", message), 0)
    expect(json.loads(result.out)["layers"], "show: JSON on standard output", result)
    status(smime("show", *AT, "--json", "-o", M["tree"], message), 0)
    expect(json.loads(M.read("tree"))["layers"], "show -o")
    status(smime("verify", *TRUST(), "--json=/nonexistent/dir/x", message), 2)
    result = smime("verify", *TRUST(), "--json", stdin=M.signed().replace(b"fox", b"cat"))
    expect(json.loads(result.err)["verdict"] == "bad", "JSON of a bad message", result)


@test
def quiet():
    message = M.write("signed.eml", M.signed())
    expect(smime("verify", "-q", *TRUST(), message).err == "", "quiet")
    expect(smime("verify", "-q", *AT, message).err == "", "quiet without trust")
    expect("error" in smime("decrypt", "-q", *AT, stdin=M.encrypted()).err, "errors are said")


@test
def show_tree():
    result = status(smime("show", *AT, stdin=M.signed()), 0)
    expect(b"signed" in result.out and b"Subject: Foxes" in result.out, "a tree", result)


@test
def escapes_do_not_reach_the_terminal():
    header = HEADER.replace(b"Foxes", b"=?utf-8?q?=1B[31mred=E2=80=AE?=")
    for verb in ["open", "show"]:
        result = smime(verb, *AT, stdin=M.signed(header=header))
        expect("\x1b" not in result.err and "\u202e" not in result.err, "standard error", result)
        expect(verb == "open" or b"\x1b" not in result.out, "the tree", result)


@test
def forms_of_open():
    message = M.signed()
    result = status(smime("open", "--entity", *TRUST(), stdin=message), 0)
    expect(lines(result.out).startswith(b"Content-Type: text/plain"), "entity", result)
    result = status(smime("open", "--text", *TRUST(), stdin=message), 0)
    expect(lines(result.out) == b"The quick brown fox.\nSecond line.\n", "text", result)


def with_attachments(names):
    parts = b"".join(
        b"--cut\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Disposition: attachment; filename=\"" + name +
        b"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(name) + b"\r\n"
        for name in names)
    return (b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n"
            b"Content-Type: text/plain\r\n\r\nSee the files.\r\n" + parts + b"--cut--\r\n")


@test
def attachments():
    content = with_attachments([b"a.txt", b"b.bin"])
    folder = M["files"]
    message = M.signed(content=content)
    status(smime("open", *TRUST(), "--attachments", folder, stdin=message), 0)
    expect(sorted(os.listdir(folder)) == ["a.txt", "b.bin"], "two files")
    expect(M.read("files/a.txt") == b"a.txt", "their content")
    M.write("files/a.txt", b"mine")
    os.unlink(M["files/b.bin"])
    result = status(smime("open", *TRUST(), "--attachments", folder, stdin=message), 2)
    expect(M.read("files/a.txt") == b"mine" and result.out == b"", "no file is replaced", result)
    expect(os.listdir(folder) == ["a.txt"], "and none is written")
    tampered = message.replace(b"See the", b"Eat the")
    status(smime("open", *TRUST(), "--attachments", M["none"], stdin=tampered), 1)
    expect(not os.path.exists(M["none"]) or not os.listdir(M["none"]), "nothing of a bad message")


@test
def attachments_with_hostile_names():
    names = [b"../../escape", b"/etc/passwd", b"..", b".", b"a/b", b"..\\\\..\\\\c", b".bashrc",
             b"x" * 600, b"tab\there", b"same", b"same", b"-rf", b"nul"]
    box = M["box"]
    os.makedirs(box, exist_ok=True)
    folder = os.path.join(box, "inner")
    message = M.signed(content=with_attachments(names))
    before = set(os.listdir(M.folder))
    status(smime("open", *TRUST(), "--attachments", folder, stdin=message), 0)
    expect(os.listdir(box) == ["inner"], "nothing beside the folder")
    expect(set(os.listdir(M.folder)) == before, "nothing above it")
    written = os.listdir(folder)
    expect(len(written) == len(names), "each has a file: %r" % written)
    for name in written:
        expect(not name.startswith((".", "-")) and "/" not in name and "\\" not in name,
               "a harmless name: %r" % name)
        expect(os.path.isfile(os.path.join(folder, name)), "a file")


# ---- sending --------------------------------------------------------------------------------------

ALICE = lambda: ["--key", M["alice.id"], *AT]


@test
def sign_and_verify():
    for options in [[], ["--opaque"], ["--pss"], ["--digest", "sha512"], ["--opaque", "--der"]]:
        result = status(smime("sign", *ALICE(), *options, stdin=MESSAGE), 0)
        expect(b"Subject: Foxes" in result.out, "the header is kept", result)
        status(smime("verify", *TRUST(), stdin=result.out), 0)
        M.write("made.eml", result.out)
        M.openssl("cms", "-verify", "-CAfile", "ca.pem", "-in", "made.eml", "-attime",
                  "1748736000")


@test
def encrypt_and_decrypt():
    for options in [[], ["--cipher", "aes256-gcm"], ["--oaep"], ["--recipient-id", "ski"]]:
        result = status(smime("encrypt", "--cert", M["bob.pem"], *AT, *options, stdin=MESSAGE), 0)
        expect(b"quick" not in result.out, "hidden", result)
        want = 0 if "aes256-gcm" in options else 1
        opened = status(smime("decrypt", *BOB(), *AT, stdin=result.out), want)
        expect(b"quick brown fox" in opened.out, "found again", opened)
        M.write("made.eml", result.out)
        M.openssl("cms", "-decrypt", "-inkey", "bob.key", "-recip", "bob.pem", "-in", "made.eml")


@test
def protect_and_open():
    result = status(smime("protect", *ALICE(), "--cert", M["bob.pem"], stdin=MESSAGE), 0)
    opened = status(smime("open", *BOB(), *TRUST(), stdin=result.out), 0)
    expect(b"quick brown fox" in opened.out and b"Foxes" in opened.out, "opened", opened)
    status(smime("open", "--key", M["alice.id"], *TRUST(), stdin=result.out), 0)


@test
def sending_failures():
    status(smime("sign", *AT, stdin=MESSAGE), 3)
    status(smime("sign", "--key", M["carol.id"], *AT, stdin=MESSAGE), 3)
    result = status(smime("encrypt", *AT, stdin=MESSAGE), 2)
    expect("bob@example.com" in result.err, "names the gap", result)
    result = status(smime("sign", *ALICE(), stdin=b"just a line of text\n"), 2)
    expect("--text" in result.err, "names --text", result)
    M.write("kept", b"kept")
    status(smime("encrypt", *AT, "-o", M["kept"], stdin=MESSAGE), 2)
    expect(M.read("kept") == b"kept", "output untouched")


@test
def new_message():
    M.write("body.txt", "Gr\u00fc\u00dfe\n".encode())
    M.write("notes.pdf", b"%PDF-1.4 \x00\xff")
    common = [*ALICE(), "--from", "Alice <alice@example.com>", "--to", "bob@example.com", "--to",
              "carol@example.com", "--subject", "\u00dcber F\u00fcchse"]
    for more, data in [(["--text", M["body.txt"]], b""), (["--text=" + M["body.txt"]], b""),
                       (["--text"], M.read("body.txt"))]:
        result = status(smime("sign", *common, *more, "--attach", M["notes.pdf"], stdin=data), 0)
        opened = status(smime("open", *TRUST(), "--attachments", M["new-%d" % len(data)] + more[0][-3:],
                              stdin=result.out), 0)
        expect(b"To: bob@example.com, carol@example.com" in opened.out, "one To field", opened)
        folder = M["new-%d" % len(data)] + more[0][-3:]
        expect(os.listdir(folder) == ["notes.pdf"], "the attachment")
        shutil.rmtree(folder)
        text = status(smime("open", "--text", *TRUST(), stdin=result.out), 0)
        expect("Gr\u00fc\u00dfe" in text.out.decode(), "the text", text)
    status(smime("sign", *common, "--text", M["body.txt"], "--cc", "not an address"), 2)


@test
def split():
    message = MESSAGE.replace(b"Subject:", b"Bcc: carol@example.com, alice@example.com\r\nSubject:")
    certs = ["--cert", M["bob.pem"], "--cert", M["carol.pem"]]
    result = status(smime("protect", *ALICE(), *certs, stdin=message), 2)
    expect("--split" in result.err and result.out == b"", "refused, names --split", result)
    M.write("bcc.eml", message)
    for number, source in enumerate([[M["bcc.eml"]], []]):
        folder = M["split-%d" % number]
        result = status(smime("protect", *ALICE(), *certs, "--split", folder, "--json", *source,
                              stdin=b"" if source else message), 0)
        decoder, text, reports = json.JSONDecoder(), result.err.strip(), 0
        while text:
            text = text[decoder.raw_decode(text)[1]:].lstrip()
            reports += 1
        expect(reports == 3, "a report for each copy", result)
        expect(sorted(os.listdir(folder)) == ["00.eml", "00.rcpt", "01.eml", "01.rcpt", "02.eml",
                                              "02.rcpt"], "three copies: %r" % os.listdir(folder))
        read = lambda name: M.read("split-%d/%s" % (number, name))
        expect(read("00.rcpt") == b"bob@example.com\n", "To")
        expect(read("01.rcpt") == b"carol@example.com\n", "first Bcc")
        expect(read("02.rcpt") == b"alice@example.com\n", "second Bcc")
        for copy in ["00.eml", "01.eml", "02.eml"]:
            expect(not re.search(rb"(?im)^bcc:", read(copy)), "no Bcc field in " + copy)
        status(smime("open", *BOB(), *TRUST(), stdin=read("00.eml")), 0)
        for verb in ["open", "decrypt"]:
            opened = smime(verb, *BOB(), *TRUST(), stdin=read("00.eml")).out
            expect(b"carol" not in opened and not re.search(rb"(?im)^bcc:", opened),
                   "Bob does not learn of Carol")
        shown = smime("show", *AT, "--json", stdin=read("00.eml"))
        expect(len(json.loads(shown.out)["recipients"]) == 2, "for Bob and Alice", shown)
        status(smime("decrypt", "--key", M["carol.id"], *TRUST(), stdin=read("01.eml")), 0)
        status(smime("decrypt", "--key", M["carol.id"], *TRUST(), stdin=read("00.eml")), 3)
        status(smime("protect", *ALICE(), *certs, "--split", folder, stdin=message), 2)
    only = message.replace(b"To: bob@example.com\r\n", b"")
    status(smime("protect", *ALICE(), *certs, "--split", M["split-bcc"], stdin=only), 0)
    expect(sorted(os.listdir(M["split-bcc"])) == ["01.eml", "01.rcpt", "02.eml", "02.rcpt"],
           "Bcc alone: %r" % os.listdir(M["split-bcc"]))


@test
def split_of_a_new_message():
    folder = M["split-new"]
    status(smime("protect", *ALICE(), "--cert", M["bob.pem"], "--cert", M["carol.pem"], "--from",
                 "alice@example.com", "--to", "bob@example.com", "--bcc", "carol@example.com",
                 "--subject", "Hi", "--text", "--split", folder, stdin=b"Hello\n"), 0)
    ids = set()
    for key, name in [("bob.id", "00"), ("carol.id", "01")]:
        opened = status(smime("open", "--key", M[key], *TRUST(),
                              stdin=M.read("split-new/%s.eml" % name)), 0)
        expect(b"Hello" in opened.out, "the text", opened)
        ids.add(re.search(rb"(?i)message-id: *(\S+)", opened.out).group(1))
    expect(len(ids) == 1, "one Message-ID for all copies")


@test
def split_that_fails():
    message = MESSAGE.replace(b"Subject:", b"Bcc: nobody@example.com\r\nSubject:")
    before = set(os.listdir(M.folder))
    status(smime("protect", *ALICE(), "--cert", M["bob.pem"], "--split", M["split-no"],
                 stdin=message), 2)
    expect(set(os.listdir(M.folder)) == before, "nothing is left")


def main():
    global M
    only = sys.argv[3:]
    passed = failed = 0
    folder = tempfile.mkdtemp(prefix="smime-cli-")
    try:
        M = Material(folder)
        for function in TESTS:
            if only and function.__name__ not in only:
                continue
            try:
                function()
                passed += 1
            except Exception:  # a test that raises has failed, whatever it raised
                failed += 1
                print("FAILED %s\n%s" % (function.__name__, traceback.format_exc()),
                      file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
