"""Secrets go, everything else stays as it is."""

import base64
import random

import pytest

from reviewbot.core.redaction import redact

# Built from parts, so that scanners of this repository stay quiet.
RANDOM = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
BODY = base64.b64encode(bytes(random.Random(7).randbytes(480))).decode()
PEM = "\n".join(
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        *(BODY[i : i + 64] for i in range(0, 640, 64)),
        "-----END RSA PRIVATE KEY-----",
    ]
)

TOKENS = {
    "gitlab-token": [
        "glpat-" + RANDOM[:20],
        "glrt-" + RANDOM[:20],
        "glcbt-64_" + RANDOM[:20],
        "gldt-" + RANDOM[:20],
        "glptt-" + "ab12" * 10,
        "glpat-" + RANDOM[:27] + ".01." + "0a1b2c3d4",
        "GR1348941" + RANDOM[:20],
    ],
    "github-token": ["ghp_" + RANDOM + "1234", "github_pat_11ABCDEFG0" + RANDOM],
    "aws-key": ["AKIA" + "IOSFODNN7EXAMPLE", "ASIA" + "Y34FZKBOKMUTVV7A"],
    "gcp-key": ["AIza" + "SyD" + RANDOM, "ya29." + RANDOM],
    "slack-token": [
        "xoxb-" + "123456789012-1234567890123-" + RANDOM[:24],
        "https://hooks.slack.com/services/T00000001/B00000002/" + RANDOM[:24],
    ],
    "stripe-key": ["sk_live_" + RANDOM[:24], "rk_live_" + RANDOM[:24]],
    "openai-key": ["sk-" + RANDOM + "abcdEFGH12345678", "sk-proj-" + RANDOM + "_" + RANDOM],
    "anthropic-key": ["sk-ant-api03-" + RANDOM + "-" + RANDOM],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"],
    "npm-token": ["npm_" + RANDOM + "abcd"],
    "pypi-token": ["pypi-AgEIcHlwaS5vcmc" + RANDOM + RANDOM],
    "sendgrid-key": ["SG." + RANDOM[:22] + "." + RANDOM + "abcdefghijk"],
    "twilio-key": ["SK" + "0123456789abcdef" * 2],
    "azure-key": [base64.b64encode(bytes(range(100, 164))).decode()],
    "telegram-token": ["123456789:" + RANDOM + "abc"],
}


@pytest.mark.parametrize(("kind", "token"), [(kind, token) for kind, many in TOKENS.items() for token in many])
@pytest.mark.parametrize("around", ["{}", 'client = Client("{}")', "  - run: deploy --with {} # now", "URL={}"])
def test_issuers_tokens_are_taken_out(kind, token, around):
    clean = redact(around.format(token))
    assert token[-12:] not in clean
    assert "[redacted:" in clean
    if around == "{}":
        assert f"[redacted:{kind}]" in clean


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('password = "hunter2!"', "hunter2"),
        ("db_password: 'S3cr3tPa55'", "S3cr3t"),
        ('{"password": "s3cr3t99"}', "s3cr3t99"),
        ('  "clientSecret": "8f3ac21be09d4c17a5",', "8f3ac21be"),
        ('password: str = "tr0ub4dor&3"', "tr0ub4dor"),
        ('if token == "a81bc81b0e7d4e2c99":', "a81bc81b"),
        ('os.environ["API_KEY"] = "k9d8f7g6h5j4k3l2"', "k9d8f7"),
        ('setPassword("p4ssw0rt-Geheim!")', "Geheim"),
        ("DB_PASSWORD=hunter2abc", "hunter2abc"),
        ("export API_TOKEN=4f5e6d7c8b9a0f1e2d3c", "4f5e6d"),
        ("+DB_PASSWORD=s3cr3tpa55", "s3cr3t"),
        ("POSTGRES_PASSWORD: s3cret99x", "s3cret99x"),
        ("password: s3cr3tpa55word", "s3cr3t"),
        ("secret_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'", "wJalr"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalr"),
        ("mysql --password=Tr0ub4dor3 -u root", "Tr0ub4"),
        ("Authorization: Bearer 7f3d9a2b5c8e1f4a6d0b", "7f3d9a"),
        ("postgres://app:s3cretPW@db.internal:5432/app", "s3cretPW"),
        ("git clone https://oauth2:abc123def456@gitlab.example.com/a/b.git", "abc123def456"),
        (f'authenticate(user, "{RANDOM}")  # token', RANDOM),
        ('pwd := "Zx81!spectrum"', "spectrum"),
        ('curl -H "PRIVATE-TOKEN: abcdEFGH1234ijkl5678" https://x', "ijkl5678"),
        ("curl -u admin:S3cretPw99 https://example.com", "S3cretPw99"),
        ("ENV DB_PASS=s3cr3tpa55", "s3cr3t"),
        ('conn = "Server=db;User Id=sa;Password=Pa55w0rd!;"', "Pa55w0rd"),
        ("https://example.com/feed?private_token=a1b2c3d4e5f6g7h8&page=2", "a1b2c3d4"),
        ("//registry.example.com/:_authToken=0a1b2c3d-4e5f-6789-abcd-ef0123456789", "ef0123456789"),
        ('"db.password" => "Zx81spectrum48",', "spectrum48"),
    ],
)
def test_values_of_names_that_tell_a_secret_are_taken_out(text, secret):
    clean = redact(text)
    assert secret not in clean
    assert "[redacted:" in clean


