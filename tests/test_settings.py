"""The operator's settings: what is wrong in them is said at once, with the place and the mend, never the value."""

import pytest

from reviewbot.errors import ConfigurationError
from reviewbot.settings import load, strangers
from reviewbot.wiring.bench import policy_of


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "reviewbot.toml"
    monkeypatch.setenv("REVIEWBOT_CONFIG", str(path))
    return path


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("REVIEWBOT_WEBHOOK_SECRTE", "REVIEWBOT_WEBHOOK_SECRET"),
        ("REVIEWBOT_MAX_COST_PER_REVEIW", "REVIEWBOT_MAX_COST_PER_REVIEW"),
        ("REVIEWBOT_GITLAB_TOKENS", "REVIEWBOT_GITLAB_TOKEN"),
        ("REVIEWBOT_TRIGGER_LABEL", "REVIEWBOT_TRIGGER_LABELS"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_one_that_was_meant(monkeypatch, variable, meant):
    monkeypatch.setenv(variable, "hush-hush")
    with pytest.raises(ConfigurationError, match=f"{variable} is no setting") as raised:
        load()
    assert meant in raised.value.mend
    assert "hush" not in str(raised.value)


def test_variables_that_kubernetes_makes_for_a_service_stop_nothing_and_are_named(monkeypatch):
    made = ["REVIEWBOT_SERVICE_HOST", "REVIEWBOT_SERVICE_PORT", "REVIEWBOT_PORT_8080_TCP_ADDR"]
    for name in made:
        monkeypatch.setenv(name, "tcp://10.0.0.1:8080")
    assert load().port == 8080
    assert strangers() == sorted(made)


def test_the_documented_names_are_none_of_them_strangers(monkeypatch):
    monkeypatch.setenv("reviewbot_language", "French")
    assert strangers() == []
    assert load().language == "French"


@pytest.mark.parametrize(
    ("text", "said", "mend"),
    [
        ("max_inline_coments = 5", "unknown key: max_inline_coments", "max_inline_comments"),
        ("frobnicate = 5", "unknown key: frobnicate", "docs/configuration.md"),
        ("[llm]\nmodel = 'x'", "unknown key: llm", "docs/configuration.md"),
        ("max_inline_comments = 'many'", "REVIEWBOT_MAX_INLINE_COMMENTS", "reviewbot.toml"),
        ("exclude = [[1]]", "REVIEWBOT_EXCLUDE", "reviewbot.toml"),
        ("gitlab_token = ['glpat-hush']", "REVIEWBOT_GITLAB_TOKEN", "reviewbot.toml"),
        ("gitlab_url = ", "not valid TOML", "docs/configuration.md"),
        ("a = " + "[" * 100_000, "not valid TOML", "docs/configuration.md"),
        ("max_inline_comments = " + "9" * 10_000, "not valid TOML", "docs/configuration.md"),
        ('gitlab_url = "http://a\\u0000"', "REVIEWBOT_GITLAB_URL", "reviewbot.toml"),
        ("max_cost_per_review = nan", "REVIEWBOT_MAX_COST_PER_REVIEW", "reviewbot.toml"),
        ("max_cost_per_day = inf", "REVIEWBOT_MAX_COST_PER_DAY", "reviewbot.toml"),
        ("review_seconds = 1e300", "REVIEWBOT_REVIEW_SECONDS", "reviewbot.toml"),
        ("debounce_seconds = inf", "REVIEWBOT_DEBOUNCE_SECONDS", "reviewbot.toml"),
        ("ca_bundle = 'nowhere.pem'", "nowhere.pem holds no certificates that can be read: No such", "reviewbot.toml"),
        ("ca_bundle = 'reviewbot.toml'", "BUNDLE: reviewbot.toml holds no certificates", "reviewbot.toml"),
        ("public_url = 'there'", "REVIEWBOT_PUBLIC_URL: an address like", "reviewbot.toml"),
        ("log_level = 'LOUD'", "REVIEWBOT_LOG_LEVEL", "reviewbot.toml"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_mend(file, text, said, mend):
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said) as raised:
        load()
    assert mend in raised.value.mend
    assert "hush" not in str(raised.value)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\x00", "gitlab_url = 'é'".encode("utf-16")])
def test_a_file_that_is_no_text_is_named(file, data):
    file.write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"reviewbot\.toml is not valid TOML"):
        load()


def test_a_file_that_is_named_must_be_there(file, monkeypatch, tmp_path):
    for path in (tmp_path / "missing.toml", tmp_path):
        monkeypatch.setenv("REVIEWBOT_CONFIG", str(path))
        with pytest.raises(ConfigurationError, match="is not a file") as raised:
            load()
        assert "REVIEWBOT_CONFIG" in raised.value.mend


def test_a_folder_that_takes_the_files_place_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("REVIEWBOT_CONFIG", raising=False)
    (tmp_path / "reviewbot.toml").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"reviewbot\.toml is not a file") as raised:
        load()
    assert "another name" in raised.value.mend


def test_without_a_named_file_none_is_needed(monkeypatch, tmp_path):
    monkeypatch.setenv("REVIEWBOT_CONFIG", "")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert load().max_inline_comments == 10


@pytest.mark.parametrize("name", ["exclude", "include", "ignored_branches"])
def test_an_operators_glob_that_cannot_be_read_is_refused_at_the_start(file, name):
    file.write_text(f"{name} = ['[z-a]']")
    with pytest.raises(ConfigurationError, match="glob"):
        policy_of(load())


def test_a_level_is_read_in_any_case(monkeypatch):
    monkeypatch.setenv("REVIEWBOT_LOG_LEVEL", "debug")
    assert load().log_level == "DEBUG"


def test_the_project_of_groups_rules_can_be_switched_off(monkeypatch):
    assert load().rules_project == "reviewbot-config"
    for value, meant in [("-", ""), ("house-rules", "house-rules"), ("", "reviewbot-config")]:
        monkeypatch.setenv("REVIEWBOT_RULES_PROJECT", value)
        assert load().rules_project == meant
    monkeypatch.setenv("REVIEWBOT_RULES_PROJECT", "../x")
    with pytest.raises(ConfigurationError, match="the name of a project was expected"):
        load()
