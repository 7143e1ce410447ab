"""Flash on disk: whatever happens to the power or to the file, a phone finds the old contents, the new, or damage."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Effect, FlashDamaged, FlashUnreadable, WriteFailed, Written
from phone_sim.firmware.flash import SIZE_LIMIT, FlashContents, decode, encode
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.parameters.layers import Layer, Parameters
from phone_sim.licensing.expiry import NEVER
from phone_sim.runtime.flash_file import FlashFile, held_flash
from phone_sim.runtime.transport.memory import serve
from tests.make import LDAP, PHONE_FILE, USB_AUDIO, signed_key
from tests.runtime.phones import CONFIGURATION, bench, phone_license

OLD = FlashContents(keys=(signed_key({USB_AUDIO: NEVER}),), boot_server="http://boot.example/")
NEW = FlashContents(
    keys=(signed_key({LDAP: NEVER}),),
    parameters=Parameters([Layer({f"parameter.{number}": "value" * 10 for number in range(2000)})]),
    booted_before=True,
)
LICENSED = CONFIGURATION | {PHONE_FILE: phone_license()}
WRITER = """
import os, sys
from pathlib import Path
from phone_sim.firmware.flash import decode
from phone_sim.runtime.flash_file import FlashFile

flash = FlashFile(Path(sys.argv[1]) / "flash")
both = [decode((Path(sys.argv[1]) / name).read_bytes()) for name in ("old", "new")]
for _ in sys.stdin:
    child = os.fork()
    while child == 0:
        for contents in both:
            flash.write(contents)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""


class PowerCutError(Exception):
    """The plug was pulled."""


@pytest.fixture
def flash(tmp_path: Path) -> FlashFile:
    return FlashFile(tmp_path / "phone" / "flash")


@pytest.mark.parametrize("contents", [FlashContents(), OLD, NEW], ids=["blank", "old", "new"])
def test_written_contents_are_read(flash: FlashFile, contents: FlashContents) -> None:
    assert flash.read() == FlashContents()
    assert flash.write(contents) == Written()
    assert flash.read() == contents


def test_later_contents_replace_the_earlier(flash: FlashFile) -> None:
    for contents in (NEW, OLD, NEW, OLD):
        flash.write(contents)
        assert flash.read() == contents


@pytest.mark.slow
def test_power_cut_at_any_effect_leaves_the_old_keys_or_the_new(tmp_path: Path) -> None:
    effects: list[Effect] = []
    whole = bench(serve(dict(LICENSED)), flash=FlashFile(tmp_path / "whole"), on_effect=effects.append)
    whole.flash.write(OLD)
    whole.driver.power_on()
    new_keys = whole.kept().keys
    seen = set()
    for last in range(len(effects)):
        left = range(last)

        def count_down(_: Effect, left: "list[int]" = list(left)) -> None:  # noqa: B006 - one list for each cut
            if not left:
                raise PowerCutError
            left.pop()

        flash = FlashFile(tmp_path / f"{last}")
        flash.write(OLD)
        cut = bench(serve(dict(LICENSED)), flash=flash, on_effect=count_down)
        with pytest.raises(PowerCutError):
            cut.driver.power_on()
        cut.driver.cut_power()
        assert cut.phone.state is State.OFF
        seen.add(cut.kept().keys)
        again = bench(serve(dict(LICENSED)), flash=FlashFile(tmp_path / f"{last}"))
        again.driver.power_on()
        assert (again.phone.state, again.enabled) == (State.IDLE, ("LDAP",))
        assert again.kept().keys == new_keys
        assert again.texts("damaged") == []
    assert seen == {OLD.keys, new_keys}


def test_same_driver_boots_again_after_a_power_cut_at_any_effect(flash: FlashFile) -> None:
    alarm = [0]

    def count_down(_: Effect) -> None:
        alarm[0] -= 1
        if alarm[0] == 0:
            raise PowerCutError

    phone = bench(serve(dict(LICENSED)), flash=flash, on_effect=count_down)
    for effects in range(1, 1000):
        alarm[0] = effects
        try:
            phone.driver.power_on()
        except PowerCutError:
            phone.driver.cut_power()
        else:
            break
    assert effects > 20
    assert (phone.phone.state, phone.enabled) == (State.IDLE, ("LDAP",))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_writer_leaves_the_old_contents_or_the_new(tmp_path: Path, seed: int) -> None:
    (tmp_path / "old").write_bytes(encode(OLD))
    (tmp_path / "new").write_bytes(encode(NEW))
    flash = FlashFile(tmp_path / "flash")
    flash.write(OLD)
    chance = random.Random(seed)
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for _ in range(10):
            writer.stdin.write("go\n")
            writer.stdin.flush()
            child = int(writer.stdout.readline())
            time.sleep(chance.uniform(0.005, 0.03))
            os.kill(child, signal.SIGKILL)
            assert writer.stdout.readline() == "dead\n"
            assert flash.read() in (OLD, NEW)
        writer.stdin.close()
    assert flash.write(OLD) == Written()
    assert flash.read() == OLD


