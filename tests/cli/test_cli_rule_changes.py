"""`reviewbot rules mute` and `promote` against the GitLab stand-in: one merge request, whatever happens in between."""

import time

import pytest
from cli.conftest import Done, Stage
from sqlalchemy import insert
from standins.faults import Faults

from reviewbot.cli.main import main
from reviewbot.core.proposals import branch
from reviewbot.db.engine import open_database
from reviewbot.db.feedback_tables import comment, watch
from reviewbot.db.schema import upgrade
from reviewbot.standin.gitlab.lab import Lab
from reviewbot.standin.gitlab.state import REPORTER

CONFIGURATION = "# ours\nlanguage: German  # please\ndisabled: [old]\n"
DRAFT = """---
id: orders/no-float
title: Money is no float
status: draft  # since May
---

Amounts MUST be Decimal.
"""
MUTE = ("rules", "mute", "orders/no-float", "--project", "team/app")
PROMOTE = ("rules", "promote", "orders/no-float", "--project", "team/app")


@pytest.fixture
def place(tmp_path):
    """A project with a configuration and a draft, and a database with 30 comments of it that nobody acted on."""
    with Lab() as lab:
        developer = lab.user("ada")
        project = lab.project("team/app", members={developer: 30})
        bot, token = lab.bot(project)
        files = {".reviewbot.yml": CONFIGURATION, ".reviewbot/rules/money.md": DRAFT, "app.py": "x = 1\n"}
        project.commit("main", files, author=developer)
        url = f"sqlite:///{tmp_path}/data/r.sqlite3"
        database = open_database(url)
        upgrade(database)
        row = {"project_id": project.id, "iid": 1, "rule": "orders/no-float", "at": time.time() - 60, "head_sha": "a"}
        row |= {"run_id": 1, "note_id": 0, "severity": "warning", "category": "security", "source": "pattern"}
        row |= {"file": "a.py", "line": 1, "title": "T", "placed": ""}
        merged = {"state": "merged", "read_last": True, "head_sha": "z", "posted_at": time.time()}
        database.write(
            lambda c: (
                c.execute(insert(comment), [row | {"fingerprint": f"f{number}"} for number in range(30)]),
                c.execute(insert(watch), merged | {"project_id": project.id, "iid": 1}),
            )
        )
        database.close()
        faults = Faults(lab.app)
        with lab.serve(faults) as served:
            settings = {"gitlab_url": served, "gitlab_token": token, "database_url": url, "data_dir": tmp_path / "data"}
            stage = Stage(lab, project, None, developer, settings)
            stage.faults, stage.bot = faults, bot
            yield stage


