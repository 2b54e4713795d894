"""What people say to the bot: commands, their roles, and what is answered, once."""

import threading

import pytest
from e2e.house import Case, code

from reviewbot.core import markers
from reviewbot.standin.gitlab.state import DEVELOPER, GUEST, MAINTAINER
from reviewbot.standin.model_script import Behaviour, reviewer

BEFORE = code(40)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = x  # PLANT(critical): Plant 7\n")


@pytest.fixture
def case(house):
    """A reviewed merge request with one critical comment."""
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    case.forget()
    return case


def member(case, level, name):
    person = case.lab.user(f"{name}{case.project.id}")
    case.project.member(person, level)
    return person


def answers(case):
    """(what, body) of every answer of the bot, oldest first."""
    found = []
    for note in case.mr.notes:
        marker = markers.read(note.body, case.house.reviewer.key, case.ref)
        if marker and marker.kind == "reply" and note.author is case.house.bot:
            found.append((marker.extra, note.body))
    return found


def said(case, body, user=None):
    """Say it, wait, and give the answers that came."""
    before = len(answers(case))
    case.say(body, user)
    case.settled()
    return answers(case)[before:]


def test_help_lists_every_command_and_who_may_give_it(case):
    ((what, body),) = said(case, "@reviewbot help")
    assert what == "help"
    assert "break glass REASON" in body
    assert "the Maintainer role in the project" in body
    assert case.prompts() == []


def test_an_unknown_command_gets_the_help_once_per_merge_request(case):
    ((what, body),) = said(case, "@reviewbot reveiw")
    assert what == "unknown"
    assert "full review" in body
    assert said(case, "@reviewbot dance") == []
    assert [(one.user, one.name) for one in case.mr.notes[-1].awards] == [(case.house.bot, "question")]


def test_pause_and_resume(case):
    ((what, _),) = said(case, "@reviewbot pause")
    assert what == "pause"
    state = case.house.store.states.get(case.ref)
    assert (state.paused, state.paused_by) == (True, case.developer.username)
    ((what, _),) = said(case, "@reviewbot resume")
    assert what == "resume"
    assert not case.house.store.states.get(case.ref).paused
    assert case.report().trigger in {"talk", "command"}


def test_a_paused_merge_request_is_reviewed_on_request_alone_until_it_is_resumed(case):
    said(case, "@reviewbot pause")
    case.push({"app.py": AFTER + "more = x  # PLANT(warning): More\n"})
    assert case.settled() is not None
    assert (case.report().state, "paused" in case.report().reason) == ("ignored", True)
    assert case.prompts() == []
    case.say("@reviewbot review")
    case.reviewed()
    assert len(case.comments) == 2
    assert case.house.store.states.get(case.ref).paused
    said(case, "@reviewbot resume")
    assert case.status() == "failed"


def test_a_review_that_was_asked_for_outlives_a_push_that_no_event_told_of(case, house, monkeypatch):
    said(case, "@reviewbot pause")
    gate = threading.Event()
    house.model.script = lambda received: Behaviour(text=reviewer()(received).text, gate=gate, gate_at=1)
    case.push({"app.py": AFTER + "more = x  # PLANT(warning): More\n"})
    case.settled()
    case.say("@reviewbot review")
    house.until(case.prompts, "the model is asked")
    with monkeypatch.context() as silence:
        silence.setattr(case.lab.deliveries, "hooks", [])
        case.push({"app.py": AFTER + "last = x  # PLANT(warning): Last\n"})
    gate.set()
    case.reviewed()
    assert any(one.text.startswith("last = x") for one in case.comments)


def test_an_ignored_merge_request_is_left_alone_until_somebody_asks(case):
    said(case, "@reviewbot ignore")
    case.push({"app.py": AFTER + "more = 1\n"})
    case.settled()
    assert case.report().state == "ignored"
    case.say("@reviewbot review")
    case.reviewed()
    assert not case.house.store.states.get(case.ref).paused


