"""The command line as real processes, with nothing of this one but the environment that a test gives them."""

import itertools
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.model import ModelStandIn
from reviewbot.standin.model_script import reviewer
from reviewbot.standin.serving import serving

PATIENCE = 60  # seconds until a command that does not end counts as hanging


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def said(self):
        return self.out + self.err


@pytest.fixture
def reviewbot(tmp_path, tmp_path_factory, prefork):
    """Run `reviewbot …` and give its exit code and output. Keywords are settings: `gitlab_url=…`.

    `fresh`: in an interpreter of its own that writes to pipes, where how it starts or what it writes to matters.
    """
    numbers = itertools.count(1)
    own = tmp_path_factory.mktemp("words")  # a test's own folder may be what is reviewed

    def run(*words, stdin="", cwd=None, fresh=False, **settings):
        environment = {**os.environ, "NO_COLOR": "1"}
        environment |= {f"REVIEWBOT_{name.upper()}": str(value) for name, value in settings.items()}
        command = [sys.executable, "-m", "reviewbot", *map(str, words)]
        if fresh:
            done = subprocess.run(
                command,
                input=stdin.encode(),
                capture_output=True,
                check=False,
                cwd=cwd or tmp_path,
                env=environment,
                timeout=PATIENCE,
            )
            return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
        given, out, err = (own / f"{next(numbers)}.{name}" for name in ("in", "out", "err"))
        given.write_bytes(stdin.encode())
        process = prefork.start(command, env=environment, cwd=cwd or tmp_path, log=out, errors=err, given=given)
        try:
            code = process.wait(PATIENCE)
        finally:
            process.kill()
        return Done(code, out.read_text("utf-8"), err.read_text("utf-8"))

    return run


@contextmanager
def model(script=None, **options):
    """A model stand-in and the settings that point to it."""
    standin = ModelStandIn(script or reviewer(), **options)
    with serving(standin.app) as url:
        yield standin, {"llm_base_url": f"{url}/v1", "llm_model": "stand-in", "llm_api_key": options.get("key", "")}


@dataclass
class Stage:
    lab: object
    project: object
    mr: object
    developer: object
    settings: dict

    @property
    def url(self):
        return f"{self.lab.url}/{self.project.path}/-/merge_requests/{self.mr.iid}"

    @property
    def writes(self):
        sent = [f"{seen.method} {seen.path}" for seen in self.lab.requests if seen.method != "GET"]
        reading = ("/git-upload-pack", "/api/graphql")  # git's way to read, and that of many projects
        return [each for each in sent if not each.endswith(reading)]


BEFORE = "".join(f"value_{number} = {number}\n" for number in range(1, 21))
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = seven()  # PLANT(critical): Seven is not defined\n")


@pytest.fixture
def stage():
    """A GitLab with one merge request that has one planted bug, and the settings of a bot in it."""
    with Lab() as lab:
        developer = lab.user("ada")
        project = lab.project("team/app", members={developer: 30})
        _, token = lab.bot(project)
        project.commit("main", {"app.py": BEFORE, "README.md": "Read me\n"}, author=developer)
        project.commit("feature", {"app.py": AFTER}, author=developer)
        mr = project.merge_request("feature", "main", "Change seven", author=developer)
        with lab.serve() as url:
            yield Stage(lab, project, mr, developer, {"gitlab_url": url, "gitlab_token": token})
