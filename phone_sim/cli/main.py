"""`phone-sim`: finds the verb and turns what is raised into a message and an exit code.

A verb's module is imported only when the verb is used, and imports what it needs only when it runs: `--help` is quick.
"""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any

import click

from phone_sim.cli.interruption import interruptible
from phone_sim.cli.output import say
from phone_sim.errors import PhoneSimError
from phone_sim.printable import visible
from phone_sim.signals import exit_code

VERBS = {
    "demo": "Show the whole story: unlicensed, licensed, forged, expired.",
    "boot": "Boot a phone once against a boot server and print its log.",
    "run": "Boot a phone and stay on: calls, daily checks, reboots.",
    "notify": "Send a phone a NOTIFY check-sync.",
    "serve": "Serve a folder as a boot server, over HTTP, HTTPS and TFTP.",
    "record": "Stand between phones and a boot server, and record.",
    "replay": "Serve a recording as a boot server.",
    "compare": "Show where two recorded dialogues differ.",
    "license": "Order and redeem licenses, and make activation files.",
    "web": "Show phones on a web page, and serve the activation portal.",
    "check": "Say what is wrong with a site or a file.",
    "reproduce": "Play a licensing fault: its site, its phone, its log.",
    "explain": "Say what a phone's log means, why, and what to do.",
    "scenario": "Run scenario files: phones, a boot server, expectations.",
    "fleet": "Let many phones boot and stay on, as load or on virtual time.",
    "audit": "Say what a boot server does well and badly.",
    "parameters": "Show the parameters in force on a phone, and the file that set each.",
    "models": "Show the models and which features need a license.",
}
BROKEN_PIPE = 141


class Verbs(click.Group):
    """The verbs, by name; the summaries above stand in for those of modules that are not imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The verbs, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb, imported."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"phone_sim.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the summaries."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the verb."""
        with _visible_usage_errors():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; an expected error is one line and an exit code, and so is an interruption."""
        try:
            with interruptible(), _visible_usage_errors():
                return super().invoke(ctx)
        except PhoneSimError as error:
            say(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as interruption:
            ctx.exit(exit_code(interruption))
        except BrokenPipeError:
            # Whoever read the output has enough; what is still in the buffer must not be complained about at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            ctx.exit(BROKEN_PIPE)
        except OSError as error:
            say(f"Error: {error}", err=True)
            ctx.exit(1)


@contextmanager
def _visible_usage_errors() -> Iterator[None]:
    """click prints its own errors, which name options and files as they were given."""
    try:
        yield
    except click.ClickException as error:
        error.message = visible(error.message)  # type: ignore[misc]  # Final, but what is shown is made of it
        raise


@click.group(
    cls=Verbs,
    subcommand_metavar="VERB ...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="phone-sim", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Emulate the feature licensing of SoundPoint IP, SoundStation IP and VVX phones.

    The result goes to stdout: log lines, a table, or JSON with --json. Everything else goes to stderr. Exit codes: 0 as
    expected, 1 outcome not as expected, 2 usage, 3 boot server not reachable, 4 license not valid or expired. An
    interruption prints the result so far, and ends with 130 (SIGINT), 143 (SIGTERM) or 129 (SIGHUP).
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # not all encodings have the characters of file names
