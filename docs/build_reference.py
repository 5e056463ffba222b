"""Write docs/reference/{cli,settings,findings,api}.md from the code. `make docs` runs it.

tests/test_docs.py fails when what is written is not what the code says.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from rollcall import wiring

REFERENCE = Path(__file__).parent / "reference"
_NOTE = "<!-- Written from the code by `make docs`; edit the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """Every generated page: file name to text."""
    wiring.set_up()
    return {
        "cli.md": _cli(),
        "settings.md": _settings(),
        "findings.md": _findings(),
        "api.md": _api(),
    }


def _cli() -> str:
    from rollcall.cli import main

    parts = [
        "# Command line\n",
        _NOTE,
        "Exit codes: 0 done, 1 done with row errors (rejected, ambiguous or duplicate rows), "
        "2 wrong usage, 3 held for a person, 4 failed.\n",
    ]
    for path, command in _commands(main, "rollcall"):
        parts.append(_command(path, command))
    return "\n".join(parts)


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    lines = [f"## `{path}`\n", f"```\n{usage}\n```\n", _plain(command.help or ""), ""]
    records = [
        record
        for parameter in command.params
        if isinstance(parameter, click.Option)
        and (record := parameter.get_help_record(context)) is not None
    ]
    if records:
        lines += ["| option | meaning |", "|---|---|"]
        lines += [f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in records]
        lines.append("")
    return "\n".join(lines)


def _settings() -> str:
    from rollcall.core.plans.guards import ChangeGuards, Guards
    from rollcall.core.settings.limits import Limits
    from rollcall.core.settings.retention import Retention
    from rollcall.core.settings.schedule import Schedule
    from rollcall.engine.settings.config import ApprovalConfig, DistrictConfig, SyncConfig
    from rollcall.engine.settings.installation_settings import ReachConfig
    from rollcall.engine.settings.mail_settings import MailFolderSettings, SmtpSettings
    from rollcall.transports.kinds import KINDS

    parts = ["# Settings\n", _NOTE, _SETTINGS_HEAD]
    parts += [_model("[district]", DistrictConfig)]
    parts += [_model('[mail], type = "smtp"', SmtpSettings)]
    parts += [_model('[mail], type = "folder"', MailFolderSettings)]
    parts += [_model("[retention]", Retention)]
    for name, kind in KINDS.items():
        parts += [_model(f'[connections.NAME], type = "{name}"', kind.settings)]
    parts += [_model("[syncs.NAME]", SyncConfig)]
    for integration in wiring.integrations():
        title = f'[syncs.NAME.settings], integration = "{integration.name}"'
        parts += [_model(title, integration.settings)]
    parts += [_model("[syncs.NAME.schedule]", Schedule)]
    parts += [_model("[syncs.NAME.approval]", ApprovalConfig)]
    parts += [_model("[syncs.NAME.guards]", Guards)]
    parts += [_model("[syncs.NAME.guards.records.RECORD]", ChangeGuards)]
    parts += [_INSTALLATION_HEAD, _model("[limits]", Limits)]
    parts += [_model("[districts.CODE]", ReachConfig)]
    return "\n".join([*parts, _ENVIRONMENT])


_INSTALLATION_HEAD = """# The installation's settings

For whoever runs the server: one TOML file of its own, applied with `rollcall installation apply`.
No page and no API token changes any of it. `[mail]` is as a district's (above) and carries account
mail: invitations and links for passwords. Without it no such mail is sent.
"""

_SETTINGS_HEAD = """A configuration is one TOML file, applied with `rollcall config apply FILE.toml`
and written out again with `rollcall config export`. Applying the same file twice changes nothing;
a file with a mistake changes nothing at all. Settings marked *secret* are written `${env:NAME}`:
the value is read from the environment when the file is applied, and kept encrypted.
"""

_ENVIRONMENT = """## Environment

