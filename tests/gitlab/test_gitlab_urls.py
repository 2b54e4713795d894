"""Which merge request a pasted address means, and which addresses the token must not be taken to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.errors import ConfigurationError, UsageError
from reviewbot.gitlab.urls import parse_merge_request_url, project_of_remote

HOME = "https://gitlab.example.com"
PREFIXED = "https://example.com:8443/tools/gitlab"


@pytest.mark.parametrize(
    ("url", "home", "expected"),
    [
        (f"{HOME}/team/app/-/merge_requests/12", HOME, ("team/app", 12)),
        (f"{HOME}/team/app/merge_requests/12", HOME, ("team/app", 12)),
        (f"{HOME}/a/b/c/d/-/merge_requests/1/", HOME, ("a/b/c/d", 1)),
        (f"{HOME}/team/app/-/merge_requests/12/diffs?view=parallel&x=%20#note_1", HOME, ("team/app", 12)),
        (f"{HOME}/team/app/-/merge_requests/12/diffs#9a0364b9e9_0_5", HOME, ("team/app", 12)),
        (f"{HOME}/t%C3%A4m/app/-/merge_requests/3", HOME, ("täm/app", 3)),
        ("HTTPS://GitLab.Example.com:443/team/app/-/merge_requests/12", HOME, ("team/app", 12)),
        (f"{PREFIXED}/team/app/-/merge_requests/12", PREFIXED, ("team/app", 12)),
        (f"{PREFIXED}/team/app/-/merge_requests/12", f"{PREFIXED}/", ("team/app", 12)),
        ("http://127.0.0.1:8080/team/app/-/merge_requests/7", "http://127.0.0.1:8080", ("team/app", 7)),
    ],
)
def test_addresses_of_merge_requests(url, home, expected):
    assert parse_merge_request_url(url, home) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/team/app/-/merge_requests/12",
        "https://gitlab.example.com@evil.example/team/app/-/merge_requests/12",
        "https://gitlab.example.com:pw@evil.example/team/app/-/merge_requests/12",
        "https://user:pw@gitlab.example.com/team/app/-/merge_requests/12",
        "https://@gitlab.example.com/team/app/-/merge_requests/12",
        "https://gitlab.example.com.evil.example/team/app/-/merge_requests/12",
        "https://gitlab.example.com./team/app/-/merge_requests/12",
        "https://gitlab.example.com:8443/team/app/-/merge_requests/12",
        "http://gitlab.example.com/team/app/-/merge_requests/12",
    ],
)
def test_another_place_is_refused_and_the_token_stays_home(url):
    with pytest.raises(UsageError, match="token stays home") as raised:
        parse_merge_request_url(url, HOME)
    assert raised.value.mend


@pytest.mark.parametrize(
    "path", ["/team/app/-/merge_requests/1", "/tools/team/app/-/merge_requests/1", "/tools/gitlabx/"]
)
def test_outside_the_path_prefix_is_another_place(path):
    with pytest.raises(UsageError, match="token stays home"):
        parse_merge_request_url(f"https://example.com:8443{path}", PREFIXED)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "team/app!12",
        "//gitlab.example.com/team/app/-/merge_requests/12",
        "ftp://gitlab.example.com/team/app/-/merge_requests/12",
        "https:///team/app/-/merge_requests/12",
        "https://gitlab.example.com\\@evil.example/team/app/-/merge_requests/12",
        "https://gitlab.example.com /team/app/-/merge_requests/12",
        "https://gitlab.example.com/team/app/-/merge_requests/12\n",
        "https://gitlab.example.com:port/team/app/-/merge_requests/12",
        "https://[gitlab.example.com/team/app/-/merge_requests/12",
        f"{HOME}/team/app/-/issues/12",
        f"{HOME}/team/app/-/merge_requests/",
        f"{HOME}/team/app/-/merge_requests/new",
        f"{HOME}/team/app/-/merge_requests/12x",
        f"{HOME}/app/-/merge_requests/12",
        f"{HOME}/team/../app/-/merge_requests/12",
        f"{HOME}/team/%2e%2e/app/-/merge_requests/12",
        f"{HOME}/team%2fapp/-/merge_requests/12",
        f"{HOME}/team/a%00b/-/merge_requests/12",
        f"{HOME}/team/%ff/-/merge_requests/12",
    ],
)
def test_what_is_no_address_of_a_merge_request(url):
    with pytest.raises(UsageError) as raised:
        parse_merge_request_url(url, HOME)
    assert raised.value.mend


@given(st.text(max_size=80))
def test_any_text_is_parsed_or_a_usage_error(text):
    for url in (text, f"{HOME}/{text}", f"https://{text}/team/app/-/merge_requests/1"):
        try:
            project, iid = parse_merge_request_url(url, HOME)
        except UsageError:
            continue
        assert "/" in project
        assert iid >= 0
        assert url.lower().startswith(HOME)


@pytest.mark.parametrize("home", ["gitlab.example.com", "ftp://gitlab.example.com", "https://[x"])
def test_a_setting_that_is_no_address_is_named_instead_of_the_merge_request(home):
    with pytest.raises(ConfigurationError, match="REVIEWBOT_GITLAB_URL") as raised:
        parse_merge_request_url(f"{HOME}/team/app/-/merge_requests/12", home)
    assert "https://gitlab.example.com" in raised.value.mend


@pytest.mark.parametrize(
    ("remote", "home", "expected"),
    [
        (f"{HOME}/team/app.git", HOME, "team/app"),
        (f"{HOME}/team/sub/app", HOME, "team/sub/app"),
        ("https://gitlab-ci-token:secret@GitLab.example.com/team/app.git", HOME, "team/app"),
        (f"{PREFIXED}/team/app.git", PREFIXED, "team/app"),
        ("git@gitlab.example.com:team/app.git", HOME, "team/app"),
        ("ssh://git@gitlab.example.com:2222/team/app.git", HOME, "team/app"),
        ("ssh://git@example.com/team/app.git", PREFIXED, "team/app"),
        ("https://example.com:8443/team/app.git", PREFIXED, ""),
        ("https://gitlab.example.com.evil.org/team/app.git", HOME, ""),
        ("http://gitlab.example.com/team/app.git", HOME, ""),
        ("git@github.com:team/app.git", HOME, ""),
        ("https://gitlab.example.com:port/team/app.git", HOME, ""),
        (f"{HOME}/team/../app.git", HOME, ""),
        (f"{HOME}/app.git", HOME, ""),
        ("../shop", HOME, ""),
        ("/srv/git/team/app.git", HOME, ""),
        ("git@gitlab.example.com:team/app.git", "", ""),
        ("", HOME, ""),
    ],
)
def test_remotes_of_git(remote, home, expected):
    assert project_of_remote(remote, home) == expected


@given(st.text(alphabet="a:/@.-%\\[] 1\n"))
def test_no_remote_is_an_error(remote):
    assert ".." not in project_of_remote(remote, HOME).split("/")
