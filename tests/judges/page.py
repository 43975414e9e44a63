"""Runs the programs on a page that are written in a language other than Rust.

    page.py PAGE URL PYTHON

Each code block is a separate program, in which `http://127.0.0.1:4000` is replaced with URL. Blocks that install or
start the emulator are skipped. PYTHON is the interpreter that has the packages.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

page, url, python = sys.argv[1:]
text = pathlib.Path(page).read_text()
PROGRAMS = {"python": (".py", [python]), "js": (".mjs", ["node"]), "sh": (".sh", ["bash", "-euo", "pipefail"])}

tried = set()
for language, program in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
    if language not in PROGRAMS or "pollinations-emulator --port" in program:
        continue
    ending, command = PROGRAMS[language]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"program{ending}"
        path.write_text(program.replace("http://127.0.0.1:4000", url))
        done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    # A comment at the end of a shell program is its expected output.
    expected = re.search(r"# (\S+)\s*\Z", program) if language == "sh" else None
    printed = done.stdout + done.stderr
    if done.returncode or "Assertion failed" in printed or (expected and expected[1] not in done.stdout):
        sys.exit(f"{page}: this {language} program failed:\n{program}\n{printed}")
    tried.add(language)

missing = set(PROGRAMS) - tried
if missing:
    sys.exit(f"{page} has no program in {', '.join(sorted(missing))}")
print(f"{page}: programs in {', '.join(sorted(tried))} do what they say")
