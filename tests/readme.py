"""The generated parts of the README. `python -m tests.readme` writes them; a test holds the page against the code.

Each part stands behind a comment that names it, up to the next heading or text that is not a fence, a table or a
picture.
"""

import re
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path

from click.testing import CliRunner

from phone_sim.boot_server.fault_kinds import FAULTS
from phone_sim.boot_server.faults import CONDITIONS
from phone_sim.cli.license import command as license_verbs
from phone_sim.cli.main import VERBS, main
from phone_sim.fault_catalog.cases import CASES
from phone_sim.feature_files import RESERVED_BITS
from phone_sim.firmware import lifecycle
from phone_sim.firmware.messages import MESSAGE_CATALOG, Source
from phone_sim.licensing.license_key import SLOTS
from phone_sim.runtime.model_files import load_features, load_model, load_models
from tests.bench.fleet import figure
from tests.real_servers.tested import FILE, Tested, read

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "README.md"
_ORIGIN = {Source.BULLETIN: "bulletin (B14)", Source.OBSERVED: "observed", Source.OURS: "ours (D14)"}


def help_texts() -> str:
    """What `--help` prints, of the program and of each verb."""
    runner = CliRunner()
    texts = []
    within = [["license", verb] for verb in license_verbs.commands]
    for verb in ([], *([verb] for verb in VERBS), *within):
        printed = runner.invoke(main, [*verb, "--help"], prog_name="phone-sim", terminal_width=90).output
        texts.append(f"### phone-sim {' '.join(verb)}".rstrip() + f"\n\n```\n{printed.rstrip()}\n```")
    return "\n\n".join(texts)


def message_table() -> str:
    """Every message of the message catalog with its source."""
    rows = [f"| `{one.component}` | `{one.level}` | `{one.text}` | {_ORIGIN[one.source]} |" for one in MESSAGE_CATALOG]
    return "\n".join(["| component | level | text | source |", "| --- | --- | --- | --- |", *rows])


def model_table() -> str:
    """The matrix of B3; models beyond the bulletin are none of it."""
    features = load_features()
    heads = ["model", "firmware from", *(feature.name for feature in features)]
    rows = [
        [model.name, model.minimum_firmware, *(model.requirement(feature).value for feature in features)]
        for model in load_models()
        if model.is_in_bulletin
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in (heads, ["---"] * len(heads), *rows))


BEYOND = ("SPIP_600", "SPIP_601", "VVX_101", "VVX_310", "VVX_400", "VVX_500")
"""The models beyond the bulletin that the page tells of."""


def beyond_table() -> str:
    """The models beyond the bulletin, with what is known of their firmware."""
    rows = ["| model | token | first firmware known | last firmware known | builds seen on real phones |"]
    rows.append("| --- | --- | --- | --- | --- |")
    rows += [
        f"| {one.name} | `{one.token}` | {one.first_firmware or '-'} | {one.last_firmware or '-'} "
        f"| {', '.join(one.builds) or '-'} |"
        for one in map(load_model, BEYOND)
    ]
    return "\n".join(rows)


def build_table() -> str:
    """The builds of firmware that were seen on real phones of each model of B1, and its last firmware."""
    models = [model for model in load_models() if model.is_in_bulletin]
    rows = ["| model | last firmware | builds seen on real phones |", "| --- | --- | --- |"]
    rows += [f"| {model.name} | {model.last_firmware} | {', '.join(model.builds)} |" for model in models]
    return "\n".join(rows)


def option_bits_table() -> str:
    """What each option bit of a license key is for."""
    uses = dict.fromkeys(range(SLOTS), "free")
    uses |= {bit: f"reserved: {reason}" for bit, reason in RESERVED_BITS.items()}
    uses |= {feature.bit: f"{feature.name} (`{feature.key}`)" for feature in load_features()}
    rows = []
    for use, run in groupby(uses, key=uses.__getitem__):
        bits = list(run)
        rows.append(f"| {bits[0]} | {use} |" if len(bits) == 1 else f"| {bits[0]} to {bits[-1]} | {use} |")
    return "\n".join(["| option bit | what it is for |", "| --- | --- |", *rows])


def diagram() -> str:
    """The lifecycle table as a picture."""
    return f"```mermaid\n{lifecycle.diagram()}\n```"


