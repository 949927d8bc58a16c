"""Commands for those who may sign in to the pages: editors add, list, remove."""

from __future__ import annotations

import sys

import click

from khronika.cli.options import opened, record_option
from khronika.errors import UsageError


@click.group()
def editors() -> None:
    """Who may sign in to the pages and decide on corrections."""


@editors.command("add")
@click.argument("name")
@record_option
@click.option("--role", type=click.Choice(["reader", "editor", "admin"]), default="editor", show_default=True, help="An admin also manages editors.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def editors_add(name: str, record_address: str, role: str, password_stdin: bool) -> None:
    """Add one, or give one a new role and password. NAME stands in the log: choose a pseudonym."""
    from khronika.record.editors import put_editor
    from khronika.web.sessions import hash_password

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("password", hide_input=True, confirmation_prompt=True, err=True)
    hashed = hash_password(password)
    with opened(record_address, create=True, read_only=False) as record:
        put_editor(record, name, role, hashed)
    click.echo(f"{name} may sign in as {role}")


@editors.command("list")
@record_option
def editors_list(record_address: str) -> None:
    """Names and roles."""
    from khronika.record.editors import read_editors

    with opened(record_address) as record:
        for account in read_editors(record):
            click.echo(f"{account.name}  {account.role}")


@editors.command("remove")
@click.argument("name")
@record_option
def editors_remove(name: str, record_address: str) -> None:
    """Take one out and end their sessions; what they decided stays in the log."""
    from khronika.record.editors import remove_editor

    with opened(record_address, read_only=False) as record:
        if not remove_editor(record, name):
            raise UsageError(f"{name}: no such editor in {record_address}; khronika editors list shows them")
    click.echo(f"{name} can no longer sign in")


COMMANDS = (editors,)