def test_a_full_review_reads_everything_anew(case):
    case.say("@reviewbot full review")
    case.reviewed()
    assert case.report().trigger == "command"
    assert len(case.comments) == 1


def test_a_full_review_asks_again_what_was_answered_before_and_a_restarted_one_pays_nothing_twice(case):
    for _ in range(2):
        case.forget()
        case.say("@reviewbot full review")
        case.reviewed()
        assert len(case.prompts()) == 1
    case.forget()
    (run,) = case.house.store.runs.recent(1, case.ref)
    case.house.store.jobs.requeue(run.job_id, 0.0)
    case.settled()
    assert case.house.store.runs.recent(1, case.ref)[0].id > run.id
    assert case.requests == 0


def test_resolve_closes_the_bots_threads_and_no_others(case):
    theirs = case.say("What about this?")
    case.settled()
    thread = case.lab.write(case.mr, "A thread of mine", case.developer, threaded=True)
    ((what, body),) = said(case, "@reviewbot resolve")
    assert (what, "Resolved 1 thread of mine." in body) == ("resolve", True)
    threads = {thread.notes[0].id: thread.resolved for thread in case.mr.discussions if thread.resolvable}
    assert threads[thread.id] is False
    assert [resolved for note, resolved in threads.items() if note not in {thread.id, theirs.id}].count(True) == 1


def test_what_a_developer_had_resolved_counts_no_more_and_comes_back_when_it_is_reopened(case):
    said(case, "@reviewbot resolve")
    case.say("@reviewbot review")
    assert case.reviewed().verdict == "approved"
    assert case.status() == "success"
    assert not any(one.project_wide for one in case.house.store.suppressions.active(case.ref))
    (thread,) = (one for one in case.mr.discussions if one.resolvable and one.resolved)
    case.lab.resolve(case.mr, thread, case.developer, resolved=False)
    case.say("@reviewbot full review")
    assert case.reviewed().verdict == "significant_concerns"
    assert len(case.comments) == 1


def test_what_an_author_without_the_role_had_resolved_counts(house):
    project, _ = house.project({"app.py": BEFORE})
    guest = house.lab.user(f"guest{project.id}")
    project.member(guest, GUEST)
    fork = project.fork(f"guest{project.id}/app", guest)
    fork.commit("feature", {"app.py": AFTER}, author=guest)
    mr = project.merge_request("feature", "main", f"From a guest {project.id}", author=guest, source_project=fork)
    case = Case(house, project, guest, mr, len(house.model.requests))
    case.reviewed()
    ((what, _),) = said(case, "@reviewbot resolve")
    assert what == "resolve"
    case.say("@reviewbot review", member(case, DEVELOPER, "dev"))
    assert case.reviewed().verdict == "significant_concerns"


@pytest.mark.parametrize("level", [GUEST, DEVELOPER])
def test_explain_shows_a_rule_to_whoever_may_comment(case, level):
    ((what, body),) = said(case, "@reviewbot explain python-eval", member(case, level, "reader"))
    assert what == "explain"
    assert "rule `python-eval`" in body
    assert "eval(" in body


def test_explain_of_an_unknown_rule_names_the_nearest(case):
    ((_, body),) = said(case, "@reviewbot explain python-evil")
    assert "There is no rule `python-evil`" in body
    assert "`python-eval`" in body


def test_explain_knows_the_rules_of_the_project(house):
    rule = "---\nid: shop/no-x\ntitle: No x\n---\nNever name anything x.\n"
    files = {".reviewbot/rules/no-x.md": rule, ".reviewbot/rules/bad.md": "---\nid: bad\n---\n"}
    case = house.open({"app.py": BEFORE, ".reviewbot.yml": "disabled: [shop/no-x]\n", **files}, {"app.py": AFTER})
    case.reviewed()
    ((_, body),) = said(case, "@reviewbot explain `shop/no-x`")
    assert "Never name anything x." in body
    assert "`project: .reviewbot/rules/no-x.md`" in body
    assert "It is switched off here." in body
    ((_, body),) = said(case, "@reviewbot explain bad")
    assert "There is no rule `bad`" in body
    assert "> .reviewbot/rules/bad.md" in body


