"""Prism as the judge of a whole run of the contract suite.

    prism.py run DOCUMENT PENDING      prints the operations of the run
    prism.py judge LOG REPORT          fails if prism has found a request that the upstream document does not allow
"""

import json
import pathlib
import re
import sys


def run(document, pending):
    """All operations that are answered, but for WebSockets."""
    names = re.findall(r'^    "(.*)",$', pathlib.Path(pending).read_text(), re.MULTILINE)
    items = json.loads(pathlib.Path(document).read_text())["paths"].values()
    ids = [operation["operationId"] for item in items for operation in item.values() if isinstance(operation, dict)]
    print(",".join(sorted(name for name in ids if name not in names and not name.startswith("realtime"))))


def judge(log, report):
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in pathlib.Path(log).read_text().splitlines()]
    asked = sum("Request received" in line for line in lines)
    # What prism says of responses is about the emulator, which the contract suite judges.
    wrong = [line for line in lines if "iolation: request" in line]
    probes = [line for line in pathlib.Path(report).read_text().splitlines() if line.startswith(("ok", "FAILED"))]
    if wrong or asked < len(probes) or not probes:
        sys.exit("\n".join([f"{asked} requests for {len(probes)} probes", *wrong]))
    print(f"{asked} requests of {len(probes)} probes, every one as the upstream document has it")


{"run": run, "judge": judge}[sys.argv[1]](*sys.argv[2:])
