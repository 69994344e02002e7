"""Grade what a student handed in: python3 -m grade.lab submission LAB WHAT --results DIR.

A pristine handout, the student's files in it (submit.py), built where it can do no harm (sandbox.py), and then this tree's
tests, which are nowhere near what was built.  Only this process writes results.
"""

import os
import tempfile
from pathlib import Path

from grade.lab import handout, sandbox, submit
from grade.lab.run import Run


class Submission(Run):
    """A Run whose tree is made of a submission, and built in the sandbox."""

    def __init__(self, lab, what, folder, **how):
        self.what = what
        super().__init__(lab, tree=folder, build="build", **how)

    def prepare(self):
        """The tree, built; None, or why not."""
        handout.lay_out(self.lab, self.tree)
        try:
            taken = submit.take(self.lab, self.what, self.tree)
        except submit.Refused as e:
            return f"error: refused: {e}"
        self.say(f"  taken: {', '.join(taken)}")
        r = sandbox.run(["make", "-s", "--no-print-directory", f"-j{os.cpu_count() or 2}", "O=build", "all"], self.tree)
        if r.ended:
            return f"error: the build was ended: {r.ended}\n{r.output[-2000:]}"
        return r.output if r.status else None


def grade(lab, what, **how):
    """The Report of a submission."""
    with tempfile.TemporaryDirectory(prefix="sextant-submission-") as folder:
        return Submission(lab, Path(what), folder, **how).grade()