@pytest.fixture
def command(monkeypatch, capsys):
    """As `reviewbot`, in this process: what is tried here is what GitLab is asked, forty times over."""

    def run(*words, **settings):
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(f"REVIEWBOT_{name.upper()}", str(value))
            patch.setattr("sys.argv", ["reviewbot", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsys.readouterr()
        return Done(ended.value.code or 0, said.out, said.err)

    return run


def read(place, name, path):
    data = place.project.repository.read(place.project.repository.resolve(f"refs/heads/{name}"), path)
    return None if data is None else data.decode()


def opened(place):
    return list(place.project.merge_requests.values())


def test_mute_opens_a_merge_request_with_the_numbers_once(reviewbot, place):
    name = branch("mute", "orders/no-float")
    done = reviewbot(*MUTE, **place.settings)
    assert (done.code, done.err) == (0, "")
    (found,) = opened(place)
    assert done.out == f"Opened: !1 {place.settings['gitlab_url']}/team/app/-/merge_requests/1\n"
    assert (found.source_branch, found.target_branch, found.title) == (name, "main", "Mute the rule orders/no-float")
    assert "| `orders/no-float` | 30 | 0 | 0 | 30 |" in found.description
    assert "**mute**: at most 11 % of its comments are addressed" in found.description
    assert read(place, name, ".reviewbot.yml") == CONFIGURATION.replace("[old]", "[old, orders/no-float]")
    writes = len(place.writes)
    again = reviewbot(*MUTE, **place.settings)
    assert again.out.startswith("Open already: !1 ")
    assert (len(opened(place)), len(place.writes)) == (1, writes)
    longer = reviewbot(*MUTE, "--since", "180d", **place.settings)
    assert longer.out.startswith("Renewed, it was open: !1 ")
    assert "--since 180d" in found.description
    assert len(found.versions) == 1


def test_a_dry_run_prints_the_change_and_writes_nothing(command, place):
    done = command(*MUTE, "--dry-run", **place.settings)
    assert "-disabled: [old]\n+disabled: [old, orders/no-float]\n" in done.out
    assert (place.writes, opened(place)) == ([], [])
    promoted = command(*PROMOTE, "--dry-run", **place.settings)
    assert "-status: draft  # since May\n+status: approved  # since May\n" in promoted.out
    assert place.writes == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (r"/repository/commits$", "lose"),
        (r"/repository/commits$", "drop"),
        (r"/merge_requests$", "lose"),
        (r"/merge_requests$", "bad_gateway"),
    ],
)
def test_a_lost_answer_makes_no_second_one(command, place, path, kind):
    fault = place.faults.add("POST", path, kind)
    done = command(*MUTE, **place.settings)
    assert (done.code, fault.fired) == (0, True)
    assert len(opened(place)) == 1
    log = place.project.repository.log((f"main..{opened(place)[0].source_branch}",))
    assert len(log) == 1


def test_a_crash_between_branch_and_merge_request_is_taken_up_again(command, place):
    place.faults.add("POST", r"/merge_requests$", "bad_gateway", times=99)
    assert command(*MUTE, **place.settings).code == 3
    assert opened(place) == []
    place.faults.clear()
    place.project.commit("main", {"app.py": "x = 2\n"})  # the target moves on meanwhile
    assert command(*MUTE, **place.settings).out.startswith("Opened: !1 ")
    posted = [each for each in place.writes if each.endswith("/repository/commits")]
    assert len(posted) == 1


def test_a_branch_of_the_bot_s_whose_file_has_changed_below_it_is_made_anew(command, place):
    command(*MUTE, **place.settings)
    place.project.commit("main", {".reviewbot.yml": CONFIGURATION.replace("old", "older")})
    assert command(*MUTE, **place.settings).out.startswith("Renewed, it was open: !1 ")
    assert "[older, orders/no-float]" in read(place, branch("mute", "orders/no-float"), ".reviewbot.yml")


def test_a_branch_of_somebody_else_is_left_alone(command, place):
    name = branch("mute", "orders/no-float")
    sha = place.project.commit(name, {"app.py": "mine\n"}, "My work", author=place.developer)
    done = command(*MUTE, **place.settings)
    assert (done.code, "delete it first" in done.err) == (2, True)
    place.project.merge_request(name, "main", "Mine", author=place.developer)
    assert command(*MUTE, **place.settings).out.startswith("Open already: !1 ")
    assert place.project.repository.resolve(name) == sha


def test_what_somebody_puts_beside_a_proposal_is_not_proposed_in_the_bot_s_name(command, place):
    """The branch holds the very change, and more; its message says that it is the bot's."""
    name = branch("mute", "orders/no-float")
    files = {".reviewbot.yml": CONFIGURATION.replace("[old]", "[old, orders/no-float]"), "app.py": "backdoor()\n"}
    for message in ("My work", "Mute\n\nProposed by reviewbot; the merge request says why."):
        sha = place.project.commit(name, files, message, author=place.developer)
        done = command(*MUTE, **place.settings)
        assert (done.code, "delete it first" in done.err) == (2, True), done.out
    assert (opened(place), place.project.repository.resolve(name)) == ([], sha)


