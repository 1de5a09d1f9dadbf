#!/usr/bin/env python3
"""vectors.py: message-level test vectors made by others, judged by tests/vectors/rows.tsv.

A row: suite, file, command, expected, policy, --at, arguments, sha256 of the output, reason to skip, note.
{S} in the arguments is the suite's folder. expected:
  valid     every signature is valid (whatever its chain, which has suites of its own)
  good      verdict `good`          unsigned  verdict `unsigned`
  bad       verdict `bad`           invalid   a signature is invalid
  not-good  any verdict but `good`, or an error; with a signature problem nothing is written
  flagged   `good` with a warning about Sender or Reply-To
  decrypts  decrypted; sha256 compared after line ends were made LF, where it is given
  undecryptable, fails (exit 2 or 3), reads (`show` exits 0)
  opens, no-key, refused: a PKCS #12 file gives its key, holds none, or is refused

Without the vectors (SHARED empty or absent) every row is skipped. --write-docs renews
docs/conformance.md.
"""
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

from suite_kit import BUILD, ENVIRONMENT, SMIME, SOURCE

TABLE = os.path.join(SOURCE, "tests", "vectors", "rows.tsv")
COLUMNS = "suite file command expected policy at arguments sha256 skip note".split()
SHARED = os.environ.get("SHARED", "")


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


def key_arguments(arguments, work):
    """--pass WORD becomes a file of the test's own."""
    out = []
    for word in arguments:
        if out and out[-1] == "--pass":
            path = os.path.join(work, "password")
            with open(path, "w", encoding="utf-8") as file:
                file.write(word + "\n")
            out[-1] = "--pass-file"
            word = path
        out.append(word)
    return out


def verdict_ok(row, status, report, content):
    expected = row["expected"]
    verdict = report["verdict"] if report else None
    signers = report["signers"] if report else []
    if expected == "valid":
        return bool(signers) and all(s["signature"] == "valid" for s in signers)
    if expected == "invalid":
        return any(s["signature"] == "invalid" for s in signers) and content is None
    if expected == "not-good":
        return verdict != "good" and status != 0 and status < 90 and \
            not (verdict == "bad" and content is not None)
    if expected == "flagged":
        return any(w["code"] in ("sender-differs", "reply-to-differs") for w in report["warnings"])
    if expected == "decrypts":
        digest = hashlib.sha256((content or b"").replace(b"\r\n", b"\n")).hexdigest()
        as_is = hashlib.sha256(content or b"").hexdigest()
        crlf = hashlib.sha256((content or b"").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        return content is not None and status in (0, 1) and (
            row["sha256"] == "-" or row["sha256"] in (digest, as_is, crlf.hexdigest()))
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


def write_docs(results):
    counts, argued = {}, []
    for row, outcome in results:
        count = counts.setdefault(row["suite"], {"passed": 0, "failed": 0, "skipped": 0})
        count[outcome] += 1
        if row["note"] != "-":
            argued.append(row)
    with open(os.path.join(SOURCE, "docs", "conformance.md"), "w", encoding="utf-8") as out:
        out.write("# Conformance to test vectors made by others\n\n"
                  "Written by `tests/suites/vectors.py --write-docs` from `tests/vectors/rows.tsv`. "
                  "Skipped rows name the feature that they wait for.\n\n"
                  "| suite | passed | failed | skipped |\n|---|--:|--:|--:|\n")
        for suite, c in sorted(counts.items()):
            out.write("| %s | %d | %d | %d |\n" % (suite, c["passed"], c["failed"], c["skipped"]))
        out.write("\n## Rows with a remark, and those that we judge otherwise than their suite\n\n")
        notes = {}
        for row in argued:
            notes.setdefault((row["suite"], row["note"]), []).append(row["file"])
        for (suite, note), files in sorted(notes.items()):
            shown = ", ".join(files[:4]) + (" and %d more" % (len(files) - 4) if len(files) > 4 else "")
            out.write("- **%s**: %s: %s\n" % (suite, shown, note))


def main():
    table = list(rows())
    base = vectors()
    if base is None:
        print("the vectors are not here: every row is skipped")
        print("0 passed, 0 failed, %d skipped" % len(table))
        return 0
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
    print("%d passed, %d failed, %d skipped" % tuple(totals))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
