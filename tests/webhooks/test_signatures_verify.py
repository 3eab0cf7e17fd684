"""Partners verify what they get with the libraries of Standard Webhooks."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared_domain.webhooks import SecretsNotConfigured, SecretVersion, SigningKeys, signed_headers

KEYS = SigningKeys.parse("a key of the installation")
ENDPOINT = UUID("c0ffee2f-2f0e-4f3b-9b3a-52d1f0c7a9e4")
BODY = '{"id":"evt_7","data":{"name":"Zoë"}}'.encode()


def headers_of(*secrets: str) -> dict[str, str]:
    return signed_headers("evt_7", BODY, secrets=secrets, now=datetime.now(UTC))


def test_by_the_secret_that_was_shown() -> None:
    secret = KEYS.derive(ENDPOINT, KEYS.next_version())

    assert Webhook(secret).verify(BODY, headers_of(secret)) == json.loads(BODY)
    for other in (BODY + b" ", BODY.replace(b"7", b"8")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(other, headers_of(secret))


def test_by_either_secret_during_a_rotation_and_by_no_older_one() -> None:
    first = KEYS.next_version()
    second = KEYS.next_version(first)
    old, new = KEYS.derive(ENDPOINT, first), KEYS.derive(ENDPOINT, second)
    assert old != new

    for secret in (old, new):
        Webhook(secret).verify(BODY, headers_of(new, old))
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(BODY, headers_of(new))


def test_an_old_message_is_no_new_one() -> None:
    secret = KEYS.derive(ENDPOINT, KEYS.next_version())
    late = signed_headers(
        "evt_7", BODY, secrets=[secret], now=datetime.now(UTC) - timedelta(minutes=6)
    )

    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(BODY, late)


def test_endpoints_have_secrets_of_their_own_and_no_key_no_secret() -> None:
    version = KEYS.next_version()

    assert KEYS.derive(ENDPOINT, version) != KEYS.derive(uuid4(), version)
    assert "a key of the installation" not in repr(KEYS)
    with pytest.raises(SecretsNotConfigured):
        SigningKeys.parse("").next_version()


def test_the_installations_key_is_replaced_without_breaking_a_secret() -> None:
    version = KEYS.next_version()
    replaced = SigningKeys.parse("a newer key, a key of the installation")

    assert replaced.derive(ENDPOINT, version) == KEYS.derive(ENDPOINT, version)
    assert replaced.next_version(version).key_id != version.key_id
    with pytest.raises(SecretsNotConfigured):
        SigningKeys.parse("a newer key").derive(ENDPOINT, SecretVersion(1, version.key_id))


VERIFY = """
const { Webhook } = require("standardwebhooks");
const { secret, body, headers } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const verified = new Webhook(secret).verify(body, headers);
let refused = false;
try { new Webhook(secret).verify(body + " ", headers); } catch { refused = true; }
console.log(JSON.stringify({ verified, refused }));
"""


@pytest.mark.long
@pytest.mark.npm
def test_by_the_standards_library_for_node(tmp_path: Path) -> None:
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "standardwebhooks@1"]
    subprocess.run(install, cwd=tmp_path, check=True, timeout=300)
    secret = KEYS.derive(ENDPOINT, KEYS.next_version())
    given = {"secret": secret, "body": BODY.decode(), "headers": headers_of(secret)}

    done = subprocess.run(
        ["node", "-e", VERIFY],
        cwd=tmp_path,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert json.loads(done.stdout) == {"verified": json.loads(BODY), "refused": True}