def test_explain_knows_the_rules_of_folders_without_changes(house):
    rule = "---\nid: shop/no-y\ntitle: No y\n---\nNever name anything y.\n"
    case = house.open({"app.py": BEFORE, "shop/.reviewbot/rules/no-y.md": rule}, {"app.py": AFTER})
    case.reviewed()
    ((_, body),) = said(case, "@reviewbot explain shop/no-y")
    assert "Never name anything y." in body
    assert "`folder shop: shop/.reviewbot/rules/no-y.md`" in body


def test_config_lists_the_rules_of_the_change_by_layer_and_those_of_a_file(house):
    rule = "---\nid: python-eval\ntitle: No x\nstatus: enforced\n---\nOne MUST NOT take x.\n"
    files = {".reviewbot.yml": "language: German\n", ".reviewbot/rules/x.md": rule}
    case = house.open({"app.py": BEFORE, **files}, {"app.py": AFTER})
    case.reviewed()
    ((_, body),) = said(case, "@reviewbot config")
    assert "| `project` | 1 | 1 | 0 | 0 |" in body
    assert "guidance_led" not in body  # what was found, no key of the file
    assert "Regeln für 1 geänderte Datei" in body
    ((what, body),) = said(case, "@reviewbot config other.py")
    assert what == "config"
    assert "| `python-eval` | Warnung | verbindlich | `project: .reviewbot/rules/x.md` | `built-in` |" in body
    assert "max_inline_comments" not in body


def test_explain_knows_a_shipped_rule_whose_pack_is_not_on(house):
    pack = next(pack.name for pack in house.reviewer.bench.shelf.packs if "python-eval" in pack.ids)
    case = house.open({"app.py": BEFORE, ".reviewbot.yml": f"packs: ['!{pack}']\n"}, {"app.py": AFTER})
    case.reviewed()
    ((_, body),) = said(case, "@reviewbot explain python-eval")
    assert "rule `python-eval`" in body
    assert body.partition("<!--")[0].strip().endswith("It is switched off here.")


def test_config_tells_each_value_and_where_it_is_from(house):
    ours = {".reviewbot.yml": "max_inline_comments: 3\nexclude: [docs/**]\ndisabled: [python-evall]\n"}
    case = house.open({"app.py": BEFORE, **ours}, {"app.py": AFTER})
    case.reviewed()
    assert "did you mean python-eval?" in case.summary()
    ((what, body),) = said(case, "@reviewbot config")
    assert what == "config"
    assert "| `max_inline_comments` | `3` | `.reviewbot.yml` |" in body
    assert "| `exclude` | `docs/**` | `.reviewbot.yml` |" in body
    assert "| `severity_floor` | `suggestion` | default |" in body
    assert "| `reviewers` | `trivial: general; lite: correctness, " in body
    assert "| `llm_model` | `stand-in` | the operator |" in body
    assert "| `max_cost_per_day` | no limit | default |" in body
    assert "merge requests into `main`" in body
    assert "paused" not in body.replace("pause_after", "")
    said(case, "@reviewbot pause")
    ((_, body),) = said(case, "@reviewbot config")
    assert f"> Reviews of pushes are paused here by `@{case.developer.username}`" in body
    assert "did you mean python-eval?" in body
    assert house.token not in body


def test_commands_are_answered_in_the_projects_language(house):
    case = house.open({"app.py": BEFORE, ".reviewbot.yml": "language: German\n"}, {"app.py": AFTER})
    case.reviewed()
    assert case.summary().startswith("**")
    ((_, helped),) = said(case, "@reviewbot help")
    ((_, paused),) = said(case, "@reviewbot pause")
    ((_, explained),) = said(case, "@reviewbot explain python-eval")
    assert "| Befehl | Wirkung | Verlangt |" in helped
    assert "bis `@reviewbot-bot resume`." in paused
    assert "Regel `python-eval`" in explained


