"""Which files clients may upload."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import FOLDERS_LIMIT, Forbidden, MemorySite, Stored
from phone_sim.boot_server.uploads import UploadRules, is_precious
from phone_sim.firmware.effects import Refused, Uploaded
from phone_sim.runtime.transport import network_transport
from tests.runtime.phones import PATIENT, upload

MAC = "0004f2aabbcc"
WRITTEN_BY_PHONES = [
    f"{MAC}-app.log",
    f"{MAC}-boot.log",
    f"logs/2026/{MAC.upper()}-app.log",
    f"{MAC}-phone.cfg",
    f"{MAC}-web.cfg",
    f"{MAC}-directory.xml",
    f"{MAC}-calls.xml",
]
OTHERS = [
    "site.cfg",
    f"{MAC}.cfg",
    "000000000000.cfg",
    f"{MAC}-license.cfg",
    "000000000000-directory.xml",
    "000000000000-phone.cfg",
    "0004f2aabbc-app.log",
    f"x{MAC}-app.log",
    f"{MAC}-app.log.exe",
    f"{MAC}-app.log/site.cfg",
]


@pytest.mark.parametrize("path", WRITTEN_BY_PHONES)
def test_what_a_phone_writes_is_taken(path: str) -> None:
    assert UploadRules().refused(path) is None


@pytest.mark.parametrize("path", OTHERS)
def test_other_files_are_refused(path: str) -> None:
    assert UploadRules().refused(path) == Forbidden(
        reason="only the log files, overrides, directory and call lists of a phone may be uploaded"
    )


def test_globs_replace_the_default() -> None:
    rules = UploadRules(globs=("*.txt", "/in/*"))
    assert [rules.refused(path) for path in ("a.txt", "b/c.txt", "in/a", "in/b/c")] == [None] * 4
    assert rules.refused(f"{MAC}-app.log") == Forbidden(reason="only files that match *.txt or /in/* may be uploaded")
    assert [UploadRules(globs=("*",)).refused(path) for path in OTHERS] == [None] * len(OTHERS)


def test_names_that_windows_takes_for_a_precious_file_are_precious() -> None:
    for name in (f"{MAC}-license.cfg", "000000000000.cfg", f"{MAC}.CFG", f"{MAC}.cfg.", f"{MAC}.cfg ", f"{MAC}.cfg:x"):
        assert is_precious(name), name
    for name in ("site.cfg", f"{MAC}-app.log", f"{MAC}.cfg2", f"a{MAC}.cfg", f"{MAC}-license.cfgs"):
        assert not is_precious(name), name


@pytest.fixture
def client() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / f"{MAC}-license.cfg").write_bytes(b"license")
    (tmp_path / "000000000000.cfg").write_bytes(b"master")
    (tmp_path / f"{MAC}-app.log").write_bytes(b"old log")
    return tmp_path


def test_license_and_master_files_are_not_overwritten(root: Path) -> None:
    (root / "link.log").symlink_to(f"{MAC}-license.cfg")
    names = (f"{MAC}-license.cfg", "./000000000000.cfg", "link.log")
    transport = network_transport(limits=PATIENT)
    with BootServer(FolderSite(root, uploads=UploadRules(globs=("*",)))) as server:
        for url in (server.url, server.tftp_url):
            replies = [transport.upload(upload(url + name, b"mine")) for name in names]
            assert [type(reply) for reply in replies] == [Refused] * len(names), replies
            assert transport.upload(upload(f"{url}{MAC}-license.cfg", b"license")) == Uploaded()
        assert transport.upload(upload(f"{server.url}new/{MAC}.cfg", b"mine")) == Uploaded()
    transport.close()
    assert (root / f"{MAC}-license.cfg").read_bytes() == b"license"
    assert (root / "000000000000.cfg").read_bytes() == b"master"
    assert (root / f"new/{MAC}.cfg").read_bytes() == b"mine"


def test_of_two_first_uploads_of_a_license_one_is_taken(tmp_path: Path) -> None:
    site = FolderSite(tmp_path, uploads=UploadRules(globs=("*",)))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: site.upload("a-license.cfg", b"%d" % number), range(8)))
    taken = [number for number, answer in enumerate(answers) if answer == Stored(created=True)]
    assert [b"%d" % number for number in taken] == [(tmp_path / "a-license.cfg").read_bytes()]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a-license.cfg"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_uploads_have_the_mode_that_the_umask_leaves(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        site = FolderSite(tmp_path, uploads=UploadRules(globs=("*",)))
        for name in ("a.log", "a-license.cfg"):
            assert site.upload(name, b"1") == Stored(created=True)
            assert (tmp_path / name).stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)


def test_who_runs_the_site_may_write_everything(root: Path, client: requests.Session) -> None:
    with BootServer(FolderSite(root, uploads=UploadRules())) as server:
        server.put("site.cfg", b"mine")
        server.put(f"{MAC}-license.cfg", b"new")
        refused = client.put(f"{server.url}site.cfg", data=b"theirs")
    assert (refused.status_code, "<p>only the log files" in refused.text) == (403, True)
    assert (root / "site.cfg").read_bytes() == b"mine"
    assert (root / f"{MAC}-license.cfg").read_bytes() == b"new"


@pytest.mark.parametrize("body", [b"", b"new log"])
def test_limit_of_zero_refuses_every_upload(root: Path, body: bytes) -> None:
    transport = network_transport(limits=PATIENT)
    with (
        BootServer(FolderSite(root, upload_limit=0)) as server,
        BootServer(MemorySite(upload_limit=0)) as other,
    ):
        for url in (server.url, server.tftp_url, other.url, other.tftp_url):
            reply = transport.upload(upload(f"{url}{MAC}-app.log", body))
            assert isinstance(reply, Refused), reply
            assert reply.status == (403 if url.startswith("http") else 2)
    transport.close()
    assert (root / f"{MAC}-app.log").read_bytes() == b"old log"


@pytest.mark.parametrize("folders", [FOLDERS_LIMIT + 1, 1500])
def test_path_of_many_folders_is_refused_with_an_answer(tmp_path: Path, client: requests.Session, folders: int) -> None:
    path = "a/" * folders + f"{MAC}-app.log"
    with BootServer(FolderSite(tmp_path)) as server:
        put = client.put(server.url + path, data=b"line")
        got = client.get(server.url + path)
        transport = network_transport(limits=PATIENT)
        reply = transport.upload(upload(server.tftp_url + path[-400:], b"line"))
        transport.close()
    assert (put.status_code, got.status_code) == (403, 403)
    assert f"more than {FOLDERS_LIMIT} folders" in put.text
    assert isinstance(reply, Refused)
    assert list(tmp_path.iterdir()) == []


def test_path_of_some_folders_is_stored(tmp_path: Path) -> None:
    path = "a/" * FOLDERS_LIMIT + f"{MAC}-app.log"
    transport = network_transport(limits=PATIENT)
    with BootServer(FolderSite(tmp_path, uploads=UploadRules())) as server:
        for url in (server.url, server.tftp_url):
            assert transport.upload(upload(url + path, url.encode())) == Uploaded()
            assert (tmp_path / path).read_bytes() == url.encode()
    transport.close()
