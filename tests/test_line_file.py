"""A file of lines: each is in it whole or not at all."""

import os
import resource
import signal
from pathlib import Path
from threading import Thread

import pytest

from phone_sim.line_file import LineFile


def test_lines_are_added(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    for line in (b"one\n", b"two\n"):
        file = LineFile(path)
        file.append(line)
        assert file.size == path.stat().st_size
        file.close()
        file.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_line_that_does_not_fit_is_left_out_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    file = LineFile(path)
    file.append(b"one\n")
    child = os.fork()
    if child == 0:  # the limit holds for the process
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        try:
            file.append(b"a long line\n")
        except OSError:
            file.append(b"two\n")
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    file.close()
    assert path.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("before", [b"", b"one\n", b"one\n" + b"x" * 200_000 + b"\n"])
@pytest.mark.parametrize("broken", [b"", b"t", b"y" * 200_000])
def test_broken_line_is_ended_or_dropped(tmp_path: Path, before: bytes, broken: bytes) -> None:
    path = tmp_path / "lines"
    path.write_bytes(before + broken)
    file = LineFile(path)
    file.end_broken_line()
    assert path.read_bytes() == before + broken + (b"\n" if broken else b"")
    path.write_bytes(before + broken)
    file.drop_broken_line()
    assert path.read_bytes() == before
    file.append(b"next\n")
    file.close()
    assert path.read_bytes() == before + b"next\n"


def test_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[bytes] = []
    reader = Thread(target=lambda: heard.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    file = LineFile(tmp_path / "pipe")
    file.end_broken_line()
    file.append(b"line\n")
    file.close()
    reader.join(60)
    assert heard == [b"line\n"]
