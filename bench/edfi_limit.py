"""`python -m bench.edfi_limit FOLDER URL KEY SECRET AT_ONCE [CA_FILE]`: the limit of sending.

The same files of JSON lines as lightbeam sends, by Rollcall's HTTP client and nothing else: no
records, no planning, no database, no mirror, no order but that of the resources. What the stand-in
and libcurl take on this machine nobody who sends with libcurl can go below.
"""

import json
import sys
from base64 import b64encode
from collections import Counter
from pathlib import Path

from bench.edfi_report import RESOURCES
from rollcall.core.reach import EVERYWHERE
from rollcall.transports.http import HttpClient
from rollcall.transports.http_messages import Request
from rollcall.transports.settings import HttpSettings

_FORM = "application/x-www-form-urlencoded"
_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


def main() -> None:
    """Send; print how many answers of which status there were."""
    folder, url, key, secret, at_once, *ca_file = sys.argv[1:]
    settings = {"url": url, "key": key, "secret": secret}
    if ca_file:
        settings["ca_certificate"] = Path(ca_file[0]).read_text()
    client = HttpClient(HttpSettings.model_validate(settings), EVERYWHERE)
    token = _token(client, key, secret)
    statuses: Counter[int] = Counter()
    for name in RESOURCES:
        bodies = (Path(folder) / f"{name}.jsonl").read_bytes().splitlines()
        statuses += _sent(client, f"/data/v3/ed-fi/{name}", bodies, token, int(at_once))
    client.close()
    print(dict(statuses))


def _token(client: HttpClient, key: str, secret: str) -> str:
    """A token, asked for here: the integration that knows how loads all of Rollcall."""
    basic = b64encode(f"{key}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": _FORM}
    sign_in = Request("POST", "/oauth/token", b"grant_type=client_credentials", headers)
    client.send(None, sign_in)
    ((_, answer),) = client.poll(30)
    return str(json.loads(answer.body)["access_token"])


def _sent(
    client: HttpClient, path: str, bodies: list[bytes], token: str, at_once: int
) -> Counter[int]:
    statuses: Counter[int] = Counter()
    waiting = iter(bodies)
    while statuses.total() < len(bodies):
        while client.under_way < at_once and (body := next(waiting, None)) is not None:
            client.send(None, Request("POST", path, body, _HEADERS), token)
        statuses.update(answer.status for _, answer in client.poll(1.0))
    return statuses


if __name__ == "__main__":
    main()
