"""What the operator set: ignored branches, authors and labels, limits of money and time, small chunks, drafts."""

import re

import httpx
import orjson
import pytest
from e2e.house import Case, code

from reviewbot.db.wishes import forget
from reviewbot.model.job import JobState
from reviewbot.standin.gitlab.state import Job
from reviewbot.standin.model_script import Behaviour, always, confirmed, reviewer

BEFORE = code(30)
AFTER = BEFORE.replace("value_7 = 7\n", "value_7 = x  # PLANT(warning): Plant 7\n")
ON = [("app.py", "value_7 = x  # PLANT(warning): Plant 7")]


def many_files():
    """Three files that fill a small chunk each, with a plant in each."""
    before = {f"pkg{n}/m.py": code(200, name=f"v{n}") for n in range(3)}
    after = {
        path: text.replace("_9 = 9\n", f"_9 = 1  # PLANT(warning): In {path}\n") + code(60, 300, name=f"w{path[3]}")
        for path, text in before.items()
    }
    return before, after


def test_ignored_branches_authors_and_labels_are_told_in_the_inbox(own_house):
    house = own_house(ignored_branches="release/*", ignored_authors="mallory", ignored_labels="no-review")
    project, developer = house.project({"app.py": BEFORE})
    mallory = project.member(house.lab.user("mallory"))
    for branch in ("release/1", "feature", "other"):
        project.commit(branch, {"app.py": AFTER}, author=developer)
    project.merge_request("release/1", "main", "One", author=developer)
    project.merge_request("feature", "main", "Two", author=mallory)
    project.merge_request("other", "main", "Three", author=developer, labels=["no-review"])
    house.lab.settle()
    results = " ".join(row.result for row in house.inbox())
    for reason in ("branch release/1", "author mallory", "label no-review"):
        assert f"The {reason} is on the list of ignored" in results
    assert house.store.jobs.listed() == []
    assert house.model.requests == []


def test_the_repository_on_the_target_branch_says_what_is_left_out(own_house):
    house = own_house()
    ours = {".reviewbot.yml": "exclude: ['docs/']\nmax_inline_comments: 1\n"}
    theirs = {".reviewbot.yml": "exclude: ['**']\n"}
    text = AFTER.replace("value_9 = 9\n", "value_9 = x  # PLANT(warning): Plant 9\n")
    case = house.open({"app.py": BEFORE, **ours}, {"app.py": text, "docs/a.py": AFTER, **theirs})
    case.reviewed()
    assert case.coverage()["docs/a.py"][0] == "skipped"
    assert len(case.comments) == 1  # the cap of the target branch
    assert "Plant 7" in case.summary()
    assert "Plant 9" in case.summary()


def test_a_broken_configuration_is_named_and_the_review_goes_on(own_house):
    case = own_house().open({"app.py": BEFORE, ".reviewbot.yml": "exclud: [x]\n"}, {"app.py": AFTER})
    case.reviewed()
    assert case.on() == ON
    assert "exclud" in case.summary()


def test_drafts_are_reviewed_where_the_operator_wants_it(own_house):
    case = own_house(review_drafts=True).open({"app.py": BEFORE}, {"app.py": AFTER}, draft=True)
    case.reviewed()
    assert case.on() == ON


def test_drafts_are_reviewed_where_the_repository_wants_it(own_house):
    house = own_house()
    case = house.open({"app.py": BEFORE, ".reviewbot.yml": "review_drafts: true\n"}, {"app.py": AFTER}, draft=True)
    case.reviewed()
    assert case.on() == ON
    case.push({"app.py": AFTER.replace("value_9 = 9\n", "value_9 = y  # PLANT(warning): Plant 9\n")})
    case.reviewed()
    assert len(case.comments) == 2


def test_a_draft_that_nobody_wants_is_looked_at_once_and_then_known_by_its_project(own_house):
    house = own_house()
    case = house.open({"app.py": BEFORE, ".reviewbot.yml": "exclude: ['docs/']\n"}, {"app.py": AFTER}, draft=True)
    assert case.reviewed("ignored").reason == "The merge request is a draft"
    case.forget()
    case.push({"app.py": AFTER + "\n"})
    assert len(case.jobs()) == 1
    assert case.settled().state is JobState.DONE
    assert house.inbox()[0].result == "The merge request is a draft"
    assert [seen.path for seen in case.lab.requests[case.seen :]] == []
    case.lab.edit(case.mr, case.developer, title=f"Ready {case.project.id}")
    case.reviewed()
    assert case.on() == ON