def golden(name: str) -> str:
    """A golden log."""
    return f"```\n{(ROOT / 'fixtures/golden' / f'{name}.log').read_text()}```"


def sample_log() -> str:
    """What `reproduce key-signature-not-valid` prints."""
    printed = CliRunner().invoke(main, ["reproduce", "key-signature-not-valid"], prog_name="phone-sim").stdout
    return f"```\n{printed}```"


def case_table() -> str:
    """Every case of the fault catalog."""
    rows = [f"| `{name}` | {case.wrong} | {case.field} | {case.fix} |" for name, case in CASES.items()]
    return "\n".join(
        ["| case | what is wrong | how that comes about | what mends it |", "| --- | --- | --- | --- |", *rows]
    )


def fault_table() -> str:
    """Every fault of the embedded boot server."""
    rows = [
        f"| {', '.join(f'`{one}`' for one in fault.examples)} | {fault.on_http or '-'} | {fault.on_tftp or '-'} |"
        for fault in FAULTS
    ]
    return "\n".join(["| fault | on HTTP | on TFTP |", "| --- | --- | --- |", *rows])


def condition_table() -> str:
    """Every condition of a fault rule."""
    bar = r"\|"  # within a table
    rows = [f"| `{one.form.replace('|', bar)}` | {one.meaning} |" for one in CONDITIONS.values()]
    return "\n".join(["| condition | what it says |", "| --- | --- |", *rows])


_CAPABILITIES = ("boot", "license", "forged key", "expiry in a call", "log upload", "fail-over", "audit")
"""The columns of what boot servers show; what else a server shows is in the last one."""


def server_table(tested: Tested) -> str:
    """What real servers showed in a run of the tests."""
    others = sorted({capability for _, _, capability in tested} - set(_CAPABILITIES))
    rows = [["server", "spoken", *_CAPABILITIES, *(["more"] if others else [])]]
    rows.append(["---"] * len(rows[0]))
    for server, spoken in sorted({cell[:2] for cell in tested}):
        row = [server, spoken, *(tested.get((server, spoken, capability), "") for capability in _CAPABILITIES)]
        if others:
            words = {other: tested.get((server, spoken, other)) for other in others}
            row.append(
                ", ".join(other if word == "yes" else f"{other}: {word}" for other, word in words.items() if word)
            )
        rows.append(row)
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


PARTS: Mapping[str, Callable[[], str]] = {
    "table:servers": lambda: server_table(read(ROOT / FILE)),
    "table:fleet": lambda: figure.page_table(figure.read(ROOT / figure.FILE)),
    "reproduce:key-signature-not-valid": sample_log,
    "table:cases": case_table,
    "table:faults": fault_table,
    "table:fault-conditions": condition_table,
    "golden:unlicensed": lambda: golden("unlicensed"),
    "table:messages": message_table,
    "diagram:lifecycle": diagram,
    "table:models": model_table,
    "table:builds": build_table,
    "table:beyond": beyond_table,
    "table:option-bits": option_bits_table,
    "help": help_texts,
}


def command(name: str, page: str) -> str:
    """The command that the page gives behind the comment `command:NAME`."""
    found = re.search(rf"<!-- command:{name} -->\n```\n(.+)\n```", page)
    assert found is not None, f"the README has no command {name}"
    return found.group(1)


def examples() -> dict[str, tuple[str, str]]:
    """The examples in Python behind comments `example:NAME`, each with what the page says that it prints."""
    form = r"<!-- example:(\w+) -->\n```python\n([^`]+)```\n\nprints\n\n```\n([^`]+)```"
    return {found[1]: (found[2], found[3]) for found in re.finditer(form, PAGE.read_text())}


def written(page: str) -> str:
    """The page with its generated parts made anew."""
    for name, make in PARTS.items():
        start = page.index(f"<!-- {name} -->\n") + len(f"<!-- {name} -->\n")
        rest = re.compile(r"^(?!```|\||### phone-sim)\S", re.MULTILINE)
        end = start
        fenced = False
        for line in page[start:].splitlines(keepends=True):
            fenced ^= line.startswith("```")
            if not fenced and rest.match(line):
                break
            end += len(line)
        page = f"{page[:start]}{make()}\n\n{page[end:]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
