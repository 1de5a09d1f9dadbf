"""suite_kit.py: what the suites share: their environment, a tally, the two commands, throw-away keys
(made once with the openssl command) and a hand-made CompressedData.

Environment: SMIME (command built with sanitizers), SMIME_RELEASE (release build), SOURCE, BUILD. Each
suite works below BUILD/suites/NAME.
"""
import json
import os
import shutil
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.abspath(os.environ.get("SOURCE", os.path.join(HERE, "..", "..")))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(SOURCE, "build")))
SMIME = os.path.abspath(os.environ.get("SMIME", os.path.join(BUILD, "asan", "smime")))
SMIME_RELEASE = os.path.abspath(
    os.environ.get("SMIME_RELEASE", os.path.join(BUILD, "release", "smime")))
ENVIRONMENT = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": "/nonexistent",
               "LC_ALL": "C", "OPENSSL_CONF": "/dev/null"}
for _name in os.environ:
    if _name.endswith("SAN_OPTIONS"):
        ENVIRONMENT[_name] = os.environ[_name]
# A finding of a sanitizer must not look like an exit status of ours.
for _name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
    ENVIRONMENT[_name] = ":".join(filter(None, [ENVIRONMENT.get(_name), "exitcode=99"]))


def fresh_folder(name):
    folder = os.path.join(BUILD, "suites", name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, problem):
        """problem: None or "" when it holds, else what is wrong."""
        if problem:
            self.failed += 1
            print("FAILED: %s: %s" % (name, problem), flush=True)
        else:
            self.passed += 1
        return not problem

    def skip(self, name, why):
        self.skipped += 1
        print("skipped: %s: %s" % (name, why), flush=True)

    def finish(self):
        more = ", %d skipped" % self.skipped if self.skipped else ""
        print("%d passed, %d failed%s" % (self.passed, self.failed, more))
        sys.exit(1 if self.failed or not self.passed else 0)


class Result:
    def __init__(self, arguments, status, out, err):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err

    def __str__(self):
        return "exit status %d of %s; %s" % (
            self.status, " ".join(self.arguments[:40]), self.err.decode("utf-8", "replace")[:1500])


def run(arguments, stdin=b"", timeout=120, cwd=None):
    done = subprocess.run(arguments, input=stdin, capture_output=True, env=ENVIRONMENT, cwd=cwd,
                          timeout=timeout)
    return Result(arguments, done.returncode, done.stdout, done.stderr)


def openssl(*arguments, stdin=b"", cwd=None):
    return run(["openssl", *arguments], stdin=stdin, cwd=cwd)


def smime(*arguments, stdin=b"", command=None):
    return run([command or SMIME, *arguments, "--no-config"], stdin=stdin)


def must(result):
    """Material has to come about; a suite without it is worth nothing."""
    if result.status != 0:
        raise SystemExit("cannot prepare: %s\n0 passed, 1 failed" % result)
    return result


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def read_json(path):
    with open(path, "rb") as file:
        return json.load(file)


def crlf(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def lf(data):
    return data.replace(b"\r\n", b"\n")


# ---- keys

CONFIG = """[req]
distinguished_name = dn
prompt = no
[dn]
CN = {name}
O = Suites
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, {usage}
extendedKeyUsage = emailProtection
subjectAltName = email:{name}@example.org
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""

RSA = ["-newkey", "rsa:2048"]
KINDS = {
    "rsa": RSA,
    "rsab": RSA,
    "p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p256b": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "bp256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
    "bp384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP384r1"],
}


class People:
    """An authority (ca) and one person for each kind of key: NAME@example.org."""

    def __init__(self, folder, names, authority=RSA):
        self.folder, self.names = folder, []
        os.makedirs(folder, exist_ok=True)
        self.ca = os.path.join(folder, "ca.pem")
        config = write(os.path.join(folder, "ca.cnf"),
                       CONFIG.format(name="authority", usage="keyAgreement").encode())
        must(openssl("req", "-x509", *authority, "-nodes", "-keyout",
                     os.path.join(folder, "ca.key"), "-out", self.ca, "-days", "30", "-config",
                     config, "-extensions", "authority"))
        for number, name in enumerate(names):
            if self._make(name, 4096 + number):
                self.names.append(name)

    def _make(self, name, serial):
        path = os.path.join(self.folder, name)
        usage = "keyEncipherment" if name.startswith("rsa") else "keyAgreement"
        write(path + ".cnf", CONFIG.format(name=name, usage=usage).encode())
        made = openssl("req", "-new", *KINDS[name], "-nodes", "-keyout", path + ".key", "-out",
                       path + ".csr", "-config", path + ".cnf")
        if made.status != 0 and name.startswith("bp"):
            return False
        must(made)
        must(openssl("x509", "-req", "-in", path + ".csr", "-CA", self.ca, "-CAkey",
                     os.path.join(self.folder, "ca.key"), "-set_serial", str(serial), "-days",
                     "30", "-extfile", path + ".cnf", "-extensions", "leaf", "-out",
                     path + ".pem"))
        write(path + ".both", read(path + ".key") + read(path + ".pem"))
        return True

    def cert(self, name):
        return os.path.join(self.folder, name + ".pem")

    def key(self, name):
        return os.path.join(self.folder, name + ".key")

    def both(self, name):
        return os.path.join(self.folder, name + ".both")


# ---- CompressedData (RFC 3274), which many builds of openssl cannot make

def der(tag, *content):
    body = b"".join(content)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(size)]) + size + body


def compressed_data(content):
    data_oid = bytes.fromhex("06092a864886f70d010701")
    zlib_oid = bytes.fromhex("060b2a864886f70d0109100308")
    type_oid = bytes.fromhex("060b2a864886f70d0109100109")
    encap = der(0x30, data_oid, der(0xa0, der(0x04, zlib.compress(content))))
    return der(0x30, type_oid, der(0xa0, der(0x30, b"\x02\x01\x00", der(0x30, zlib_oid), encap)))
