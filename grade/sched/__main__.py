"""make sched-proof: every check at length, then every mutant.

    python3 -m grade.sched [--sets N] [--seed N] [--only WORD] [--checks | --mutants]
"""

import argparse
import sys

from grade.sched import checks, mutants, trace


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=2000, help="random task sets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="those whose name has this word")
    parser.add_argument("--checks", action="store_true", help="no mutants")
    parser.add_argument("--mutants", action="store_true", help="nothing else")
    args = parser.parse_args()
    try:
        trace.plugin()
    except trace.NotMeasured as why:
        print(f"sched-proof: not measured: {why}", file=sys.stderr)
        return 77
    wrong = []
    for name, check in [] if args.mutants else checks.at_length(args.sets, args.seed):
        if args.only in name:
            try:
                bad = check()
            except trace.NotMeasured as why:
                bad = [f"not measured: {why}"]
            except AssertionError as e:         # it hung or died
                bad = [str(e)[-500:]]
            print(f"  {'WRONG ' if bad else 'holds '}  {name}", *bad[:3], sep="\n          ", flush=True)
            wrong += [name] * bool(bad)
    if not args.checks:
        wrong += mutants.run(args.only)
    print(f"sched-proof: {len(wrong)} wrong" + "".join(f"\n  {w}" for w in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
