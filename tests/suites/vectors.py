#!/usr/bin/env python3
"""vectors.py: message-level test vectors made by others, judged by tests/vectors/rows.tsv.

A row: suite, file, command, expected, policy, --at, arguments, sha256 of the output, reason to skip,
note. {S} in the arguments is the suite's folder; `agent:FILE` is a key in the form of gpg-agent, which
is turned into PEM. expected:
  valid     every signature is valid; with "chain=trusted" and the like after it, that of every signer,
            too (PKITS mails: the signature alone, since paths have suites of their own)
  good      verdict `good`          unsigned  verdict `unsigned`
  bad       verdict `bad`           invalid   a signature is invalid
  not-good  any verdict but `good`, or an error; with a signature problem nothing is written
  flagged   `good` with a warning about Sender or Reply-To
  decrypts  decrypted; sha256 compared after line ends were made LF, where it is given
  undecryptable, fails (exit 2 or 3), reads (`show` exits 0)
  opens, no-key, refused: a PKCS #12 file gives its key, holds none, or is refused
Of every row: the exit status is the one of the verdict, content that is bad, undecryptable or
malformed is not written, and what is written has the sha256 that the row names (line ends as LF, as
they are, or as CRLF). A note that begins with "otherwise:" argues a judgement that is not the suite's
own. Every file of a MANIFEST that is a message or a PKCS #12 file must have a row.

Without the vectors (SHARED empty or absent) every row is skipped. --write-docs renews
docs/conformance.md.
"""
import base64
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import subprocess
import sys

from suite_kit import BUILD, ENVIRONMENT, SMIME, SOURCE

TABLE = os.path.join(SOURCE, "tests", "vectors", "rows.tsv")
COLUMNS = "suite file command expected policy at arguments sha256 skip note".split()
SHARED = os.environ.get("SHARED", "")
OTHERWISE = "otherwise: "
MESSAGE = re.compile("signed|enveloped|compressed|certs-only|pkcs12|nested|spoof|digested|encrypted"
                     "|cms")


def rows():
    with open(TABLE, encoding="utf-8") as table:
        for line in table.read().splitlines()[1:]:
            yield dict(zip(COLUMNS, line.split("\t")))


def vectors():
    """The folder with the suites laid out, or None."""
    unpack = os.path.join(SHARED, "vectors", "unpack") if SHARED else ""
    folder = os.path.join(BUILD, "vectors")
    if os.path.isdir(os.path.join(folder, "johnny")):
        return folder
    if not os.path.exists(unpack):
        return None
    os.makedirs(folder, exist_ok=True)
    subprocess.run([unpack, folder], check=True, stdout=subprocess.DEVNULL)
    return folder


def run(arguments, work):
    """Exit status, the JSON report or None, the octets written or None."""
    out, report = os.path.join(work, "out"), os.path.join(work, "report")
    for path in (out, report):
        if os.path.exists(path):
            os.unlink(path)
    writer = [] if arguments[0] == "show" else ["-o", out]
    done = subprocess.run([SMIME, *arguments[:1], "--no-config", "--json=" + report, *writer,
                           *arguments[1:]], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    result, content = None, None
    if os.path.exists(report):
        with open(report, encoding="utf-8") as file:
            text = file.read()
        result = json.loads(text) if text.strip() else None
    if os.path.exists(out):
        with open(out, "rb") as file:
            content = file.read()
    return done.returncode, result, content, done.stderr.decode("utf-8", "replace")


def password_of(row, folder):
    given = row["arguments"].partition("pass=")[2]
    if given == "?":  # the suite's own list
        wanted = False
        with open(os.path.join(folder, "samplekeys", "Description-p12"), encoding="utf-8") as file:
            for line in file:
                if line.startswith("Name:"):
                    wanted = line.split()[1] == os.path.basename(row["file"])
                elif line.startswith("Pass:") and wanted:
                    return line[5:].strip("\n").lstrip()
        return ""
    if given == "@":  # a file beside it
        number = row["file"].rpartition("-")[2][:-4]
        for name in ("SMIMEPrivateKeyPass-%s.asc", "SMIMEUserPrivateKeyPass-%s.crt"):
            path = os.path.join(folder, name % number)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as file:
                    return file.read().strip()
        return ""
    return given


def der(tag, body):
    size = b"" if len(body) < 128 else len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(size) if size else len(body)]) + size + body


