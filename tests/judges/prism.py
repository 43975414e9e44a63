"""Prism as the judge of a whole run of the contract suite.

    prism.py run DOCUMENT UPSTREAM   prints the operations of the run
    prism.py judge LOG REPORT        fails if prism has found a request that the upstream document does not allow
"""

import json
import pathlib
import re
import sys

# What the document does not allow and the service takes: a method, a path, and what prism says.
TAKEN = {
    # The document names one type for the bytes of a file; the service keeps the type that they are sent with.
    ("post", "/upload", "Supported content types: multipart/form-data,application/json,application/octet-stream"),
}


def operations(path):
    """The ids of operations by method and path."""
    items = json.loads(pathlib.Path(path).read_text())["paths"].items()
    shape = lambda path: re.sub(r"\{[^}]*\}", "{}", path)
    return {
        (method, shape(path)): operation.get("operationId")
        for path, item in items
        for method, operation in item.items()
        if isinstance(operation, dict)
    }


def run(document, upstream):
    """All operations of both documents but for WebSockets, which prism does not speak."""
    known = operations(upstream)
    ids = [name for place, name in operations(document).items() if place in known]
    print(",".join(sorted(name for name in ids if not name.startswith("realtime"))))


def judge(log, report):
    asked, wrong = [], []
    for line in pathlib.Path(log).read_text().splitlines():
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if request := re.search(r"\[HTTP SERVER\] (\w+) (\S+) .*Request received", line):
            asked.append(request.groups())
        # What prism says of responses is about the emulator, which the contract suite judges.
        elif violation := re.search(r"Violation: request\S* (.*)", line):
            method, path = asked[-1]
            if (method, path, violation[1]) not in TAKEN:
                wrong.append(f"{method} {path}: {violation[1]}")
    probes = [line for line in pathlib.Path(report).read_text().splitlines() if line.startswith(("ok", "FAILED"))]
    if wrong or len(asked) < len(probes) or not probes:
        sys.exit("\n".join([f"{len(asked)} requests for {len(probes)} probes", *wrong]))
    print(f"{len(asked)} requests of {len(probes)} probes, every one as the upstream document has it")


{"run": run, "judge": judge}[sys.argv[1]](*sys.argv[2:])
