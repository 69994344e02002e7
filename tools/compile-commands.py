#!/usr/bin/python3
"""Turn `make -Bnw V=1` on standard input into compile_commands.json, for clangd and friends."""

import json
import os
import shlex
import sys

entries = []
for line in sys.stdin:
    if " -c -o " not in line:
        continue
    words = shlex.split(line)
    source = words[-1]
    if source.endswith((".c", ".S")):
        entries.append({"directory": os.getcwd(), "file": source, "arguments": words})
json.dump(entries, sys.stdout, indent=1)