def test_the_file_that_is_in_use_is_changed_or_a_new_one_made(command, place):
    place.project.commit("main", {".reviewbot.yml": None, ".gitlab/reviewbot.yml": "approve: true\n"})
    assert "+++ b/.gitlab/reviewbot.yml" in command(*MUTE, "--dry-run", **place.settings).out
    place.project.commit("main", {".gitlab/reviewbot.yml": None})
    assert command(*MUTE, **place.settings).code == 0
    assert read(place, branch("mute", "orders/no-float"), ".reviewbot.yml") == "disabled:\n  - orders/no-float\n"


def test_promote_goes_one_step_or_as_far_as_is_said(command, place):
    name = branch("promote", "orders/no-float")
    assert command(*PROMOTE, **place.settings).out.startswith("Opened: !1 ")
    assert read(place, name, ".reviewbot/rules/money.md") == DRAFT.replace("draft", "approved")
    assert opened(place)[0].title == "Make the rule orders/no-float approved"
    assert command(*PROMOTE, "--to", "enforced", **place.settings).out.startswith("Renewed, it was open: !1 ")
    assert read(place, name, ".reviewbot/rules/money.md") == DRAFT.replace("draft", "enforced")
    assert opened(place)[0].title == "Make the rule orders/no-float enforced"


def test_an_inherited_rule_is_copied_with_a_line_that_says_from_where(command, place, tmp_path):
    rules = tmp_path / "instance"
    (rules / "shop").mkdir(parents=True)
    (rules / "shop" / "no-float.md").write_text(DRAFT.replace("orders/no-float", "shop/no-float"))
    settings = {**place.settings, "rules_dir": rules}
    place.project.commit("main", {".reviewbot/rules/shop-no-float.md": DRAFT.replace("no-float", "other")})
    done = command("rules", "promote", "shop/no-float", "--project", str(place.project.id), **settings)
    assert done.code == 0, done.err
    made = read(place, opened(place)[0].source_branch, ".reviewbot/rules/shop-no-float-2.md")
    assert made.splitlines()[1].startswith("# Copied from the instance's rules, shop/no-float.md")
    assert "status: approved  # since May" in made
    assert "comes from `the instance's rules, shop/no-float.md`" in opened(place)[0].description


def test_a_shipped_rule_is_muted_by_its_id_and_promoted_as_a_copy(command, place):
    for name in ("python-eval", "reviewbot/rule-file"):
        muted = command("rules", "mute", name, "--project", "team/app", "--dry-run", **place.settings)
        assert f"+disabled: [old, {name}]" in muted.out
    promoted = command("rules", "promote", "python-eval", "--project", "team/app", "--dry-run", **place.settings)
    assert "+++ b/.reviewbot/rules/python-eval.md" in promoted.out, promoted.err
    assert "+# Copied from the built-in rules, python/python-eval.md: its own rule goes before" in promoted.out
    assert "+status: enforced" in promoted.out


def test_a_group_s_rule_is_muted_here_and_promoted_where_it_is(command, place):
    group = place.lab.project("team/reviewbot", members={place.developer: 30, place.bot: 30})
    group.commit("main", {".reviewbot/rules/shared.md": DRAFT.replace("orders/no-float", "team/shared")})
    words = ("--project", "team/app", "--dry-run")
    settings = {**place.settings, "rules_project": "reviewbot"}
    assert "+disabled: [old, team/shared]" in command("rules", "mute", "team/shared", *words, **settings).out
    refused = command("rules", "promote", "team/shared", *words, **settings)
    assert (refused.code, "change its status there: --project" in refused.err) == (2, True), refused.err


