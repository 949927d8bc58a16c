"""Commands that show a record in a browser: serve, site, policy check."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from khronika.cli.options import now, opened, policies_of, record_option
from khronika.errors import UsageError

if TYPE_CHECKING:
    from khronika.policy import Profile
    from khronika.web.context import Setup

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _shared(command: Any) -> Any:
    """Options of whatever shows pages."""
    for option in reversed(
        (
            record_option,
            click.option("--sources", "source_files", multiple=True, type=click.Path(path_type=Path), help="More publishers (TOML), for their licences."),
            click.option("--actors", "actor_files", multiple=True, type=click.Path(path_type=Path), help="More actors (TOML), for the names that are shown."),
            click.option("--base", metavar="ADDRESS", help="Where readers reach it, e.g. https://events.example; for links that leave the page."),
            click.option("--boundaries", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Own boundaries over the base map (GeoJSON)."),
        )
    ):
        command = option(command)
    return command


@click.command()
@_shared
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; on any but the loopback the profile is public.")
@click.option("--port", default=8000, type=click.IntRange(0, 65535), show_default=True, help="Port; 0: any that is free.")
@click.option("--profile", type=click.Choice(["full", "research", "public"]), help="What readers see: full on the loopback, else public.")
@click.option("--trusted-proxy", metavar="ADDRESS", help="The proxy whose X-Forwarded-For is believed; the profile then is public.")
@click.option("--tiles", metavar="URL", help="A tile server in place of the base map: https://tile.example/{z}/{x}/{y}.png; readers' browsers ask it.")
@click.option("--tiles-credit", default="", metavar="TEXT", help="What the map must say about the tiles.")
def serve(host: str, port: int, **options: Any) -> None:
    """Show a record to readers in a browser: map, timeline, list, quotes; and let them correct it."""
    import socket

    _need_web()
    import uvicorn

    from khronika.web.app import create_app, warm

    is_local = host in LOOPBACK and options["trusted_proxy"] is None
    setup = _setup(options, options["profile"] or ("full" if is_local else "public"), is_local)
    if setup.profile == "full" and not is_local:
        raise UsageError("--profile full is for the loopback alone; editors sign in to see everything (khronika editors add)")
    with opened(options["record_address"], read_only=False) as record:
        if setup.profile == "full":
            with record.write(by="terminal") as tx:
                tx.note("use", "serve", {"profile": "full", "host": host})
    app = create_app(setup)
    warm(app, lambda done: click.echo(f"\r{done} events made ready for the pages", err=True, nl=False) if done % 2000 == 0 else None)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise UsageError(f"{host}:{port} cannot be listened on: {error.strerror}; choose another --port") from error
        listening.listen(128)  # who connects from here on waits, and is answered
        port = listening.getsockname()[1]
        click.echo(f"http://{f'[{host}]' if ':' in host else host}:{port}/  (profile {setup.profile}; Ctrl+C ends it)")
        sys.stdout.flush()
        config = uvicorn.Config(app, log_level="warning", access_log=False, proxy_headers=False, server_header=False, timeout_graceful_shutdown=3)
        uvicorn.Server(config).run(sockets=[listening])


@click.command()
@_shared
@click.argument("out", type=click.Path(path_type=Path, file_okay=False), metavar="OUT")
@click.option("--profile", type=click.Choice(["research", "public"]), default="public", show_default=True)
def site(out: Path, profile: Profile, **options: Any) -> None:
    """Write the public pages as plain files for any web server; refused where khronika policy check finds a fault."""
    _need_web()
    from khronika.web.site import write_site

    with opened(options["record_address"], read_only=False) as record:
        count = write_site(record, _setup(options, profile, False), out)
    click.echo(f"{count} events written to {out}", err=True)


@click.group()
def policy() -> None:
    """What may be shown (docs/do-no-harm.md)."""


@policy.command("check")
@_shared
@click.option("--profile", type=click.Choice(["research", "public"]), default="public", show_default=True)
def policy_check(profile: Profile, **options: Any) -> None:
    """List what would be shown, an event a line, and refuse (exit code 1) where something must not be."""
    _need_web()
    from khronika.web.check import check
    from khronika.web.context import Context
    from khronika.web.index import Index

    shown = faults = 0
    with opened(options["record_address"], read_only=False) as record:
        context = Context(record, _setup(options, profile, False), Index())
        for checked in check(context):
            shown += 1
            faults += bool(checked.faults)
            click.echo(f"{checked.id}  {checked.line}" + "".join(f"  FAULT: {fault}" for fault in checked.faults))
        click.echo(f"{shown} events would be shown by policy {context.policy.version} (profile {profile}), {context.view.unreviewed} only counted, {faults} faults", err=True)
    sys.exit(1 if faults else 0)


def _need_web() -> None:
    from importlib.util import find_spec

    lacking = [name for name in ("fastapi", "jinja2", "uvicorn", "argon2", "itsdangerous") if find_spec(name) is None]
    if lacking:
        raise UsageError(f"{', '.join(lacking)} is not installed: pip install 'khronika[web]'")


def _setup(options: dict[str, Any], profile: Profile, is_local: bool) -> Setup:
    from khronika.config import read_sources
    from khronika.web.context import Setup

    policies = policies_of(options["source_files"], options["actor_files"])
    return Setup(
        address=options["record_address"],
        profile=profile,
        policies=policies,
        clock=now,
        is_local=is_local,
        trusted_proxy=options.get("trusted_proxy"),
        base=options["base"],
        tiles=options.get("tiles"),
        tiles_credit=options.get("tiles_credit") or "",
        outlets=tuple((source.id, source.name) for source in read_sources(*options["source_files"]).values()),
        boundaries=str(options["boundaries"]) if options["boundaries"] else None,
    )


COMMANDS = (serve, site, policy)