@pytest.mark.slow
def test_every_flipped_bit_is_damage(tmp_path: Path) -> None:
    flash = FlashFile(tmp_path / "flash")
    flash.write(OLD)
    with (tmp_path / "flash").open("r+b", buffering=0) as file:
        for position, byte in enumerate(encode(OLD)):
            for bit in range(8):
                file.seek(position)
                file.write(bytes([byte ^ 1 << bit]))
                assert isinstance(flash.read(), FlashDamaged), (position, bit)
            file.seek(position)
            file.write(bytes([byte]))
    assert flash.read() == OLD


@pytest.mark.slow
def test_every_cut_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "flash"
    whole = encode(OLD)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert isinstance(FlashFile(path).read(), FlashDamaged), size


@pytest.mark.parametrize("more", [b" ", b"\n", b"\0", encode(OLD)], ids=["blank", "line end", "NUL", "twice"])
def test_anything_after_the_end_is_damage(tmp_path: Path, more: bytes) -> None:
    (tmp_path / "flash").write_bytes(encode(OLD) + more)
    assert FlashFile(tmp_path / "flash").read() == FlashDamaged("the checksum is wrong")


def test_file_over_the_size_of_flash_is_damage_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "flash").open("wb") as file:
        file.truncate(SIZE_LIMIT * 1000)
    assert FlashFile(tmp_path / "flash").read() == FlashDamaged(f"more than {SIZE_LIMIT} bytes")


@pytest.mark.slow
def test_contents_over_the_size_of_flash_are_not_written(flash: FlashFile) -> None:
    flash.write(OLD)
    reply = flash.write(FlashContents(boot_server="x" * SIZE_LIMIT))
    assert isinstance(reply, WriteFailed)
    assert flash.read() == OLD


def test_damaged_flash_counts_as_blank_and_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "flash"
    path.write_bytes(encode(OLD)[:-1] + b"?")
    phone = bench(serve(dict(LICENSED)), flash=FlashFile(path))
    phone.driver.power_on()
    assert (phone.phone.state, phone.enabled) == (State.IDLE, ("LDAP",))
    assert len(phone.texts("flash is damaged, it counts as blank: the checksum is wrong")) == 1
    assert decode(path.read_bytes()).keys == phone.kept().keys != ()
    assert path.with_name("flash.damaged").read_bytes() == encode(OLD)[:-1] + b"?"


# Permissions do not stop root, so what cannot be read or written is a folder, or below a file.
@pytest.mark.parametrize("name", ["folder", "file/flash"])
def test_phone_runs_on_flash_that_can_be_neither_read_nor_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    flash = FlashFile(tmp_path / name)
    assert isinstance(flash.read(), FlashUnreadable)
    assert isinstance(flash.write(OLD), WriteFailed)
    phone = bench(serve(dict(LICENSED)), flash=flash)
    phone.driver.power_on()
    assert (phone.phone.state, phone.enabled) == (State.IDLE, ("LDAP",))
    assert len(phone.texts("flash cannot be read and is left as it is")) == 1


@pytest.mark.slow
def test_two_writers_of_one_flash_leave_one_of_both_whole(tmp_path: Path) -> None:
    path = tmp_path / "flash"

    def write(contents: FlashContents) -> None:
        flash = FlashFile(path)
        for _ in range(30):
            assert flash.write(contents) == Written()
            assert flash.read() in (OLD, NEW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, (OLD, NEW)))
    assert [each.name for each in tmp_path.iterdir()] == ["flash"]


def test_held_flash_is_cleared_of_what_killed_writers_left(tmp_path: Path) -> None:
    with held_flash(tmp_path / "state", "0004f2aabbcc") as flash:
        flash.write(OLD)
        (left := tmp_path / "state" / ".a.flash.x.phone-sim-part").touch()
        with held_flash(tmp_path / "state", "0004f2aabbcd"):
            assert not left.exists()
        with pytest.raises(UsageError, match=f"phone 0004f2aabbcc is in use by process {os.getpid()}"):
            held_flash(tmp_path / "state", "0004f2aabbcc").__enter__()
    with held_flash(tmp_path / "state", "0004f2aabbcc") as flash:
        assert flash.read() == OLD


def test_path_that_no_encoding_has_can_be_logged(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    path.mkdir()
    phone = bench(serve(dict(LICENSED)), flash=FlashFile(path))
    phone.driver.power_on()
    assert phone.phone.state is State.IDLE