| variable | meaning | default |
|---|---|---|
| `ROLLCALL_HOME` | folder of all state: database, key, artifacts | `rollcall` in the user's data folder |
| `DATABASE_URL` | a PostgreSQL server of your own, 15 or later: `postgresql://user@host/name` | the embedded one |
| `ROLLCALL_ARTIFACTS` | folder of stored run files; all workers must share it | `artifacts` in `ROLLCALL_HOME` |
| `ROLLCALL_KEY` | the key that credentials are encrypted with | the file `key` in `ROLLCALL_HOME` |
| `ROLLCALL_DISTRICT` | the district commands work on, by its code | the only one |
| `ROLLCALL_URL` | the address people open the web pages at, which all links are built from; with `https:` cookies go over TLS only; names of this machine are then answered for `/health` alone | `http://127.0.0.1:8080` |
| `ROLLCALL_HOSTS` | further host names the pages answer to, comma separated | none |
| `ROLLCALL_PROXIES` | how many proxies in front add themselves to `X-Forwarded-For` | `1` with an `https:` address, else `0` |
| `ROLLCALL_PROXY_ADDRESS` | the address of the proxy nearest to Rollcall: no other is believed; `*` for any | `127.0.0.1` |
| `ROLLCALL_OIDC_ISSUER` | address of an OpenID Connect server for single sign-on | none |
| `ROLLCALL_OIDC_CLIENT_ID`, `ROLLCALL_OIDC_CLIENT_SECRET` | what that server knows Rollcall by | none |
| `ROLLCALL_OIDC_NAME` | what the sign-in button says | `Single sign-on` |
| `ROLLCALL_OIDC_TRUST_EMAIL` | `true`: believe its addresses unless it says they are not verified | |
"""


def _model(title: str, model: type[BaseModel]) -> str:
    lines = [f"## `{title}`\n", _plain(model.__doc__ or ""), ""]
    lines += ["| setting | type | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        meaning = field.description or ("Which kind it is." if name == "type" else "")
        cells = (f"`{field.alias or name}`", _type(field), _default(field), meaning)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _type(field: FieldInfo) -> str:
    text = _type_name(field.annotation)
    return f"{text}, *secret*" if "SecretStr" in repr(field.annotation) else text


_WORDS = {
    "str": "text",
    "int": "number",
    "float": "number",
    "bool": "true or false",
    "date": "date",
}


def _type_name(annotation: Any) -> str:
    arguments = [a for a in get_args(annotation) if a is not type(None)]
    if all(isinstance(argument, str) for argument in arguments) and arguments:
        return " or ".join(f"`{argument}`" for argument in arguments)
    name = getattr(annotation, "__name__", str(annotation))
    if name in ("list", "tuple", "dict") or not arguments:
        inner = f" of {_type_name(arguments[0])}" if name in ("list", "tuple") and arguments else ""
        shown = {"list": "list", "tuple": "list", "dict": "table", "SecretStr": "text"}
        return shown.get(name, _WORDS.get(name, "table")) + inner
    return _type_name(arguments[0])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if default in (None, PydanticUndefined) or isinstance(default, BaseModel):
        return ""
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def _api() -> str:
    from rollcall.api.document import api

    said = api.openapi()
    lines = [
        "# REST API\n",
        _NOTE,
        "How to use it: [Use the REST API](../how-to/api.md). What each operation takes and answers is "
        "in the document at `/api/openapi.json`.\n",
        "| operation | what it does | needs |",
        "|---|---|---|",
    ]
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            cells = (f"`{method.upper()} {path}`", operation["description"], operation["x-needs"])
            lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _findings() -> str:
    from rollcall.core.findings import Codes

    _import_everything()
    lines = [
        "# Findings\n",
        _NOTE,
        "Every finding has a code that stays the same. An *error* costs a row or the run, a "
        "*warning* needs a look, *info* is for your information.\n",
        "| code | severity | what it means | what to do | who |",
        "|---|---|---|---|---|",
    ]
    for one in Codes.all():
        cells = (f"`{one.code}`", str(one.severity), one.text, one.what_to_do, one.who)
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _import_everything() -> None:
    import rollcall

    for module in pkgutil.walk_packages(rollcall.__path__, "rollcall."):
        if not module.name.startswith("rollcall.sandbox"):
            importlib.import_module(module.name)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


if __name__ == "__main__":
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
