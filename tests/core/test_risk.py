"""How deeply a change is reviewed, by its size and by what its paths sound like."""

import pytest

from reviewbot.core import risk
from reviewbot.core.diffs import parse_changes
from reviewbot.model.chunk import Tier
from reviewbot.model.merge_request import RawChange
from reviewbot.model.outcome import Risk
from reviewbot.model.policy import ReviewPolicy

POLICY = ReviewPolicy()


def files(number, lines, path="src/f{}.py"):
    """`number` files with `lines` changed lines in all, removed and added alike."""
    texts = [lines // number + (at < lines % number) for at in range(number)]
    changes = []
    for at, count in enumerate(texts):
        removed = count // 2
        body = "-x\n" * removed + "+y\n" * (count - removed)
        text = f"@@ -1,{removed} +1,{count - removed} @@\n{body}" if count else ""
        changes.append(RawChange(path.format(at), path.format(at), text, collapsed=not count))
    return parse_changes(changes).files


@pytest.mark.parametrize(
    ("number", "lines", "tier"),
    [
        (1, 1, Tier.TRIVIAL),
        (1, 10, Tier.TRIVIAL),
        (10, 10, Tier.TRIVIAL),
        (1, 11, Tier.LITE),
        (20, 100, Tier.LITE),
        (1, 101, Tier.FULL),
        (20, 10, Tier.TRIVIAL),
        (21, 10, Tier.FULL),
        (51, 51, Tier.FULL),
    ],
)
def test_size_decides(number, lines, tier):
    assert risk.tier(files(number, lines), POLICY) is tier


def test_nothing_to_review_is_trivial():
    assert risk.tier((), POLICY) is Tier.TRIVIAL


@pytest.mark.parametrize(
    "path",
    [
        "auth/login.py",
        "src/auth.py",
        "lib/user_session.rb",
        "OAuthClient.java",
        "app/JWTVerifier.kt",
        "web/src/resetPassword.ts",
        "pkg/oauth2/client.go",
        "internal/acl/rules.go",
        "crypto/x509.c",
        "SecretStore.cs",
        "config/permissions.yml",
        "api/access-token.ts",
        "src/sandbox.rs",
        "2fa/verify.php",
        ".gitlab-ci.yml",
        "ci/build.gitlab-ci.yml",
        ".gitlab/ci/deploy.yml",
        ".github/workflows/release.yaml",
        "Dockerfile",
        "images/worker.Dockerfile",
        "deploy/compose.yaml",
        "infra/main.tf",
        ".env.production",
        "certs/server.pem",
        "CODEOWNERS",
        ".reviewbot/rules/style.md",
    ],
)
def test_a_path_that_sounds_like_security_is_always_full(path):
    assert risk.tier(files(1, 1, path), POLICY) is Tier.FULL


@pytest.mark.parametrize(
    "path",
    [
        "author.py",
        "AUTHORS",
        "src/coauthoring/model.py",
        "nlp/tokenizer.py",
        "secretary.md",
        "lib/keyboard.ts",
        "compass/obsession.py",
        "src/accordion.css",
        "docs/guide.md",
        "tests/test_chunks.py",
    ],
)
def test_a_path_that_only_looks_alike_is_not(path):
    assert risk.tier(files(1, 1, path), POLICY) is Tier.TRIVIAL


def test_moving_a_file_away_from_a_security_path_is_full():
    moved = parse_changes([RawChange("auth/check.py", "old/check.py", "@@ -1 +1 @@\n-a\n+b\n", renamed_file=True)])
    assert risk.tier(moved.files, POLICY) is Tier.FULL


def test_own_security_paths_add_and_take_nothing_back():
    policy = ReviewPolicy(security_paths=("billing/**", "!auth/**", "!Dockerfile"))
    assert risk.tier(files(1, 1, "billing/invoice.py"), policy) is Tier.FULL
    assert risk.tier(files(1, 1, "auth/x.py"), policy) is Tier.FULL
    assert risk.tier(files(1, 1, "Dockerfile"), policy) is Tier.FULL


def test_a_path_of_single_letters_sounds_like_nothing():
    assert not risk.words("a/b/r.s") & risk._WORDS
    assert all(len(word) > 2 for word in risk._WORDS)


def test_the_reason_is_the_first_telling_path_the_number_of_files_or_the_lines():
    assert risk.why(files(2, 40), POLICY) == Risk("lines", 40)
    assert risk.why(files(30, 40), POLICY) == Risk("files", 30)
    assert risk.why(files(30, 40, "src/login{}.py"), POLICY) == Risk("path", path="src/login0.py")
