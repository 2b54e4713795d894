"""The files to review -> how deeply they are reviewed."""

import re
from collections.abc import Sequence
from itertools import pairwise

from reviewbot.core.globs import matcher
from reviewbot.model.chunk import Tier
from reviewbot.model.diff import FileDiff
from reviewbot.model.outcome import Risk
from reviewbot.model.policy import ReviewPolicy

TRIVIAL, LITE = 10, 100  # the most changed lines of these tiers
MANY = 20  # files; more of them are a full review

# Whole words of a path: "author.py", "tokenizer.py" or "secretary.txt" hold none of them.
_WORDS = frozenset(
    (
        *("auth", "authn", "authz", "authenticate", "authenticated", "authenticator", "authenticators"),
        *("authentication", "authorization", "authorisation", "authorize", "authorise", "authorizer", "oauth"),
        *("oauth2", "oidc", "openid", "saml", "sso", "ldap", "kerberos", "scim", "jwt", "jwks", "jws", "jwe"),
        *("token", "tokens", "session", "sessions", "cookie", "cookies", "login", "logins", "logout", "signin"),
        *("signup", "mfa", "totp", "otp", "2fa", "webauthn", "passkey", "passkeys", "captcha", "password"),
        *("passwords", "passwd", "passphrase", "secret", "secrets", "credential", "credentials", "keyring"),
        *("keychain", "keystore", "truststore", "vault", "crypto", "cryptography", "cipher", "ciphers", "encrypt"),
        *("encryption", "decrypt", "decryption", "hmac", "hashing", "signing", "signer", "signed", "kms", "pki"),
        *("x509", "tls", "ssl", "mtls", "cert", "certs", "certificate", "certificates", "permission"),
        *("permissions", "privilege", "privileges", "acl", "acls", "rbac", "abac", "iam", "sudo", "sudoers"),
        *("impersonation", "csrf", "xsrf", "cors", "csp", "xss", "ssrf", "sanitize", "sanitizer", "sanitise"),
        *("sanitiser", "sanitization", "escaping", "sandbox", "sandboxed", "sandboxing", "security", "secure"),
        *("insecure", "firewall", "allowlist", "denylist", "whitelist", "blacklist", "deserialization"),
        "deserializer",
    )
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# What builds, ships or guards the code, and what tells this reviewer how to work.
_FILES = (
    *(".gitlab-ci.yml", "*.gitlab-ci.yml", ".gitlab/ci/", ".github/workflows/", ".github/actions/", ".circleci/"),
    *(".travis.yml", ".drone.yml", "azure-pipelines*.yml", "bitbucket-pipelines.yml"),
    *("Jenkinsfile*", "*.jenkinsfile", ".buildkite/", "Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile"),
    *("Containerfile", "docker-compose*.y*ml", "compose*.y*ml", "*.tf", "*.tfvars", "CODEOWNERS", ".gitmodules"),
    *(".npmrc", ".yarnrc*", ".pypirc", ".netrc", ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks"),
    *("nginx*.conf", "sshd_config", ".pre-commit-config.yaml"),
    *(".reviewbot.yml", ".gitlab/reviewbot.yml", ".reviewbot/"),
)


def tier(files: Sequence[FileDiff], policy: ReviewPolicy) -> Tier:
    """How deeply `files` (those selected for review) are reviewed, by number, added and removed lines, and paths.

    Trivial: up to 10 lines, lite: up to 100 lines, both in up to 20 files and no path that sounds like security, guards
    the pipeline or matches `policy.security_paths`; full: everything else.
    """
    risk = why(files, policy)
    if risk.kind != "lines":
        return Tier.FULL
    if risk.number <= TRIVIAL:
        return Tier.TRIVIAL
    return Tier.LITE if risk.number <= LITE else Tier.FULL


def why(files: Sequence[FileDiff], policy: ReviewPolicy) -> Risk:
    """What `tier` decides by: the first path of those that alone make the tier full, too many files, else the lines."""
    path = _telling(files, policy)
    if path:
        return Risk("path", path=path)
    if len(files) > MANY:
        return Risk("files", len(files))
    return Risk("lines", sum(file.added + file.removed for file in files))


def _telling(files: Sequence[FileDiff], policy: ReviewPolicy) -> str:
    """The first path that sounds like security. `policy.security_paths` is matched apart: a `!` in it takes nothing of
    the built-in ones back.
    """
    builtin, own = matcher(_FILES), matcher(policy.security_paths)
    paths = dict.fromkeys(path for file in files for path in (file.new_path, file.old_path))
    found = (
        path for path in paths if builtin.match_file(path) or own.match_file(path) or not _WORDS.isdisjoint(words(path))
    )
    return next(found, "")


def words(path: str) -> set[str]:
    """The words of a path in lower case: split at anything but letters and digits, and inside camelCase.

    "OAuthTokens.java" -> o, auth, tokens, oauth, java: neighbours that camelCase tears apart are also joined.
    """
    found: set[str] = set()
    for run in re.findall(r"[A-Za-z0-9]+", path):
        parts = _PARTS.findall(run)
        found.add(run.lower())
        found.update(part.lower() for part in parts)
        found.update(f"{left}{right}".lower() for left, right in pairwise(parts))
    return found
