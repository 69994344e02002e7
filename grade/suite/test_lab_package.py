"""A packed lab grades in the places it was packed for: their steps are run here as they run there, in folders like theirs.

On GitLab the reference's files are handed in, built in the sandbox, and get full marks.  In the other places what is handed in
is refused, so that nothing is compiled, and the way there and back is what is tested; LAB_PACKAGES=full solves the lab there, too.
"""

import base64
import json
import os
import subprocess
import tarfile
import zipfile

import pytest
import yaml

from grade.lab import package
from grade.lab.lab import load
from grade.lab.report import HELD_BACK
from grade.machine import ROOT

LAB = "cow"
FULL = os.environ.get("LAB_PACKAGES") == "full"


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    out = tmp_path_factory.mktemp("package") / "out"
    seeds = out.parent / "seeds"
    seeds.write_text("4711\n")
    names = package.make(load(LAB), out, seeds)
    assert names == ["Dockerfile", "github/grade.yml", "gitlab/.gitlab-ci.yml", "gradescope.zip", "sextant.tar.gz"]
    return out


def work(folder, solved=FULL):
    """What is handed in."""
    for name in load(LAB).files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(("" if solved else '#include "/etc/passwd"\n') + (ROOT / name).read_text())


def sh(command, where, **env):
    """Run a step as a runner does: with /bin/sh -e, and nothing of ours in the environment; its status."""
    env = {"PATH": os.environ["PATH"], "HOME": str(where), **env}
    return subprocess.run(["sh", "-e", "-c", command], cwd=where, env=env).returncode


def judged(results, solved=FULL):
    report = json.loads((results / f"{LAB}.json").read_text())
    if solved:
        assert [t["id"] for t in report["tests"] if t["earned"] < t["points"] and t["why"] != HELD_BACK] == []
    else:
        assert report["earned"] == 0 and all("refused: mm/" in t["why"] for t in report["tests"] if t["outcome"] == "fail")
    return report


def test_nothing_of_a_solution_is_packed(packed, tmp_path):
    from grade.lab.handout import leaks
    with tarfile.open(packed / "sextant.tar.gz") as tar:
        tar.extractall(tmp_path)
    tree = tmp_path / "sextant"
    assert not leaks(load(LAB), tree)
    assert (tree / package.SEEDS).read_text() == "4711\n" and package.is_pristine(tree)
    assert not list(tree.glob("grade/labs/*/mutants")) and not (tree / "grade/labs/cheats").exists()


def test_gradescope(packed, tmp_path):
    top = tmp_path / "autograder"
    (top / "source").mkdir(parents=True)
    with zipfile.ZipFile(packed / "gradescope.zip") as z:
        assert {i.filename: i.external_attr >> 16 for i in z.infolist()}["run_autograder"] == 0o100755
        z.extractall(top / "source")
    work(top / "submission")
    setup = (top / "source/setup.sh").read_text().replace("apt-get update", ":")
    if not FULL:
        setup = setup.replace("make -s", "echo not now: make -s")
    assert sh(setup, top, AUTOGRADER=str(top)) == 0
    assert sh((top / "source/run_autograder").read_text(), top, AUTOGRADER=str(top)) == 0
    r = json.loads((top / "results/results.json").read_text())
    report = judged(top / "lab-results")
    assert r["score"] == report["earned"] and (not FULL or report["earned"] == report["possible"])      # it has the seeds
    assert FULL or "refused: mm/" in r["tests"][0]["output"]


def repository(tmp_path, packed, solved=FULL):
    """A student's: the handout, and then a commit of their own."""
    with tarfile.open(packed / "sextant.tar.gz") as tar:
        tar.extractall(tmp_path)
    repo = (tmp_path / "sextant").rename(tmp_path / "student")
    (repo / package.PRISTINE).unlink()
    (repo / package.SEEDS).unlink()
    git = "git -c user.name=s -c user.email=s@localhost -c init.defaultBranch=main"
    assert sh(f"{git} init -q . && {git} add -A && {git} commit -qm handout", repo) == 0
    work(repo, solved)
    assert sh(f"{git} add -A && {git} commit -qm mine", repo) == 0
    return repo


def test_github(packed, tmp_path):
    workflow = yaml.safe_load((packed / "github/grade.yml").read_text())
    assert workflow[True] == ["push", "pull_request", "workflow_dispatch"]      # "on", to YAML
    repo, outputs = repository(tmp_path, packed), tmp_path / "outputs"
    steps = {s.get("name"): s for s in workflow["jobs"]["grade"]["steps"]}
    for name in ("the handout as it was", "grade"):
        where = (repo / steps[name].get("working-directory", ".")).resolve()
        status = sh(steps[name]["run"], where, GITHUB_WORKSPACE=str(repo), GITHUB_OUTPUT=str(outputs))
        assert status == (0 if FULL or name != "grade" else 1)
    result = json.loads(base64.b64decode(outputs.read_text().removeprefix("result=")))
    assert result["status"] == ("pass" if FULL else "fail")
    assert steps["report"]["env"] == {"GRADE_RESULTS": "${{ steps.grade.outputs.result }}"}
    judged(repo / "results")


def test_gitlab(packed, tmp_path):
    job = yaml.safe_load((packed / "gitlab/.gitlab-ci.yml").read_text())["grade"]
    repo = repository(tmp_path, packed, solved=True)
    assert sh("\n".join(job["script"]), repo, CI_PROJECT_DIR=str(repo)) == 0
    judged(repo / "results", solved=True)
    assert (repo / job["artifacts"]["reports"]["junit"]).exists()


def test_docker_grades_what_is_mounted(packed):
    """Docker is not run here: the image is made of commands that the others run too."""
    lines = (packed / "Dockerfile").read_text().splitlines()
    assert [row.split()[0] for row in lines if row[:1] not in ("#", " ", "")] == ["FROM", "RUN", "ADD", "WORKDIR", "RUN", "CMD"]
    assert json.loads(lines[-1].removeprefix("CMD "))[-5:] == ["submission", LAB, "/submission", "--results", "/results"]
