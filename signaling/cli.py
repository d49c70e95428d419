"""The command line: `parley serve`, `user add`, `migrate`, `backup`, `restore`, `openapi`, `check-config`.

Only the standard library is imported before it is known what to do, so that a mistake is answered at once.
"""

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signaling.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0, or 2 after one sentence on standard error."""
    options = _parser().parse_args(arguments)
    from signaling.settings import StartError, load

    try:
        settings = load(os.environ, options.config, _given(options))
        match options.command:
            case "serve":
                return _serve(settings, demo=options.demo)
            case "user":
                return _add_user(settings, options.login, options.name, options.role)
            case "migrate":
                return _migrate(settings)
            case "backup":
                return _backup(settings, options.file)
            case "restore":
                return _restore(settings, options.file)
            case "openapi":
                return _openapi()
            case _:
                return _check_config(settings)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="parley", description="A voice and video contact centre server.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="start the server")
    serve.add_argument("--host", help="the address to listen on")
    serve.add_argument("--port", help="the port to listen on")
    serve.add_argument("--tls-cert", help="the certificate chain for HTTPS, a PEM file")
    serve.add_argument("--tls-key", help="its key, a PEM file")
    serve.add_argument("--self-signed", action="store_true", help="make a certificate, for trying a phone")
    serve.add_argument("--demo", action="store_true", help="make a trial workspace when the data folder is empty")
    serve.add_argument("--standby", action="store_true", help="wait while another server uses the database")
    user = commands.add_parser("user", help="manage people").add_subparsers(dest="action", required=True)
    add = user.add_parser("add", help="add a person; the password is printed once")
    add.add_argument("login")
    add.add_argument("--name", help="the name to show; the login when not given")
    add.add_argument(
        "--role", action="append", choices=("agent", "supervisor", "admin"), required=True, help="may be repeated"
    )
    migrate = commands.add_parser("migrate", help="bring the database to this version")
    backup = commands.add_parser("backup", help="save everything into one file, while the server runs or not")
    restore = commands.add_parser("restore", help="put a backup back into an empty data folder")
    for command in (backup, restore):
        command.add_argument("file", type=Path, help="the archive, a .tar")
    openapi = commands.add_parser("openapi", help="print the OpenAPI document")
    check = commands.add_parser("check-config", help="say whether the settings are right")
    for command in (serve, add, migrate, backup, restore, openapi, check):
        command.add_argument("--config", type=Path, help="the settings, a TOML file")
        command.add_argument("--data", help="the folder for everything that is kept")
    return parser


def _given(options: argparse.Namespace) -> Mapping[str, object]:
    """Return the settings that were given as options."""
    given = {key: getattr(options, key, None) for key in ("host", "port", "data", "tls_cert", "tls_key")} | {
        "tls_self_signed": getattr(options, "self_signed", False) or None,
        "standby": getattr(options, "standby", False) or None,
    }
    return {key: value for key, value in given.items() if value is not None}


def _serve(settings: "Settings", *, demo: bool) -> int:
    gc.disable()  # nothing that is imported is garbage: looking for it would be a sixth of the start
    from signaling.serving import serve

    gc.freeze()
    gc.enable()
    asyncio.run(serve(settings, demo))
    return 0


def _add_user(settings: "Settings", login: str, name: str | None, roles: list[str]) -> int:
    from signaling.user_command import add_user

    password = asyncio.run(add_user(settings, login, name or login, roles))
    _say(f"Added {login}. The password, shown this once: {password}")
    return 0


def _migrate(settings: "Settings") -> int:
    from signaling.opening import open_database

    async def migrate() -> None:
        await (await open_database(settings)).close()

    asyncio.run(migrate())
    _say("The database is up to date.")
    return 0


def _backup(settings: "Settings", file: Path) -> int:
    from signaling.backup_command import backup

    saved = backup(settings, file)
    _say(f"Saved {saved.files} files, {saved.size / 1e6:.1f} MB, in {file}. It holds secrets: keep it safe.")
    return 0


def _restore(settings: "Settings", file: Path) -> int:
    from signaling.backup_command import restore

    saved = restore(settings, file)
    _say(f"Put {saved.files} files back, {saved.size / 1e6:.1f} MB. Start the server with: parley serve")
    return 0


def _openapi() -> int:
    from signaling.app import openapi

    _say(openapi())
    return 0


def _check_config(settings: "Settings") -> int:
    from signaling.announced import announced
    from signaling.data_folder import prepare
    from signaling.tls import server_context

    prepare(settings.data)
    server_context(settings)
    told = announced(settings)
    for key, value in settings.model_dump(mode="json", exclude_none=True).items():
        _say(f"{key} = {'(set)' if key in ('database_url', 'turn_secret', 'metrics_token') else value}")
    for family, addresses in told.items():
        _say(f"Browsers are told to send sound and pictures by IPv{family} to {', '.join(addresses) or 'no address'}.")
    _say("The settings are right.")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
