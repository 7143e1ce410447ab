"""Modes of files and folders: what holds secrets is for its owner only, what is published for everybody."""

import ast
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from phone_sim.authority.activation import BatchLine
from phone_sim.authority.license_authority import KEY_FILE, LEDGER_FILE, create_authority, open_authority
from phone_sim.authority.mail import batch_mail, keep
from phone_sim.cli.main import main
from phone_sim.file_modes import PRIVATE, PUBLISHED, make_folder, make_private, open_private
from phone_sim.firmware.flash import FlashContents, encode
from phone_sim.recording.files import IfThere, Recorder
from phone_sim.runtime.flash_file import FlashFile
from tests.authority import NOW, entered, new_authority, phone_order

MAC = "0004f2000001"
POPULATION = """\
[server.files]
"000000000000.cfg" = '<APPLICATION LICENSE_DIRECTORY="licenses" LOG_FILE_DIRECTORY="logs"/>'
[[server.licenses]]
"""
ROOT = Path(__file__).parents[1]
WRITES_ELSEWHERE = {
    "boot_server/certificates": "in a folder that tempfile has made private",
    "boot_server/folder_site": "what phones upload, as the server's umask says",
    "cli/reproduce": "a site of the fault catalog, as the umask says",
    "fault_catalog/reproduction": "in a folder that tempfile has made private",
    "file_modes": "the home of modes",
    "fleet/on_locust/escaped_csv": "reports, as the umask says",
    "fleet/on_locust/load": "reports, as the umask says",
    "fleet/protocol/run_setup": "in a folder that tempfile has made private",
    "web/desk/server": "in a folder that tempfile has made private",
    "whole_file": "modes as it is told",
}
"""Modules that create files or folders otherwise than by `file_modes` and `whole_file`, and why that may be."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes_below(folder: Path) -> dict[str, int]:
    return {f"{path.relative_to(folder)}": mode(path) for path in sorted(folder.rglob("*"))}


def phone_sim(*words: str) -> None:
    ended = CliRunner().invoke(main, words, prog_name="phone-sim")
    assert ended.exit_code == 0, ended.output


@pytest.mark.usefixtures("_umask")
def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    create_authority(tmp_path / "authority")
    with open_authority(tmp_path / "authority") as authority:
        number = entered(authority.ledger, phone_order())
        beside_the_ledger = {path.name: mode(path) for path in (tmp_path / "authority").glob(f"{LEDGER_FILE}*")}
    assert beside_the_ledger == dict.fromkeys([LEDGER_FILE, f"{LEDGER_FILE}-shm", f"{LEDGER_FILE}-wal"], 0o600)
    FlashFile(tmp_path / "state" / "phone" / "flash").write(FlashContents())
    keep(batch_mail("a@example.org", [BatchLine(place=1, number=number, mac=MAC)], {}, NOW), tmp_path / "mail")
    Recorder(tmp_path / "dialogue", "http://boot.example/", NOW, on_end=print).close()
    phone_sim("license", "--authority", f"{tmp_path / 'authority'}", "redeem", number, MAC, "--out", f"{tmp_path}/out")
    found = modes_below(tmp_path)
    assert found.pop("authority/trust_anchor.pem") == PUBLISHED.file
    assert found == {name: PRIVATE.folder if (tmp_path / name).is_dir() else PRIVATE.file for name in found}
    assert len(found) == 11, found


@pytest.mark.slow
@pytest.mark.usefixtures("_umask")
def test_what_is_published_is_for_everybody(tmp_path: Path) -> None:
    new_authority(tmp_path / "authority")
    with open_authority(tmp_path / "authority") as authority:
        number = entered(authority.ledger, phone_order())
    (tmp_path / "population.toml").write_text(POPULATION)
    words = ("--authority", f"{tmp_path / 'authority'}")
    phone_sim("license", *words, "redeem", number, MAC, "--publish", f"{tmp_path / 'site' / 'a'}")
    phone_sim("fleet", "--population", f"{tmp_path}/population.toml", "--write-site", f"{tmp_path}/site/b", *words)
    found = modes_below(tmp_path / "site")
    assert found == {
        name: PUBLISHED.folder if (tmp_path / "site" / name).is_dir() else PUBLISHED.file for name in found
    }
    assert [*found] == [
        *("a", f"a/{MAC}-license.cfg", "b", "b/000000000000.cfg", "b/licenses"),
        *(f"b/licenses/{next((tmp_path / 'site/b/licenses').iterdir()).name}", "b/logs"),
    ]


def test_older_files_with_secrets_become_private(tmp_path: Path) -> None:
    new_authority(folder := tmp_path / "authority")
    (flash := tmp_path / "flash").write_bytes(encode(FlashContents()))
    (recording := tmp_path / "dialogue").touch()
    for path in (flash, recording, folder / KEY_FILE, folder / LEDGER_FILE):
        path.chmod(0o666)
    FlashFile(flash).read()
    Recorder(recording, "http://boot.example/", NOW, if_there=IfThere.REPLACE, on_end=print).close()
    with open_authority(folder):
        pass
    assert {mode(path) for path in (flash, recording, folder / KEY_FILE, folder / LEDGER_FILE)} == {0o600}


def test_damaged_flash_that_is_kept_is_private(tmp_path: Path) -> None:
    (path := tmp_path / "flash").write_bytes(b"damaged")
    path.chmod(0o644)
    flash = FlashFile(path)
    flash.read()
    flash.write(FlashContents())
    assert modes_below(tmp_path) == {"flash": 0o600, "flash.damaged": 0o600}


def test_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    (own := tmp_path / "own").mkdir()
    own.chmod(0o751)
    make_folder(own, PRIVATE)
    make_folder(own / "a" / "b", PUBLISHED)
    make_folder(own / "a" / "c", PRIVATE)
    assert mode(own) == 0o751
    assert modes_below(own) == {"a": 0o755, "a/b": 0o755, "a/c": 0o700}


def test_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (file := tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        make_folder(file, PRIVATE)
    with pytest.raises(NotADirectoryError):
        make_folder(file / "below", PRIVATE)


def test_pipe_keeps_its_mode(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    pipe.chmod(0o644)
    os.close(open_private(pipe, os.O_RDWR))
    assert mode(pipe) == 0o644


def test_file_of_somebody_else_is_read_but_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path := tmp_path / "file").write_text("theirs")
    path.chmod(0o644)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    os.close(open_private(path, os.O_RDONLY))
    with pytest.raises(PermissionError):
        open_private(path, os.O_WRONLY)
    with pytest.raises(PermissionError):
        make_private(path)


@pytest.mark.slow
def test_no_other_module_creates_files_without_a_reason() -> None:
    found = set()
    for file in sorted((ROOT / "phone_sim").rglob("*.py")):
        calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        if any(creates(call) for call in calls):
            found.add(file.relative_to(ROOT / "phone_sim").with_suffix("").as_posix())
    assert found - WRITES_ELSEWHERE.keys() == set(), "use file_modes and whole_file, or say here why not"


def creates(call: ast.Call) -> bool:
    """Whether a call creates a file or a folder."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    words = [word.value for word in call.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    opens = name == "open" and any(set(word) <= set("rwxabt+") and set(word) & set("wxa") for word in words)
    return opens or name in ("mkdir", "makedirs", "write_bytes", "write_text", "mkstemp", "copyfile")