def test_what_a_folder_says_is_promoted_there_and_guidance_is_muted_wherever_it_is(command, place):
    inner = DRAFT.replace("orders/no-float", "inner")
    words = "# Money\n\nAmounts must be exact.\n"
    files = {"pay/.reviewbot/rules/inner.md": inner, "pay/.reviewbot/rules/own.md": DRAFT, "pay/AGENTS.md": words}
    place.project.commit("main", files, author=place.developer)
    here = ("--project", "team/app", "--dry-run")
    done = command("rules", "mute", "inner", *here, **place.settings)
    assert (done.code, "write its id into pay/.reviewbot/rules/disabled" in done.err) == (2, True)
    assert "+++ b/pay/.reviewbot/rules/inner.md" in command("rules", "promote", "inner", *here, **place.settings).out
    done = command("rules", "promote", "orders/no-float", *here, **place.settings)
    assert "+++ b/.reviewbot/rules/money.md" in done.out  # of two of an id not the folder's
    guidance = "guidance/agents-md/pay/money"
    done = command("rules", "mute", guidance, *here, **place.settings)
    assert (done.code, f"{guidance}]" in done.out) == (0, True), done.err
    done = command("rules", "promote", guidance, *here, **place.settings)
    assert (done.code, "reviewbot rules import" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("mute", "order/no-flaot", "--project", "team/app"), "did you mean orders/no-float"),
        (("mute", "old", "--project", "team/app"), "knows no rule 'old': no rule file has that id"),
        (("promote", "reviewbot/rule-file", "--project", "team/app"), "and no rule file itself"),
        (("mute", "pyton-eval", "--project", "team/app"), "did you mean python-eval or js-eval or python-unsafe-yaml?"),
        (("mute", "orders/no-float", "--project", "team/other"), "shows the bot no project"),
        (("promote", "orders/no-float", "--to", "approved", "--project", "team/app", "--since", "x"), "90d"),
    ],
)
def test_what_is_not_known_is_told_with_the_nearest(command, place, words, mend):
    done = command("rules", *words, **place.settings)
    assert (done.code, mend in done.err) == (2, True), done.err
    assert place.writes == []


def test_what_was_done_already_is_told(command, place):
    place.project.commit("main", {".reviewbot.yml": "disabled: [orders/no-float]\n"})
    assert "muted already" in command(*MUTE, **place.settings).err
    place.project.commit("main", {".reviewbot.yml": "", ".reviewbot/rules/disabled": "orders/no-float\n"})
    assert "muted already" in command(*MUTE, **place.settings).err
    assert "take it out of `disabled`" in command(*PROMOTE, **place.settings).err
    enforced = DRAFT.replace("draft", "enforced")
    place.project.commit("main", {".reviewbot/rules/disabled": None, ".reviewbot/rules/money.md": enforced})
    assert "is enforced already" in command(*PROMOTE, **place.settings).err
    softer = DRAFT.replace("draft", "approved").replace("MUST", "should")
    place.project.commit("main", {".reviewbot/rules/money.md": softer})
    assert "MUST NOT" in command(*PROMOTE, **place.settings).err
    assert place.writes == []


def test_where_the_bot_may_not_write_is_told_with_the_mend(command, place):
    place.project.protected.add("reviewbot/*")
    done = command(*MUTE, **place.settings)
    assert (done.code, "protected branch" in done.err) == (3, True)
    place.project.archived = True
    assert "is archived" in command(*MUTE, **place.settings).err
    place.project.archived = False
    place.project.members[place.bot.id] = REPORTER
    assert "Developer role" in command(*MUTE, **place.settings).err
    assert opened(place) == []


def test_a_configuration_with_mistakes_is_not_changed(command, place):
    place.project.commit("main", {".reviewbot.yml": "langauge: German\n"})
    done = command(*MUTE, **place.settings)
    assert (done.code, "langauge" in done.err, place.writes) == (2, True, [])


def test_a_title_neither_calls_people_nor_commands_gitlab(command, place):
    wicked = DRAFT.replace("Money is no float", '"@all `x`\\n/merge"')
    place.project.commit("main", {".reviewbot/rules/money.md": wicked})
    assert command(*MUTE, **place.settings).code == 0
    assert "(`@all 'x'\u240a/merge`)" in opened(place)[0].description
    assert place.lab.quick_actions == []