@pytest.mark.parametrize(
    ("command", "level", "role"),
    [
        ("pause", GUEST, "Developer"),
        ("ignore", GUEST, "Developer"),
        ("resume", GUEST, "Developer"),
        ("resolve", GUEST, "Developer"),
        ("review", GUEST, "Developer"),
        ("full review", GUEST, "Developer"),
        ("break glass now", DEVELOPER, "Maintainer"),
    ],
)
def test_a_command_beyond_ones_role_is_refused_once_and_does_nothing(case, command, level, role):
    person = member(case, level, "somebody")
    ((what, body),) = said(case, f"@reviewbot {command}", person)
    assert what.startswith("refused")
    assert f"needs the {role} role" in body
    assert said(case, f"@reviewbot {command}", person) == []
    assert len(said(case, f"@reviewbot {command}", member(case, level, "another"))) == 1
    state = case.house.store.states.get(case.ref)
    assert (state.paused, state.overridden) == (False, False)
    assert case.status() == "failed"


def test_strangers_get_few_answers_and_no_words_for_what_they_may_not(house):
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER}, visibility="public")
    case.reviewed()
    stranger = house.lab.user(f"stranger{case.project.id}")
    assert said(case, "@reviewbot break glass please", stranger) == []
    for _ in range(5):
        assert len(said(case, "@reviewbot help", stranger)) == 1
    assert said(case, "@reviewbot help", stranger) == []
    assert len(said(case, "@reviewbot help")) == 1


def test_break_glass_opens_the_gate_and_keeps_it_open_for_later_pushes(case, house):
    boss = member(case, MAINTAINER, "boss")
    assert case.status() == "failed"
    before = house.store.states.overrides()
    ((what, body),) = said(case, "@reviewbot break glass the shop is down @all", boss)
    assert what == "break-glass"
    assert f"`@{boss.username}`" in body
    assert "@all" not in body.replace("`@all`", "")
    status = case.project.statuses[-1]
    assert (status.state, status.description) == ("success", f"Forced open by {boss.username}: the shop is down @all")
    assert case.prompts() == []
    assert house.store.states.overrides() == before + 1
    case.push({"app.py": AFTER.replace("value_9 = 9\n", "value_9 = x  # PLANT(critical): Plant 9\n")})
    case.reviewed()
    assert len(case.comments) == 2  # the review goes on
    assert case.status() == "success"
    assert "Forced open" in case.project.statuses[-1].description
    said(case, "@reviewbot resume", boss)
    assert case.status() == "failed"


@pytest.mark.parametrize("reason", ["", " -", " \u2026!"])
def test_break_glass_without_a_reason_does_nothing_and_says_what_is_missing(case, house, reason):
    before = house.store.states.overrides()
    ((what, body),) = said(case, f"@reviewbot break glass{reason}", member(case, MAINTAINER, "boss"))
    assert (what, " break glass REASON`" in body) == ("no-reason", True)
    assert (case.status(), house.store.states.overrides()) == ("failed", before)


def test_a_review_that_runs_while_the_glass_breaks_does_not_close_the_gate_again(house):
    gate = threading.Event()
    house.model.script = lambda received: Behaviour(text=reviewer()(received).text, gate=gate, gate_at=1)
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    house.until(case.prompts, "the model is asked")
    boss = member(case, MAINTAINER, "boss")
    case.say("@reviewbot break glass now", boss)
    house.until(lambda: case.status() == "success", "it is open while the model still thinks")
    gate.set()
    case.reviewed()
    assert len(case.comments) == 1
    assert case.status() == "success"


