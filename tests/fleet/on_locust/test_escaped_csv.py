"""Cells that a spreadsheet would run; in a process of its own, since Locust replaces the sockets."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_ALL = """
import csv, sys
from io import StringIO
from locust.env import Environment
from locust.runners import LocalRunner
from phone_sim.fleet.on_locust.escaped_csv import CsvReport, EscapedCsv, escaped_cell

for text in ("=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\\t=1", "\\r=1", "\\uff1d1"):
    assert escaped_cell(text) == f"'{text}", text
for cell in ("reg-*.cfg", "<MAC>.cfg", "a=1", "", -1, -1.5, None):
    assert escaped_cell(cell) == cell, cell

environment = Environment()
environment.runner = LocalRunner(environment)
environment.stats.log_request("GET", "=cmd|' /C calc'!A0", 5, 100)
environment.stats.log_error("GET", "=cmd|' /C calc'!A0", "@SUM(A1)")
environment.runner.log_exception("+node", "=msg", "-traceback")

def rows(text):
    return [row for row in csv.reader(StringIO(text))][1:]

def is_escaped(found):
    cells = [cell for row in found for cell in row]
    assert cells and not [cell for cell in cells if cell[:1] in tuple("=+-@")], cells

tables = EscapedCsv(environment)
for write, runs in ((tables.requests_csv, 1), (tables.failures_csv, 2), (tables.exceptions_csv, 3)):
    text = StringIO()
    write(csv.writer(text))
    found = rows(text.getvalue())
    is_escaped(found)
    assert sum(cell.startswith("'") for row in found for cell in row) == runs

import gevent
NAMES = ("stats", "failures", "exceptions", "stats_history")
for name in NAMES:
    open(f"{sys.argv[1]}_{name}.csv", "w").write("of an earlier run")
files = CsvReport(environment, sys.argv[1])
writing = gevent.spawn(files.write)
gevent.sleep(0.1)
writing.kill()
for name in NAMES:
    assert open(f"{sys.argv[1]}_{name}.csv").read() == "of an earlier run"
files.finish()
for name in NAMES:
    is_escaped(rows(open(f"{sys.argv[1]}_{name}.csv", newline="").read()))
"""


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _ALL, f"{tmp_path / 'run'}"], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert not list(tmp_path.glob("*part*"))