def agent_key(path, work):
    """An RSA key (private-key (rsa (n #..#) ...)) as the RSAPrivateKey of RFC 8017 A.1.2, in PEM."""
    with open(path, encoding="ascii") as file:
        found = re.findall(r"\((\w) #([0-9A-Fa-f\s]+)#", file.read())
    value = {name: int(re.sub(r"\s", "", digits), 16) for name, digits in found}
    n, e, d, p, q = (value[name] for name in "nedpq")
    numbers = (0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    body = der(0x30, b"".join(der(2, x.to_bytes(x.bit_length() // 8 + 1, "big")) for x in numbers))
    out = os.path.join(work, "key.pem")
    with open(out, "wb") as file:
        file.write(b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.encodebytes(body) +
                   b"-----END RSA PRIVATE KEY-----\n")
    return out


def key_arguments(arguments, work):
    """--pass WORD becomes a file of the test's own, agent:FILE a key in PEM."""
    out = []
    for word in arguments:
        if out and out[-1] == "--pass":
            path = os.path.join(work, "password")
            with open(path, "w", encoding="utf-8") as file:
                file.write(word + "\n")
            out[-1] = "--pass-file"
            word = path
        if word.startswith("agent:"):
            word = agent_key(word[6:], work)
        out.append(word)
    return out


def statuses(command, report):
    """The exit statuses that fit the verdict."""
    if report is None:
        return (2, 3)
    verdict = report["verdict"]
    if command == "show":
        return (2,) if verdict == "malformed" else (0,)
    if verdict == "unsigned" and command == "decrypt":
        return {"authenticated": (0,), "unauthenticated": (1,), "no": (2,)}[report["encrypted"]]
    return {"good": (0,), "malformed": (2,), "undecryptable": (2, 3)}.get(verdict, (1,))


def contract_kept(row, status, report, content):
    verdict = report["verdict"] if report else "malformed"
    if status not in statuses(row["command"], report):
        return False
    if verdict in ("bad", "undecryptable", "malformed") and content is not None:
        return False
    if row["sha256"] == "-":
        return True
    lines = (content or b"").replace(b"\r\n", b"\n")
    forms = (content or b"", lines, lines.replace(b"\n", b"\r\n"))
    return content is not None and row["sha256"] in [hashlib.sha256(f).hexdigest() for f in forms]


def verdict_ok(row, status, report, content):
    expected, *conditions = row["expected"].split()
    verdict = report["verdict"] if report else None
    signers = report["signers"] if report else []
    if not contract_kept(row, status, report, content):
        return False
    for condition in conditions:
        field, _, value = condition.partition("=")
        if not all(s[field] == value for s in signers):
            return False
    if expected in ("valid", "unsupported"):
        return bool(signers) and all(s["signature"] == expected for s in signers)
    if expected == "invalid":
        return verdict == "bad" and any(s["signature"] == "invalid" for s in signers)
    if expected == "not-good":
        return verdict != "good" and status != 0
    if expected == "flagged":
        return any(w["code"] in ("sender-differs", "reply-to-differs") for w in report["warnings"])
    if expected == "decrypts":
        return content is not None and report["encrypted"] != "no"
    if expected == "undecryptable":
        return status == 2 and verdict == "undecryptable" and content is None
    if expected == "fails":
        return status in (2, 3) and content is None
    if expected == "reads":
        return status == 0 and report is not None
    return verdict == expected


def judge(job):
    row, base, number = job
    folder = os.path.join(base, row["suite"])
    work = os.path.join(BUILD, "suites", "vectors", str(number))
    os.makedirs(work, exist_ok=True)
    path = os.path.join(folder, row["file"])
    if row["command"] == "pkcs12":
        with open(os.path.join(work, "plain.eml"), "w", encoding="ascii") as file:
            file.write("Subject: plain\n\nx\n")
        words = ["show", "--key", path, "--pass", password_of(row, folder)]
        words = key_arguments(words, work) + [os.path.join(work, "plain.eml")]
        status, report, content, text = run(words, work)
        ok = {"opens": status == 0, "refused": status == 2,
              "no-key": status == 2 and "no private key in it" in text}[row["expected"]]
        return ok, "exit %d %s" % (status, text.strip()[:200])
    words = [row["command"], "--policy", row["policy"]]
    if row["at"] != "-":
        words += ["--at", row["at"]]
    if row["arguments"] != "-":
        words += key_arguments([w.replace("{S}", folder) for w in row["arguments"].split()], work)
    try:
        status, report, content, text = run(words + [path], work)
    except subprocess.TimeoutExpired:
        return False, "timeout"
    shown = report and {"verdict": report["verdict"], "signers": [
        (s["signature"], s["signature_reason"]) for s in report["signers"]]}
    return (verdict_ok(row, status, report, content),
            "exit %d %s %s" % (status, shown, text.strip()[:200]))


def without_a_row(base, table):
    """Messages and PKCS #12 files of the MANIFESTs that no row names."""
    known = {(row["suite"], row["file"]) for row in table}
    for path in sorted(glob.glob(os.path.join(base, "*", "MANIFEST.tsv"))):
        suite = os.path.basename(os.path.dirname(path))
        with open(path, encoding="utf-8") as manifest:
            for line in manifest.read().splitlines()[1:]:
                name, kind = line.split("\t")[:2]
                # Description-p12 is the list of the passwords.
                if MESSAGE.search(kind) and (suite, name) not in known and \
                        not name.endswith("/Description-p12"):
                    yield suite + "/" + name


def write_notes(out, rows_with_notes):
    notes = {}
    for row in rows_with_notes:
        note = row["note"].replace(OTHERWISE, "", 1)
        notes.setdefault((row["suite"], note), []).append(row["file"])
    for (suite, note), files in sorted(notes.items()):
        shown = ", ".join(files[:4]) + (" and %d more" % (len(files) - 4) if len(files) > 4 else "")
        out.write("- **%s**: %s: %s\n" % (suite, shown, note))


def write_docs(results):
    counts = {}
    for row, outcome in results:
        count = counts.setdefault(row["suite"], dict.fromkeys(
            ("passed", "failed", "skipped", "otherwise"), 0))
        count[outcome] += 1
        count["otherwise"] += row["note"].startswith(OTHERWISE)
    total = {key: sum(c[key] for c in counts.values()) for key in next(iter(counts.values()))}
    reasons = {}
    for row, outcome in results:
        if outcome == "skipped":
            reasons[row["skip"]] = reasons.get(row["skip"], 0) + 1
    with open(os.path.join(SOURCE, "docs", "conformance.md"), "w", encoding="utf-8") as out:
        out.write("# Conformance to test vectors made by others\n\n"
                  "Written by `tests/suites/vectors.py --write-docs` from `tests/vectors/rows.tsv`, "
                  "which names for each row the command, the policy, the time, the anchors and what "
                  "is expected. A file may have several rows (opened, decrypted, verified).\n\n"
                  "| suite | passed | failed | skipped | judged otherwise |\n|---|--:|--:|--:|--:|\n")
        for suite, c in [*sorted(counts.items()), ("**all**", total)]:
            out.write("| %s | %d | %d | %d | %d |\n" % (suite, c["passed"], c["failed"],
                                                       c["skipped"], c["otherwise"]))
        out.write("\nSkipped until the feature is there:\n\n")
        for reason, count in sorted(reasons.items()):
            out.write("- %s: %d\n" % (reason, count))
        out.write("\nOf the PKITS mails the signature alone is judged here: paths, policies and "
                  "revocation have suites of their own.\n"
                  "\n## Rows that we judge otherwise than their suite\n\n"
                  "They pass when the command does what is argued here. In all %.1f %% of the rows "
                  "that ran; where a suite is small, one row is more than that of the suite.\n\n" %
                  (100.0 * total["otherwise"] / max(1, total["passed"] + total["failed"])))
        write_notes(out, [r for r, _ in results if r["note"].startswith(OTHERWISE)])
        out.write("\n## Remarks on other rows\n\n")
        write_notes(out, [r for r, _ in results
                          if r["note"] != "-" and not r["note"].startswith(OTHERWISE)])


def main():
    table = list(rows())
    base = vectors()
    if base is None:
        print("the vectors of others are not here: every row is skipped")
        print("0 passed, 0 failed, %d skipped" % len(table))
        return 0
    missing = list(without_a_row(base, table))
    for name in missing:
        print("FAILED %s: no row for it in rows.tsv" % name)
    results, jobs = [], []
    for number, row in enumerate(table):
        if row["skip"] != "-":
            results.append((row, "skipped"))
        else:
            jobs.append((row, base, number))
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for job, (ok, what) in zip(jobs, pool.map(judge, jobs)):
            results.append((job[0], "passed" if ok else "failed"))
            if not ok:
                print("FAILED %s/%s: %s expected %s: %s" % (job[0]["suite"], job[0]["file"],
                                                            job[0]["command"], job[0]["expected"], what))
    reasons = {}
    for row, outcome in results:
        if outcome == "skipped":
            reasons[row["skip"]] = reasons.get(row["skip"], 0) + 1
    for reason, count in sorted(reasons.items()):
        print("skipped: %d for %s" % (count, reason))
    if "--write-docs" in sys.argv:
        write_docs(results)
    totals = [sum(1 for _, o in results if o == k) for k in ("passed", "failed", "skipped")]
    totals[1] += len(missing)
    print("%d passed, %d failed, %d skipped" % tuple(totals))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