def test_glass_that_breaks_while_a_push_comes_opens_the_new_head(case, house):
    boss = member(case, MAINTAINER, "boss")

    def push():
        case.push({"app.py": AFTER + "more = 1\n"})

    house.faults.add("GET", rf"/projects/{case.project.id}/members/all/{boss.id}$", "call", callback=push)
    ((what, body),) = said(case, "@reviewbot break glass now", boss)
    assert what == "break-glass"
    assert "could not" not in body
    assert case.status() == "success"
    assert (case.mr.sha, "success") in [(one.sha, one.state) for one in case.project.statuses]


def test_glass_breaks_where_the_bot_may_set_no_status(case, house):
    boss = member(case, MAINTAINER, "boss")
    house.faults.add("POST", r"/statuses/", "deny", retry_after="403", times=9)
    ((what, body),) = said(case, "@reviewbot break glass now", boss)
    assert what == "break-glass"
    assert "The commit status could not be set" in body
    assert house.store.states.get(case.ref).overridden


def together(case, *notes):
    """Say all of it while another command is carried out, so that one job hears it. -> what came, oldest first."""
    busy = case.house.faults.add("GET", rf"/projects/{case.project.id}/merge_requests/{case.mr.iid}$", "slow")
    case.say("@reviewbot help")
    case.house.until(lambda: busy.fired, "the job before runs")
    before = len(answers(case)) + 1
    for body, user in notes:
        case.say(body, user)
    case.lab.settle()
    busy.release.set()
    case.settled()
    return answers(case)[before:]


def test_what_one_command_is_refused_is_its_answer_and_the_others_are_carried_out(case, house):
    house.faults.add("PUT", r"/discussions/\w+$", "deny", retry_after="403", times=9)
    notes = [(f"@reviewbot {words}", None) for words in ("resolve", "pause", "dance", "help")]
    found = together(case, *notes)
    assert [what for what, _ in found] == ["failed-resolve", "pause", "unknown", "help"]
    assert "give the token the `api` scope and its user the Developer role" in found[0][1]
    assert house.store.states.get(case.ref).paused


def test_an_outage_of_one_command_keeps_no_other_waiting_and_repeats_none(case, house):
    house.faults.add("PUT", r"/discussions/\w+$", "limit", retry_after="900", times=1000)
    case.say("@reviewbot resolve")
    case.say("@reviewbot help")
    house.until(lambda: answers(case), "help is given")
    house.until(lambda: any(one.attempts for one in case.jobs()), "the rest is put off")
    house.faults.clear()
    for job in case.jobs():
        if job.attempts:
            house.store.jobs.requeue(job.id, 0.0)
            house.tell(job.id)
    case.settled()
    assert sorted(what for what, _ in answers(case)) == ["help", "resolve"]


def test_an_older_command_does_not_undo_broken_glass_and_a_later_one_does(case, house):
    boss = member(case, MAINTAINER, "boss")
    found = together(case, ("@reviewbot resume", boss), ("@reviewbot break glass now", boss))
    assert [what for what, _ in found] == ["resume", "break-glass"]
    assert house.store.states.get(case.ref).overridden
    assert case.status() == "success"
    found = together(case, ("@reviewbot break glass again", boss), ("@reviewbot resume", boss))
    assert [what for what, _ in found] == ["break-glass", "resume"]
    assert not house.store.states.get(case.ref).overridden
    assert case.status() == "failed"


def test_a_command_that_is_given_up_is_told(case, house):
    house.faults.add("GET", rf"/projects/{case.project.id}/merge_requests/{case.mr.iid}$", "deny", retry_after="403")
    case.say("@reviewbot pause")
    ((what, body),) = house.until(lambda: answers(case), "it is told")
    assert what == "failed-pause"
    assert "I could not do it: GitLab answered 403" in body
    assert not house.store.states.get(case.ref).paused


