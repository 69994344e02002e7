"""check.py FILE: run each check of FILE (see check.sh); a last line that has a value shows it."""
import ast
import os
import sys

names = {"__name__": "check"}
me = os.getpid()


def run(block):
    print("#", block.partition("\n")[0], flush=True)
    try:
        tree = ast.parse(block)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "check", "exec"), names)
        if last:
            value = eval(compile(ast.Expression(last.value), "check", "eval"), names)
            if value is not None:
                print(repr(value))
    except Exception as e:
        print(f"! {type(e).__name__}: {e}")
    sys.stdout.flush()
    if os.getpid() != me:       # a child that a check forgot
        os._exit(99)


block = ""
with open(sys.argv[1]) as f:
    for line in [*f.read().split("\n"), ""]:
        if line.startswith("| "):
            block += "\n" + line[2:]
            continue
        if block:
            run(block)
        block = "" if line.startswith("#") else line
