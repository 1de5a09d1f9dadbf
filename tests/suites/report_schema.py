#!/usr/bin/env python3
"""report_schema.py: real reports are what docs/report.schema.json says, and say what happened.

A small validator of the keywords that the schema uses (others are an error here), itself tested
against reports that were broken on purpose.
"""
import copy
import json
import os
import re
import subprocess
import sys

SOURCE = os.environ["SOURCE"]
SMIME = os.environ["SMIME"]
WORK = os.path.join(os.environ["BUILD"], "report-schema")
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
SILENT = {"$schema", "$defs", "title", "description"}
KNOWN = SILENT | {"$ref", "type", "enum", "required", "properties", "items", "pattern"}


def violations(schema, value, root, where="report"):
    unknown = set(schema) - KNOWN
    if unknown:
        yield f"{where}: the schema uses {sorted(unknown)}, which this test does not know"
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        yield from violations(target, value, root, where)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, TYPES[kind]) for kind in kinds):
        yield f"{where}: {value!r} is no {kinds}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} does not fit {schema['pattern']}"
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{where}: no {name}"
        for name, member in value.items():
            if name in schema.get("properties", {}):
                yield from violations(schema["properties"][name], member, root, f"{where}.{name}")
            elif "properties" in schema:
                yield f"{where}: {name} is not in the schema"
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from violations(schema["items"], item, root, f"{where}[{index}]")


class Tests:
    def __init__(self):
        self.passed = self.failed = 0
        with open(os.path.join(SOURCE, "docs/report.schema.json"), encoding="utf-8") as file:
            self.schema = json.load(file)
        self.good = None

    def check(self, name, problems):
        if problems:
            self.failed += 1
            print(f"FAILED: {name}: {'; '.join(problems)}")
        else:
            self.passed += 1

    def report(self, name, args, status, want, given=None):
        """Runs smime with --json=FILE; the report is valid, and its members are as wanted."""
        path = os.path.join(WORK, "report.json")
        if os.path.exists(path):
            os.unlink(path)
        command = [SMIME, args[0], "--no-store", "--no-config", f"--json={path}"] + args[1:]
        run = subprocess.run(command, cwd=WORK, input=given, capture_output=True, timeout=120)
        problems = []
        if run.returncode != status:
            problems.append(f"exit status {run.returncode}, not {status}: {run.stderr!r}")
        try:
            with open(path, encoding="utf-8") as file:
                value = json.load(file)
        except (OSError, ValueError) as error:
            self.check(name, problems + [str(error)])
            return None
        problems += violations(self.schema, value, self.schema)
        for place, expected in want.items():
            got = value
            for step in place.split("."):
                got = got[int(step)] if step.isdigit() else got[step]
            if got != expected:
                problems.append(f"{place} is {got!r}, not {expected!r}")
        self.check(name, problems)
        return value

    def broken(self, name, change):
        value = copy.deepcopy(self.good)
        change(value)
        found = list(violations(self.schema, value, self.schema))
        self.check(f"validator: {name}", [] if found else ["it was not noticed"])


def write(name, text):
    with open(os.path.join(WORK, name), "wb") as file:
        file.write(text)


def read(name):
    with open(os.path.join(WORK, name), "rb") as file:
        return file.read()


def messages(t):
    write("mail.eml", 'From: Älice <alice@example.org>\nTo: bob@example.org\n'
          'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_=22und=22_=5C?=\n\nHello\n'.encode())
    alice = ["--key", "alice.p12", "--pass-file", "alice.pass"]
    bob = ["--key", "bob.p12", "--pass-file", "bob.pass", "--trust", "ca.pem"]
    t.report("sign", ["sign"] + alice + ["-o", "signed.eml", "mail.eml"], 0, {"errors": []})
    t.report("protect", ["protect"] + alice + ["--cert", "bob.pem", "-o", "cbc.eml", "mail.eml"], 0,
             {"errors": []})
    t.report("encrypt to an EC key, GCM",
             ["encrypt", "--cipher", "aes256-gcm", "--to-cert", "carol.pem", "--cert", "bob.pem",
              "-o", "gcm.eml", "mail.eml"], 0, {})
    t.good = t.report("good", ["open"] + bob + ["-o", "out.eml", "cbc.eml"], 0,
                      {"verdict": "good", "encrypted": "unauthenticated", "content_written": True,
                       "from": ["alice@example.org"], "subject": 'Grüße "und" \\',
                       "signers.0.signature": "valid", "signers.0.identity": "match",
                       "signers.0.address": "alice@example.org"})
    t.report("authenticated, unsigned",
             ["decrypt", "--key", "carol-key.pem", "--key-cert", "carol.pem", "-o", "out.eml",
              "gcm.eml"], 0, {"verdict": "unsigned", "encrypted": "authenticated"})
    t.report("no key", ["open", "--trust", "ca.pem", "-o", "none.eml", "cbc.eml"], 3,
             {"verdict": "undecryptable", "content_written": False, "errors.0.code": "no-key"})
    t.report("untrusted", ["verify", "-o", "out.eml", "signed.eml"], 1, {"verdict": "intact"})
    write("bad.eml", read("signed.eml").replace(b"Hello", b"Hallo"))
    t.report("bad", ["verify", "--trust", "ca.pem", "-o", "none.eml", "bad.eml"], 1,
             {"verdict": "bad", "signers.0.signature": "invalid", "content_written": False})
    write("forged.eml", read("signed.eml").replace(b"alice@", b"carol@"))
    t.report("forged From", ["verify", "--trust", "ca.pem", "-o", "out.eml", "forged.eml"], 1,
             {"verdict": "intact", "signers.0.identity": "mismatch"})
    t.report("plain", ["open", "-o", "out.eml", "mail.eml"], 1,
             {"verdict": "unsigned", "encrypted": "no", "signers": []})
    t.report("show", ["show", "signed.eml"], 0, {"layers.0.path": "0"})
    t.report("damaged", ["open", "-o", "none.eml"], 2, {"content_written": False},
             b"From: a@b.example\nMIME-Version: 1.0\n"
             b"Content-Type: application/pkcs7-mime; smime-type=signed-data\n"
             b"Content-Transfer-Encoding: base64\n\nMIIBAgIBAQ==\n")
    t.check("nothing of what failed was written",
            ["none.eml exists"] if os.path.exists(os.path.join(WORK, "none.eml")) else [])


def validator(t):
    if not t.good:
        t.check("validator", ["no good report"])
        return
    t.broken("a missing member", lambda v: v.pop("verdict"))
    t.broken("a word", lambda v: v.update(verdict="fine"))
    t.broken("a type", lambda v: v.update(content_written="yes"))
    t.broken("a list's item", lambda v: v["from"].append(None))
    t.broken("a nested member", lambda v: v["signers"][0]["certificate"].update(sha256="0"))
    t.broken("an unknown member", lambda v: v["layers"][0].update(new=1))


def main():
    subprocess.run([os.path.join(SOURCE, "tools/test-pki"), WORK], check=True)
    for name in ("out.eml", "none.eml"):
        if os.path.exists(os.path.join(WORK, name)):
            os.unlink(os.path.join(WORK, name))
    t = Tests()
    messages(t)
    validator(t)
    print(f"{t.passed} passed, {t.failed} failed")
    return 1 if t.failed else 0


sys.exit(main())
