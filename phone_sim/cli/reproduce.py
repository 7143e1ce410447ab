"""`phone-sim reproduce`: list the cases of the fault catalog, or play one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.output import Styled, say

if TYPE_CHECKING:
    from phone_sim.fault_catalog.case import Case


@click.command(short_help="Play a licensing fault: its site, its phone, its log.")
@click.argument("case", required=False)
@click.option("--tftp", is_flag=True, help="Let the phone boot over TFTP instead of HTTP.")
@click.option("--whole-log", is_flag=True, help="Print all lines, also of a case that is about some components.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to leave the site and the log in."
)
@json_option
def command(case: str | None, tftp: bool, whole_log: bool, out: Path | None, as_json: bool) -> None:
    """Play a licensing fault: boot a phone on a site that has it, and print the phone's log. Without CASE, list all.

    What is wrong, how that comes about and what mends it is on stderr. With --out, the site can be served to another
    phone, or sent along with a report: its keys are signed with the test pair. The cases are ours; the first one gives
    the bulletin's sample log (B14), line by line.

    Example: phone-sim reproduce key-signature-not-valid
    """
    from phone_sim.cli.phone_report import print_json, print_log_line, talk
    from phone_sim.errors import UsageError
    from phone_sim.fault_catalog.cases import CASES
    from phone_sim.fault_catalog.reproduction import reproduce

    if case is None:
        _list(CASES.items(), as_json)
        return
    if case not in CASES:
        raise UsageError(f"there is no case {case!r}; phone-sim reproduce lists those there are")
    played = reproduce(CASES[case], tftp=tftp)
    lines = played.log if whole_log else played.shown
    if out is not None:
        _leave(out, case, CASES[case], played.log)
    if as_json:
        print_json({**_report(case, CASES[case]), "log": lines})
        return
    for line in lines:
        print_log_line(line)
    talk(f"\nwrong: {played.case.wrong}\ncause: {played.case.field}\nfix:   {played.case.fix}")


def _list(cases: Any, as_json: bool) -> None:
    from phone_sim.cli.phone_report import print_json

    if as_json:
        print_json([_report(name, case) for name, case in cases])
        return
    for name, case in cases:
        say(Styled(f"{name:<30}", bold=True), case.wrong)


def _report(name: str, case: "Case") -> dict[str, Any]:
    return {
        "name": name,
        "wrong": case.wrong,
        "field": case.field,
        "fix": case.fix,
        "cause": case.cause.name,
        "model": case.model,
        "firmware": case.firmware,
    }


_README = """{wrong}
{field}
{fix}

Serve the site, and boot a phone on it:

    phone-sim serve site --http 8080
    phone-sim boot --server http://127.0.0.1:8080/ --mac {mac} --model {model} --firmware {firmware} \\
        --trust trust_anchor.pem {clock}

After the first boot: {ending}. The log of it all is in phone.log.
"""


def _leave(folder: Path, name: str, case: "Case", log: tuple[str, ...]) -> None:
    """Write the case's site, the phone's log, the public key and how to play it again into an empty folder."""
    from phone_sim.errors import UsageError
    from phone_sim.fault_catalog.activation_files import MAC
    from phone_sim.fault_catalog.reproduction import site_files
    from phone_sim.runtime.trust_file import load_anchor

    files = {f"site/{path}": data for path, data in site_files(case).items()}
    files["phone.log"] = "".join(f"{line}\n" for line in log).encode()
    files["trust_anchor.pem"] = load_anchor().pem()
    field, clock = case.field, "--unset-clock" if case.now is None else f"--now {case.now:%Y-%m-%dT%H:%M}"
    if case.time_server is not None:
        field += " tcpIpApp.sntp.address in site/site.cfg has to name such a server."
        clock = "--sntp"
    files["README.txt"] = _README.format(
        wrong=f"{name}: {case.wrong}",
        field=f"How it comes about: {field}",
        fix=f"What mends it: {case.fix}",
        mac=MAC,
        model=case.model,
        firmware=case.firmware,
        clock=clock,
        ending=case.ending.value,
    ).encode()
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"--out {folder}: the folder is not empty")
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    except OSError as error:
        raise UsageError(f"--out {folder}: {error.strerror}") from error
