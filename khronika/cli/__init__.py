"""Words typed in a terminal in, tables and lines out; the only layer that knows environment variables, the clock and exit codes.

Exit codes: 0 done, 1 some documents set aside, 2 wrong usage, 3 record unusable. Each command imports what it needs when it runs.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from khronika import __version__
from khronika.errors import KhronikaError, UsageError


class Root(click.Group):
    """Turns our errors into one line and an exit code, whatever the command."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except KhronikaError as error:
            click.echo(f"khronika: {error}", err=True)
            sys.exit(error.exit_code)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:  # whoever reads has enough (| head); click would make an exit code of its own of it
            _drop_output()
            sys.exit(0)
        except OSError as error:
            if error.errno not in FULL or error.filename is not None:
                raise
            _drop_output()  # what waits in the buffer has nowhere to go
            raise UsageError(f"standard output: cannot be written: {error.strerror}") from error


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What a full disk says; records, and files that are written, say so themselves."""


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="khronika")
def main() -> None:
    """Turns reports about a conflict into a record of events: who said so, in which words, and who disputes it."""


from khronika.cli import correcting, editing, exporting, keeping, looking, reading, rereading, scoring, serving, summarizing, telling

for command in (
    *reading.COMMANDS,
    *looking.COMMANDS,
    *correcting.COMMANDS,
    *editing.COMMANDS,
    *telling.COMMANDS,
    *rereading.COMMANDS,
    *keeping.COMMANDS,
    *serving.COMMANDS,
    *summarizing.COMMANDS,
    *scoring.COMMANDS,
    *exporting.COMMANDS,
):
    main.add_command(command)
