"""Grade what a student handed in: python3 -m grade.lab submission LAB WHAT --results DIR.

A pristine handout, the student's files in it (submit.py), built where it can do no harm (sandbox.py), and then this tree's
tests, which are nowhere near what was built.  Only this process writes results.  This tree may be the reference, or a
packed handout (package/).
"""

import os
import tempfile
from pathlib import Path

from grade.lab import formats, handout, package, sandbox, submit
from grade.lab.formats import classroom, gradescope
from grade.lab.run import Run


class Submission(Run):
    """A Run whose tree is made of a submission, and built in the sandbox."""

    def __init__(self, lab, what, folder, gradescope=None, **how):
        self.what, self.gradescope = what, gradescope
        super().__init__(lab, tree=folder, build="build", **how)

    def prepare(self):
        """The tree, built; None, or why not."""
        if package.is_pristine():       # this tree is a handout itself
            handout.copy([n for n in handout.tracked() if n not in (package.PRISTINE, package.SEEDS)], self.tree)
        else:
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


    def save(self):
        super().save()
        if self.gradescope:
            formats.replace(self.gradescope, gradescope.render(self.report))


def grade(lab, what, for_gradescope=None, for_github=None, **how):
    """The Report of a submission; written also to the file that Gradescope reads, and to a workflow step's outputs."""
    with tempfile.TemporaryDirectory(prefix="sextant-submission-") as folder:
        r = Submission(lab, Path(what), folder, for_gradescope, **how).grade()
    if for_github:
        with open(for_github, "a") as f:
            f.write(classroom.output(r))
    return r


