"""make package LAB=x OUT=dir: what a course's system needs to grade a lab.

    OUT/gradescope.zip          an autograder: setup.sh, run_autograder, and the tree it grades with
    OUT/github/grade.yml        for .github/workflows of the students' repositories
    OUT/gitlab/.gitlab-ci.yml   the same for GitLab
    OUT/Dockerfile              a machine that has all that grading needs; beside it sextant.tar.gz, the tree

The tree is the lab's handout, so no solution is anywhere that a student's code runs; SEEDS=file puts held-back seeds
beside it in what the students never see, the zip and the tar.  The templates are the files beside this one.
"""

import io
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

from grade.lab import handout
from grade.lab.lab import LabError
from grade.machine import ROOT

TEMPLATES = Path(__file__).parent
PRISTINE = "grade/pristine"             # in a packed tree: it is a handout already, of this lab
SEEDS = "grade/seeds"                   # and the held-back seeds


def is_pristine(tree=ROOT):
    return (tree / PRISTINE).exists()


def held_back(tree=ROOT):
    """The file of held-back seeds that a packed tree has, or None."""
    return tree / SEEDS if (tree / SEEDS).exists() else None


def packed_tree(lab, seeds):
    """The tree as a tar, in memory."""
    with tempfile.TemporaryDirectory(prefix="sextant-package-") as folder:
        tree = Path(folder) / "sextant"
        handout.lay_out(lab, tree)
        (tree / PRISTINE).write_text(f"{lab.id}\n")
        if seeds:
            shutil.copy(seeds, tree / SEEDS)
            (tree / SEEDS).chmod(0o600)
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as tar:
            tar.add(tree, "sextant", filter=anonymous)
        return data.getvalue()


def anonymous(member):
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def filled(name, lab):
    return (TEMPLATES / name).read_text().replace("@LAB@", lab.id).replace("@TITLE@", lab.title)


def make(lab, out, seeds=None):
    """Write the package into a new folder; the names of what is in it."""
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise LabError(f"{out} is not empty: a package wants a new folder")
    tree = packed_tree(lab, seeds)
    (out / "github").mkdir(parents=True)
    (out / "gitlab").mkdir()
    with zipfile.ZipFile(out / "gradescope.zip", "w", zipfile.ZIP_DEFLATED) as z:
        for name in ("setup.sh", "run_autograder"):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            z.writestr(entry, filled(name, lab))
        z.writestr("sextant.tar.gz", tree)
    (out / "github/grade.yml").write_text(filled("grade.yml", lab))
    (out / "gitlab/.gitlab-ci.yml").write_text(filled("gitlab-ci.yml", lab))
    (out / "Dockerfile").write_text(filled("Dockerfile", lab))
    (out / "sextant.tar.gz").write_bytes(tree)
    return sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