@pytest.mark.parametrize(
    "text",
    [
        'password = "changeme"',
        'password = ""',
        'PASSWORD = "xxxxxxxxxxxx"',
        'password = os.environ["DB_PASSWORD"]',
        "password = get_password(user1)",
        "token = request.headers.token2",
        "password: ${DB_PASSWORD_1}",
        "DB_PASSWORD=$DB_PASSWORD_2",
        'token = "${CI_JOB_TOKEN}"',
        'token: "{{ vault_token_9 }}"',
        'api_key = "<your-api-key-1>"',
        'api_key = "your-api-key-goes-here-123"',
        "glpat-xxxxxxxxxxxxxxxxxxxx",
        "commit 5fab55e0c1d2a3b4c5d6e7f8091a2b3c4d5e6f70",
        'image: "registry.example.com/app@sha256:' + "0123456789abcdef" * 4 + '"',
        'token_sha = "5fab55e0c1d2a3b4c5d6e7f8091a2b3c4d5e6f70"',
        'request_id = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"',
        'token_id = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"',
        'password2 = forms.CharField(label="password2")',
        'fields = ("username", "password1", "password2")',
        'token_url = "https://auth.example.com/oauth2/token"',
        'password_field = "user_password_2"',
        "def tokenize(text: str, key: int = 42) -> list[Token]:",
        "for key, value in mapping.items():",
        'self.assertEqual(response.json()["token_type"], "bearer")',
        "postgres://user:password@localhost/db",
        "https://${USER}:${PASS}@example.com",
        "https://example.com/path?next=a@b:c",
        ".sk-cube-grid-animation-container { color: red }",
        "import com.example.service.authentication.OAuth2TokenProviderFactory;",
        '"AsyncAPIKeysWithStreamingResponse": (".api_keys", "AsyncAPIKeysWithStreamingResponse"),',
        "# " + "-" * 76,
        "x" * 80,
        "reviewbot/core/redaction/secrets/formats/of/Version2/tokens/issuers/abcdef/ghijkl/mnop.py",
        "monkey = keyboard.key1",
        "docker run -u 1000:1000 image --bypass=level12345",
        "        pass  # compass_pass2 = bypass1",
        "secret: Secret | None = None",
        '    PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]',
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_a_private_key_loses_its_body_and_keeps_its_lines():
    clean = redact(f"before\n{PEM}\nafter")
    assert not any(BODY[i : i + 16] in clean for i in range(0, 600, 16))
    assert "-----BEGIN RSA PRIVATE KEY-----[redacted:private-key]" in clean
    assert clean.count("\n") == PEM.count("\n") + 2
    assert clean.startswith("before\n")
    assert clean.endswith("\nafter")


@pytest.mark.parametrize("line", PEM.splitlines()[1:-1])
def test_a_line_of_key_material_is_known_without_its_header(line):
    assert redact(line) == "[redacted:key-material]"
    assert line not in redact(f'    "{line}\\n"')


def test_a_private_key_in_one_line_loses_its_body():
    clean = redact('key = "' + PEM.replace("\n", "\\n") + '"')
    assert BODY[:16] not in clean
    assert BODY[200:216] not in clean


def test_the_public_key_block_is_no_secret():
    text = "-----BEGIN PUBLIC KEY-----\nshort\n-----END PUBLIC KEY-----"
    assert redact(text) == text


def test_hostile_long_lines_take_linear_time():
    for text in (
        "password" * 40_000,
        "a-" * 100_000 + "@",
        "https://" * 40_000,
        'key="' * 60_000,
        "eyJ" * 90_000,
        "password=" + " " * 300_000,
    ):
        redact(text)