def test_a_command_whose_note_is_deleted_meanwhile_costs_the_others_nothing(case, house):
    gone = case.lab.write(case.mr, "@reviewbot config", case.developer, threaded=True)

    def delete():
        case.lab.delete_note(case.mr, gone.id)

    house.faults.add("GET", rf"/projects/{case.project.id}/members/all/", "call", callback=delete)
    case.settled()
    assert [what for what, _ in said(case, "@reviewbot help")] == ["help"]


def test_all_commands_of_one_comment_are_carried_out(case, house):
    found = said(
        case, "Enough for today.\n@reviewbot pause\n\n@reviewbot explain `python-eval`\n@reviewbot full review"
    )
    assert [what for what, _ in found] == ["pause", "explain"]
    assert "rule `python-eval`" in found[1][1]
    assert house.store.states.get(case.ref).paused
    house.until(lambda: case.settled() and case.report().trigger == "command", "the review comes")
    case.reviewed()


@pytest.mark.parametrize("body", ["```\n@reviewbot pause\n```", "> @reviewbot pause", "`@reviewbot pause`"])
def test_what_is_quoted_or_code_is_not_obeyed(case, body):
    assert said(case, f"{body}\n\nWhat a day") == []
    assert not case.house.store.states.get(case.ref).paused


def test_a_command_in_somebody_elses_thread_is_answered_there(case):
    case.lab.write(case.mr, "Shall we?", case.developer, threaded=True)
    thread = next(one for one in case.mr.discussions if one.notes[0].body == "Shall we?")
    case.lab.write(case.mr, "@reviewbot pause", case.developer, thread=thread)
    case.settled()
    assert case.house.store.states.get(case.ref).paused
    assert thread.notes[-1].author is case.house.bot


def test_commands_on_a_closed_merge_request_are_left_alone(case, house):
    case.lab.close_merge_request(case.mr, case.developer)
    assert said(case, "@reviewbot pause") == []
    assert not house.store.states.get(case.ref).paused


def test_a_command_that_is_deleted_before_it_is_carried_out_is_taken_back(case, house):
    busy = house.faults.add("GET", rf"/projects/{case.project.id}/merge_requests/{case.mr.iid}$", "slow")
    note = case.say("@reviewbot pause")
    house.until(lambda: busy.fired, "the job runs")
    case.lab.delete_note(case.mr, note.id)
    busy.release.set()
    case.settled()
    assert answers(case) == []
    assert not house.store.states.get(case.ref).paused


def test_a_long_reason_is_clipped(case, house):
    boss = member(case, MAINTAINER, "boss")
    ((what, body),) = said(case, f"@reviewbot break glass {'because ' * 20_000}", boss)
    assert what == "break-glass"
    assert len(body) < 2_000
    assert len(case.project.statuses[-1].description) <= 255
    ((_, body),) = said(case, f"@reviewbot explain {'x' * 20_000}")
    assert len(body) < 4_000


def test_a_bot_with_the_key_of_another_instance_is_not_answered(case):
    """It writes as a person would, and its marker is none of ours."""
    marker = markers.make(markers.Marker("reply", "1", "1", "answer"), b"another-key" * 4, case.ref)
    thread = next(one for one in case.mr.discussions if one.notes[0].position is not None)
    for body in (f"@reviewbot why?\n\n{marker}", f"@reviewbot help\n\n{marker}"):
        case.lab.write(case.mr, body, member(case, DEVELOPER, f"ann{len(body)}"), thread=thread)
    case.settled()
    assert answers(case) == []
    assert [job.kind for job in case.jobs()] == ["review"]


def test_another_bot_and_a_note_with_our_marker_are_not_answered(case):
    other = case.lab.user(f"other-bot{case.project.id}", bot=True)
    case.project.member(other, DEVELOPER)
    assert said(case, "@reviewbot help", case.lab.user(f"dependabot{case.project.id}", bot=True)) == []
    assert said(case, "@reviewbot help", other) == []
    ((_, body),) = said(case, "@reviewbot help")
    assert said(case, body) == []
