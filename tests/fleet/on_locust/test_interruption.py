"""Ctrl+C and SIGTERM among busy greenlets, in processes of their own."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

BUSY = """
import os, signal, sys, gevent
from phone_sim.fleet.on_locust.interruption import interruption

done = []

def boots():
    for _ in range(int(sys.argv[2])):
        os.kill(os.getpid(), signal.Signals[sys.argv[1]])
        gevent.sleep(0.1)
    done.append(True)

try:
    with interruption() as interrupted:
        phone = gevent.spawn(boots)
        print("told" if interrupted.wait(float(sys.argv[3])) else "not told")
        phone.join()
        print("done" if done else "broken off")
except KeyboardInterrupt:
    print("hurried")
"""


def said(*words: str, before: str = "") -> list[str]:
    ended = subprocess.run([sys.executable, "-c", before + BUSY, *words], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.split("\n")[:-1]


@pytest.mark.parametrize("word", ["SIGINT", "SIGTERM"])
def test_signal_breaks_off_no_phone(word: str) -> None:
    assert said(word, "1", "60") == ["told", "done"]


def test_second_signal_ends_the_wait() -> None:
    assert said("SIGINT", "2", "60") == ["told", "hurried"]


def test_ignored_signal_is_heard() -> None:
    ignores = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    assert said("SIGINT", "1", "60", before=ignores) == ["told", "done"]
