"""The sample of the demo stands on real lines, and the stand-in runs alone."""

import re
import signal
import subprocess
import sys

import gitlab

from reviewbot.standin import sample
from reviewbot.standin.gitlab.lab import Lab


def test_every_recorded_answer_quotes_added_lines_of_the_diff():
    with Lab() as lab:
        found = sample.build(lab)
        files = {one.new_path: one for one in found.project.repository.diff(found.version.base, found.version.head)}
        told = sample.recorded_answers()
        assert len({answer["quote"] for answer in told["findings"]}) == 4
        for answer in told["findings"]:
            added = [line.text for line in files[answer["path"]].lines if line.kind == "new"]
            assert added.count(answer["quote"]) == 1
            assert added.count(answer["end_quote"]) == 1
        walked = {entry["path"] for entry in told["walkthrough"]}
        assert walked == set(files) - {"package-lock.json"}  # a lock file is not read


def test_the_sample_has_a_rename_a_lock_file_and_a_test_and_parses():
    with Lab() as lab:
        found = sample.build(lab)
        files = found.project.repository.diff(found.version.base, found.version.head)
        assert [(one.old_path, one.new_path) for one in files if one.renamed_file] == [
            ("shop/images.py", "shop/media.py")
        ]
        names = {one.new_path for one in files}
        assert {"package-lock.json", "tests/test_orders.py"} <= names
        for name in names:
            if name.endswith(".py"):
                compile(found.project.repository.read(found.sha, name), name, "exec")


def test_the_stand_in_runs_alone_and_ends_on_a_signal():
    command = (sys.executable, "-m", "reviewbot.standin.gitlab", "--port", "0", "--prefix", "/gl")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url, *tokens, address = (process.stdout.readline().split()[-1] for _ in range(4))
        bot, person = (gitlab.Gitlab(url, private_token=token, keep_base_url=True) for token in tokens)
        path, iid = re.fullmatch(rf"{url}/(.+)/-/merge_requests/(\d+)", address).groups()
        assert bot.projects.get(path).mergerequests.get(iid).changes_count == "9"
        said = person.projects.get(path).mergerequests.get(iid).notes.create({"body": "@reviewbot help"})
        assert said.author["username"] == "ada"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
