"""Formats of secrets that tell themselves apart: issuers' tokens, key material. RE2, so linear on any text."""

import re2

# kind -> pattern. A named group `secret` says which part is taken out, else the whole match is.
# Sources: the issuers' own documentation of their token formats; GitLab's at docs.gitlab.com/security/tokens.
_FORMATS: dict[str, tuple[str, ...]] = {
    "gitlab-token": (
        r"\bgl(?:pat|dt|ft|soat|rt|rtr|cbt|ptt|imt|agent|oas|ffct|wt)-[\w\-]{16,}(?:\.[\w\-]{2,}){0,2}",
        r"\bGR1348941[\w\-]{20,}",
    ),
    "github-token": (r"\bgh[pousr]_[A-Za-z0-9]{20,}", r"\bgithub_pat_\w{20,}"),
    "aws-key": (r"\b(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b",),
    "gcp-key": (r"\bAIza[\w\-]{30,}", r"\bya29\.[\w\-]{20,}", r"\bGOCSPX-[\w\-]{20,}"),
    "azure-key": (r"\b[A-Za-z0-9+/]{86}==",),
    "slack-token": (
        r"\bxox[a-z]-[A-Za-z0-9\-]{10,}",
        r"\bxapp-[A-Za-z0-9\-]{10,}",
        r"\bhooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9_/]{20,}",
    ),
    "stripe-key": (r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{16,}", r"\bwhsec_[A-Za-z0-9+/=]{20,}"),
    "anthropic-key": (r"\bsk-ant-[\w\-]{16,}",),
    "openai-key": (r"\bsk-[\w\-]{20,}",),
    "jwt": (r"\beyJ[\w\-]{8,}\.[\w\-]{8,}\.[\w\-]*(?:\.[\w\-]+){0,2}",),
    "npm-token": (r"\bnpm_[A-Za-z0-9]{30,}",),
    "pypi-token": (r"\bpypi-[\w\-]{32,}",),
    "sendgrid-key": (r"\bSG\.[\w\-]{16,}\.[\w\-]{32,}",),
    "telegram-token": (r"\b[0-9]{8,10}:[\w\-]{35}\b",),
    "twilio-key": (r"\bSK[0-9a-f]{32}\b",),
    "digitalocean-token": (r"\bdo[opr]_v1_[0-9a-f]{40,}",),
    "huggingface-token": (r"\bhf_[A-Za-z0-9]{30,}",),
    "shopify-token": (r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",),
    "vault-token": (r"\bhv[sbr]\.[\w\-]{20,}",),
    "docker-token": (r"\bdckr_(?:pat|oat)_[\w\-]{20,}",),
    "grafana-token": (r"\bgl(?:sa|c)_[\w=+/]{20,}",),
    "databricks-token": (r"\bdapi[0-9a-f]{32}",),
    "atlassian-token": (r"\bATATT3[\w\-=]{20,}",),
    "linear-key": (r"\blin_api_[A-Za-z0-9]{30,}",),
    "postman-key": (r"\bPMAK-[0-9a-f\-]{40,}",),
    "newrelic-key": (r"\bNR(?:AK|II|RA)-[\w\-]{20,}",),
    "sentry-token": (r"\bsntry[su]_[\w=+/]{30,}",),
    "mailgun-key": (r"\bkey-[0-9a-f]{32}\b",),
    "mailchimp-key": (r"\b[0-9a-f]{32}-us[0-9]{1,2}\b",),
    "discord-token": (r"\b[MNO][\w\-]{23,25}\.[\w\-]{6}\.[\w\-]{27,}",),
    "age-key": (r"\bAGE-SECRET-KEY-1[A-Z0-9]{40,}",),
    # A line of PEM or OpenSSH key material seen alone: nobody can review it, and it may be a private key's.
    "key-material": (r"[A-Za-z0-9+/]{60,}={0,2}",),
}

# group name -> kind: group names cannot hold a hyphen
KINDS: dict[str, str] = {
    f"{kind.replace('-', '_')}_{n}": kind for kind, many in _FORMATS.items() for n in range(len(many))
}

FORMAT = re2.compile(
    "|".join(
        f"(?P<{kind.replace('-', '_')}_{n}>{pattern})"
        for kind, patterns in _FORMATS.items()
        for n, pattern in enumerate(patterns)
    )
)
"""One alternation of all formats; the name of the group that matched is a key of `KINDS`."""