def test_a_configuration_that_was_merged_counts_at_once(own_house):
    house = own_house()
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER}, draft=True)
    case.reviewed("ignored")
    ours = {".reviewbot.yml": "review_drafts: true\n"}
    case.project.commit("wish", ours, author=case.developer)
    wish = case.project.merge_request("wish", "main", f"Wish {case.project.id}", author=case.developer)
    Case(house, case.project, case.developer, wish, 0).settled()  # a review under way tells of the old configuration
    case.project.commit("main", ours, author=case.developer)
    case.lab.close_merge_request(wish, case.developer, "merge")
    case.lab.settle()
    case.push({"app.py": AFTER + "\n"})
    case.reviewed()
    assert case.on() == ON


def test_the_repository_names_the_labels_that_ask(own_house):
    house = own_house()
    theirs = {".reviewbot.yml": "trigger_labels: ['please look']\n"}
    case = house.open({"app.py": BEFORE, **theirs}, {"app.py": AFTER}, draft=True)
    assert case.reviewed("ignored") is not None
    case.forget()
    case.lab.edit(case.mr, case.developer, labels=["reviewbot"])
    case.settled()
    assert house.inbox()[0].result == "No label was added that asks for a review"
    assert [seen.path for seen in case.lab.requests[case.seen :]] == []
    case.lab.edit(case.mr, case.developer, labels=["reviewbot", "please look"])
    case.reviewed()
    assert case.on() == ON


def test_a_label_of_a_project_that_is_not_known_is_looked_into_once(own_house):
    house = own_house()
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    with house.store.database.engine.begin() as connection:
        forget(connection, case.project.id, 0.0)  # no merge after the version was made
    case.forget()
    case.lab.edit(case.mr, case.developer, labels=["bug"])
    assert case.reviewed("ignored").reason == "No label was added that asks for a review"
    asked = len(case.lab.requests)
    case.lab.edit(case.mr, case.developer, labels=["bug", "urgent"])
    case.settled()
    assert (len(case.lab.requests), case.prompts(), case.writes()) == (asked, [], [])
    case.lab.edit(case.mr, case.developer, labels=["reviewbot"])
    assert case.reviewed().trigger == "label"


def test_status_and_summary_lead_to_the_page_of_their_run(own_house):
    house = own_house(public_url="https://reviewbot.example.com/")
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed()
    page = f"/jobs/{case.jobs()[0].id}"
    assert [one.target_url for one in case.project.statuses] == [f"https://reviewbot.example.com{page}"]
    assert f"[This run](https://reviewbot.example.com{page})" in case.summary()
    admin = {"authorization": f"Bearer {house.settings.admin_token.get_secret_value()}"}
    shown = httpx.get(f"{house.web_url}{page}", headers=admin, trust_env=False)
    assert shown.status_code == 200
    assert "Plant 7" in shown.text
    assert "app.py:7" in shown.text


def test_what_could_not_be_written_is_told_with_the_run(own_house):
    house = own_house()
    house.faults.add("POST", r"/statuses/", "deny", times=10**6, retry_after="403")
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    assert "The commit status could not be set" in case.reviewed().reason
    job = case.jobs()[0]
    assert "The commit status could not be set" in job.reason
    admin = {"authorization": f"Bearer {house.settings.admin_token.get_secret_value()}"}
    shown = httpx.get(f"{house.web_url}/jobs/{job.id}", headers=admin, trust_env=False).text
    assert shown.count("The commit status could not be set") == 1


def test_findings_of_one_chunk_are_posted_although_another_was_not_read(own_house):
    house = own_house(chunk_tokens=1_500)

    def script(received):
        part = received.text.rpartition("<reviewbot:diff>")[2]
        return Behaviour(text="no answer at all") if "### pkg1/m.py" in part else reviewer()(received)

    house.model.script = script
    case = house.open(*many_files())
    case.reviewed("incomplete")
    assert [path for path, _ in case.on()] == ["pkg0/m.py", "pkg2/m.py"]
    states = {path: state for path, (state, _) in case.coverage().items()}
    assert states == {"pkg0/m.py": "reviewed", "pkg1/m.py": "skipped", "pkg2/m.py": "reviewed"}
    # A command reads the rest alone.
    house.model.script = reviewer()
    case.forget()
    case.say("@reviewbot review")
    case.reviewed()
    read = {path for prompt in case.prompts() for path in re.findall(r"(?m)^### (\S+) \(", prompt)}
    assert read == {"pkg1/m.py"}
    assert [path for path, _ in case.on()] == ["pkg0/m.py", "pkg1/m.py", "pkg2/m.py"]


