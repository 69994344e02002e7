"""python3 -m grade.lab COMMAND: grade, submission, package, handout, carry, selftest; what the Makefile's targets of these names run."""

import argparse
import sys
from pathlib import Path

from grade.lab import package, submission
from grade.lab.carry import carry as bring
from grade.lab.handout import make as make_handout
from grade.lab.lab import LabError, load, names
from grade.lab.run import Run
from grade.lab.selftest import selftest
from grade.machine import ROOT


def grade(args):
    """0 at full marks in every lab, 1 below, 2 when the harness was at fault."""
    labs = [load(args.lab)] if args.lab else [load(n) for n in names()]
    if not labs:
        raise LabError("this tree has no labs")
    held_back = [int(w) for w in args.seeds.read_text().split()] if args.seeds else []
    tests = args.test.replace(",", " ").split()
    reports = []
    for lab in labs:
        print(f"{lab.title} ({lab.id})", flush=True)
        run = Run(lab, args.tree, args.seed, tests, held_back, args.out, args.results, say=say)
        print(f"  seed {run.seed}", flush=True)
        reports.append(run.grade(make=not args.built))
    if len(reports) > 1:
        say(f"All labs: {sum(r.earned for r in reports):g}/{sum(r.possible for r in reports):g}")
    return 2 if any(r.infra for r in reports) else 0 if all(r.full for r in reports) else 1


def handout(args):
    names = make_handout(load(args.lab), args.out)
    print(f"{args.out}: the handout of {args.lab}, {len(names)} files; begin with grade/labs/{args.lab}/README.md")
    return 0


def carry(args):
    changed = bring(args.student, args.lab)
    print(*changed or ["nothing to bring: the files are the same"], sep="\n")
    return 0


def prove(args):
    return selftest([args.lab] if args.lab else names(), args.repeats, args.only, args.workers, say=say)


def submitted(args):
    """As grade."""
    seeds = args.seeds or package.held_back()
    held_back = [int(w) for w in seeds.read_text().split()] if seeds else []
    r = submission.grade(load(args.lab), args.what, args.gradescope, args.github, seed=args.seed, held_back=held_back,
                         out=args.out, results=args.results, say=say)
    return 2 if r.infra else 0 if r.full else 1


def pack(args):
    print(*package.make(load(args.lab), args.out, args.seeds), sep="\n")
    return 0


def say(text):
    print(text, flush=True)


def main():
    p = argparse.ArgumentParser(prog="grade.lab", description=__doc__)
    commands = p.add_subparsers(dest="command", required=True)
    g = commands.add_parser("grade", help="run a lab's tests")
    g.add_argument("lab", nargs="?", help="all of this tree, unless named")
    g.add_argument("--test", default="", help="only these, by id")
    g.add_argument("--seed", type=int, help="one drawn at random, unless told")
    g.add_argument("--seeds", type=Path, help="a file of numbers: the held-back tests run too, with these")
    g.add_argument("--tree", type=Path, default=ROOT, help="grade that tree by this one's tests")
    g.add_argument("--built", action="store_true", help="do not build it")
    g.add_argument("--out", type=Path, help="where logs go (out/lab/LAB)")
    g.add_argument("--results", type=Path, help="a folder for the results, in every format")
    g.set_defaults(go=grade)
    b = commands.add_parser("submission", help="grade what a student handed in: a folder, a tar or a zip")
    b.add_argument("lab")
    b.add_argument("what", type=Path)
    b.add_argument("--seed", type=int)
    b.add_argument("--seeds", type=Path)
    b.add_argument("--out", type=Path)
    b.add_argument("--results", type=Path)
    b.add_argument("--gradescope", type=Path, help="where Gradescope looks for results.json")
    b.add_argument("--github", type=Path, help="the file of a workflow step's outputs")
    b.set_defaults(go=submitted)
    k = commands.add_parser("package", help="what Gradescope, GitHub, GitLab and Docker need to grade a lab")
    k.add_argument("lab")
    k.add_argument("out", type=Path)
    k.add_argument("--seeds", type=Path, help="held-back seeds, which go into it")
    k.set_defaults(go=pack)
    h = commands.add_parser("handout", help="make the tree that students get")
    h.add_argument("lab")
    h.add_argument("out", type=Path)
    h.set_defaults(go=handout)
    c = commands.add_parser("carry", help="bring a student's work of an earlier lab into this tree")
    c.add_argument("student", type=Path)
    c.add_argument("lab", nargs="?")
    c.set_defaults(go=carry)
    s = commands.add_parser("selftest", help="prove that a lab's tests can be trusted")
    s.add_argument("lab", nargs="?")
    s.add_argument("--repeats", type=int, default=10)
    s.add_argument("--only", default="", help="what has this in its name: reference, handout, mutant, cheat, repeat ...")
    s.add_argument("--workers", type=int, help="so many at a time (as many as processors)")
    s.set_defaults(go=prove)
    args = p.parse_args()
    try:
        return args.go(args)
    except LabError as e:
        print(f"lab: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
