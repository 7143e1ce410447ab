"""atftpd as a boot server: a second TFTP server, written apart from the first.

Its package and that of tftpd-hpa exclude each other, so it runs from where its package has been unpacked.
"""

import grp
import os
import pwd
import re
import subprocess
import tempfile
from pathlib import Path

from tests.real_servers.logged_request import LoggedRequest, log_text
from tests.real_servers.programs import absent
from tests.real_servers.tftp_server import TftpServer

_SECONDS_TO_FETCH = 60

_LINE = re.compile(r"atftpd\[(?P<thread>[\d.]+)\]: (?P<text>.*)")
_REQUEST = re.compile(r"Serving (?P<read>.*) to [\d.]+:\d+|Fetching from [\d.]+ to (?P<written>.*)")
_NOT_FOUND = re.compile(r"File .* not found")


def atftpd_program(cache: Path) -> Path | None:
    """Return the path of atftpd: the value of PHONE_SIM_ATFTPD, else what is or can be fetched into `cache`.

    Fetching needs apt-get and dpkg and the package's source; `None` when that fails or takes a minute.
    """
    if given := os.environ.get("PHONE_SIM_ATFTPD"):
        return Path(given)
    program = cache / "atftpd"
    if not program.exists():
        try:
            _fetch(program)
        except (OSError, subprocess.SubprocessError):
            return None
    return program


def require_atftpd(cache: Path) -> Path:
    """Return the path of atftpd as `atftpd_program` does; without it the test is skipped or fails, as in `require`."""
    program = atftpd_program(cache)
    return program if program is not None else absent("atftpd is neither given in PHONE_SIM_ATFTPD nor to be fetched")


def _fetch(program: Path) -> None:
    """Unpack the package beside `program`, then move the one file there: parallel tests may do so at a time."""
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        _run(["apt-get", "download", "atftpd"], folder)
        _run(["dpkg", "-x", *(package.name for package in Path(folder).glob("atftpd_*.deb")), "."], folder)
        (Path(folder) / "usr/sbin/atftpd").replace(program)


def _run(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_SECONDS_TO_FETCH)


class Atftpd(TftpServer):
    """atftpd; a request is in its list once its transfer is over. Its log names the error "not found" and no other."""

    def __init__(self, root: Path, work: Path, program: Path) -> None:
        super().__init__(root, work)
        self._program = program

    def prepare(self) -> list[str]:
        """Compose the command line; there is no configuration."""
        listen = ["--bind-address", "127.0.0.1", "--port", str(self.port)]
        log = ["--verbose=7", "--logfile", "-"]
        ourselves = f"{pwd.getpwuid(os.geteuid()).pw_name}.{grp.getgrgid(os.getegid()).gr_name}"
        return [str(self._program), "--daemon", "--no-fork", *listen, "--user", ourselves, *log, str(self.root)]

    def logged(self) -> list[LoggedRequest]:
        """Read the log, which may be a moment behind what the client has been told."""
        return read_log(log_text(self.work / "output.log"))


def read_log(text: str) -> list[LoggedRequest]:
    """Return the requests of atftpd's log whose transfer is over, in the order in which they came."""
    transfers: list[tuple[re.Match[str], list[str]]] = []
    running: dict[str, list[str]] = {}
    for line in _LINE.finditer(text):
        if request := _REQUEST.fullmatch(line["text"]):
            running[line["thread"]] = []
            transfers.append((request, running[line["thread"]]))
        elif line["thread"] in running:
            running[line["thread"]].append(line["text"])
    return [
        LoggedRequest(
            method="WRQ" if request["read"] is None else "RRQ",
            path=(request["read"] or request["written"]).removeprefix("/"),
            status=_status(lines),
        )
        for request, lines in transfers
        if "Server thread exiting" in lines
    ]


def _status(lines: list[str]) -> int | None:
    if "End of transfer" in lines:
        return 0
    return 1 if any(map(_NOT_FOUND.fullmatch, lines)) else None