def test_a_cost_limit_stops_asking_and_says_so(own_house):
    house = own_house(llm_model="gpt-4o", max_cost_per_review=0.02, chunk_tokens=1_500, llm_concurrency_per_review=1)
    house.model.script = lambda received: Behaviour(text=reviewer()(received).text + " " * 2_000)
    case = house.open(*many_files())
    report = case.reviewed("incomplete")
    assert 0 < report.usage.cost_usd <= 0.02
    assert report.usage.requests == case.requests < 4
    assert "cost limit" in case.summary()
    assert case.status() not in {"success", None}
    assert len(case.comments) == len(case.prompts())


def test_a_known_price_is_told_and_an_unknown_one_is_unknown(own_house):
    case = own_house(llm_model="gpt-4o").open({"app.py": BEFORE}, {"app.py": AFTER})
    report = case.reviewed()
    assert report.usage.cost_usd > 0
    assert f"{report.usage.cost_usd:.4f} USD" in case.summary()


def test_an_unknown_price_is_never_nought_and_cannot_be_limited(own_house):
    house = own_house(llm_model="stand-in", max_cost_per_review=1)
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed("incomplete")
    assert case.prompts() == []
    assert "price of the model is unknown" in case.summary()


def test_a_silent_model_is_given_up_and_the_review_says_so(own_house):
    house = own_house(llm_idle_seconds=0.3, llm_request_seconds=2)
    house.model.script = always(Behaviour(silent_after=1))
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed("incomplete")
    assert "silent" in case.coverage()["app.py"][1]
    assert "**Incomplete.**" in case.summary()


@pytest.mark.parametrize("behaviour", [Behaviour(comments=True), Behaviour(text="x" * 4_000, rate=20)])
def test_a_model_that_never_ends_meets_the_limit_of_a_request(own_house, behaviour):
    house = own_house(llm_request_seconds=0.5)
    house.model.script = always(behaviour)
    case = house.open({"app.py": BEFORE}, {"app.py": AFTER})
    case.reviewed("incomplete")
    assert "took longer than 0.5 s" in case.coverage()["app.py"][1]
    assert "**Incomplete.**" in case.summary()
    assert case.status() not in {"success", None}


def test_a_review_out_of_time_posts_what_it_has_and_says_what_it_has_not(own_house):
    """The limit is long enough to get to the model on a slow machine, and then runs out for sure."""
    house = own_house(review_seconds=8, chunk_tokens=1_500)

    def script(received):
        silent = "### pkg1/m.py" in received.text.rpartition("<reviewbot:diff>")[2]
        return Behaviour(silent_after=1) if silent else reviewer()(received)

    house.model.script = script
    case = house.open(*many_files())
    case.reviewed("incomplete")
    assert [path for path, _ in case.on()] == ["pkg0/m.py", "pkg2/m.py"]
    assert "time limit" in case.coverage()["pkg1/m.py"][1]
    assert case.status() not in {"success", None}


def test_without_a_model_the_pattern_rules_run_and_it_is_said(own_house):
    house = own_house(llm_model="", llm_base_url="")
    case = house.open({"app.py": BEFORE}, {"app.py": BEFORE.replace("value_7 = 7", "value_7 = eval(value_6)")})
    case.reviewed()
    assert case.on() == [("app.py", "value_7 = eval(value_6)")]
    assert "No model is configured" in case.summary()
    assert house.model.requests == []


def test_what_the_pipeline_reports_is_not_said_again_and_what_the_judge_refutes_neither(own_house):
    """Three plants: one stands in a Code Quality report, one is refuted, one is said."""
    house = own_house()
    plants = {"1": "Unused name one", "2": "Wrong name two", "3": "Real name three"}
    after = BEFORE + "".join(f"x{n} = 1  # PLANT(warning): {title}\n" for n, title in plants.items())
    line = BEFORE.count("\n") + 1
    entry = {
        "description": "Unused name",
        "check_name": "F841",
        "location": {"path": "app.py", "lines": {"begin": line}},
    }

    def judge(received):
        told = confirmed(received.text)
        for one in told:
            block = received.text.partition(f"## {one['id']} ")[2].partition("</reviewbot:candidate>")[0]
            if "Wrong name two" in block:
                one.update(verdict="refuted", reason="@all it is right")
        return Behaviour(text=orjson.dumps({"verdicts": told}).decode())

    house.model.judge = judge
    project, developer = house.project({"app.py": BEFORE})
    project.commit("feature", {"app.py": after}, author=developer)
    files = {"gl-code-quality-report.json": orjson.dumps([entry])}
    project.pipeline("feature", Job(0, "lint", "success", files, ("codequality",)))
    case = Case(house, project, developer, project.merge_request("feature", "main", "Names", author=developer))
    case.reviewed()
    assert [text for _, text in case.on()] == ["x3 = 1  # PLANT(warning): Real name three"]
    assert "1 finding that the pipeline reports already" in case.summary()
    assert "Wrong name two: refuted: `@all` it is right" in case.summary()
