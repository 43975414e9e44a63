"""Checks the requests of a whole run of the contract suite with Prism.

    prism.py run DOCUMENT UPSTREAM   prints the operations of the run
    prism.py judge LOG REPORT        fails if Prism found a request that the upstream document does not allow
"""

import json
import pathlib
import re
import sys

# Violations that the service accepts: the method, the path, and the message of Prism.
TAKEN = {
    # The document has only one content type for raw bytes. The service accepts any, and stores it with the file.
    ("post", "/upload", "Supported content types: multipart/form-data,application/json,application/octet-stream"),
}


def operations(path):
    """The IDs of operations by method and path."""
    items = json.loads(pathlib.Path(path).read_text())["paths"].items()
    shape = lambda path: re.sub(r"\{[^}]*\}", "{}", path)
    return {
        (method, shape(path)): operation.get("operationId")
        for path, item in items
        for method, operation in item.items()
        if isinstance(operation, dict)
    }


def run(document, upstream):
    """Prints the operations in both documents, except WebSockets, which Prism does not support."""
    known = operations(upstream)
    ids = [name for place, name in operations(document).items() if place in known]
    print(",".join(sorted(name for name in ids if not name.startswith("realtime"))))


def judge(log, report):
    asked, wrong = [], []
    for line in pathlib.Path(log).read_text().splitlines():
        line = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if request := re.search(r"\[HTTP SERVER\] (\w+) (\S+) .*Request received", line):
            asked.append(request.groups())
        # Only requests are checked here. The contract suite checks the responses of the emulator.
        elif violation := re.search(r"Violation: request\S* (.*)", line):
            method, path = asked[-1]
            if (method, path, violation[1]) not in TAKEN:
                wrong.append(f"{method} {path}: {violation[1]}")
    probes = [line for line in pathlib.Path(report).read_text().splitlines() if line.startswith(("ok", "FAILED"))]
    if wrong or len(asked) < len(probes) or not probes:
        sys.exit("\n".join([f"{len(asked)} requests for {len(probes)} probes", *wrong]))
    print(f"{len(asked)} requests of {len(probes)} probes, every one as the upstream document has it")


{"run": run, "judge": judge}[sys.argv[1]](*sys.argv[2:])
