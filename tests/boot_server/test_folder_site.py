"""A site on disk: no path leads out of it, and no reader sees half a file."""

import os
from pathlib import Path

import pytest

from phone_sim.boot_server import folder_site
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.site import Forbidden, Found, Missing, Stored, TooLarge
from phone_sim.errors import UsageError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.cfg").write_bytes(b"one")
    return root


@pytest.fixture
def site(root: Path) -> FolderSite:
    return FolderSite(root, upload_limit=100, read_limit=200)


def test_file_is_found(site: FolderSite) -> None:
    assert site.read("a.cfg") == Found(data=b"one")


def test_files_are_listed_without_what_links_to_folders_lead_to(
    site: FolderSite, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (deep := root / "/".join("dddddddd")).mkdir(parents=True)
    (deep / "b.cfg").write_bytes(b"two")
    (deep / "e").mkdir()
    (deep / "e/f.cfg").write_bytes(b"beyond what any path leads to")
    (root / "link").symlink_to(root, target_is_directory=True)
    assert sorted(site.names()) == ["a.cfg", "d/d/d/d/d/d/d/d/b.cfg", "link"]
    monkeypatch.setattr(folder_site, "NAMES_LIMIT", 2)
    with pytest.raises(UsageError, match="more than 2 files"):
        list(site.names())


@pytest.mark.parametrize("path", ["b.cfg", "b/a.cfg", "a.cfg/b", "%2e%2e/secret"])
def test_absent_file_is_missing(site: FolderSite, path: str) -> None:
    assert site.read(path) == Missing()


@pytest.mark.parametrize("path", ["../secret", "x/../../secret", "..\\secret", "/../secret", ""])
def test_path_out_of_the_root_is_forbidden(site: FolderSite, root: Path, path: str) -> None:
    assert isinstance(site.read(path), Forbidden)
    assert isinstance(site.write(path, b"changed"), Forbidden)
    assert (root.parent / "secret").read_bytes() == b"secret"


def test_absolute_path_stays_below_the_root(site: FolderSite, root: Path) -> None:
    secret = root.parent / "secret"
    assert site.read(str(secret)) == Missing()
    assert site.write(str(secret), b"mine") == Stored(created=True)
    assert secret.read_bytes() == b"secret"
    assert (root / str(secret).lstrip("/")).read_bytes() == b"mine"


@pytest.mark.parametrize("path", ["link", "folder/secret", "folder/new"])
def test_link_out_of_the_root_is_forbidden(site: FolderSite, root: Path, path: str) -> None:
    (root / "link").symlink_to(root.parent / "secret")
    (root / "folder").symlink_to(root.parent, target_is_directory=True)
    assert isinstance(site.read(path), Forbidden)
    assert isinstance(site.write(path, b"changed"), Forbidden)
    assert (root.parent / "secret").read_bytes() == b"secret"
    assert not (root.parent / "new").exists()


def test_link_to_a_sibling_with_the_same_prefix_is_forbidden(site: FolderSite, root: Path) -> None:
    sibling = root.with_name("root-of-another")
    sibling.mkdir()
    (sibling / "b").write_bytes(b"secret")
    (root / "b").symlink_to(sibling / "b")
    assert isinstance(site.read("b"), Forbidden)


def test_link_within_the_root_is_followed(site: FolderSite, root: Path) -> None:
    (root / "link").symlink_to("a.cfg")
    assert site.read("link") == Found(data=b"one")
    assert site.write("link", b"two") == Stored(created=False)
    assert (root / "a.cfg").read_bytes() == b"two"
    assert (root / "link").is_symlink()


def test_links_in_a_circle_are_no_file(site: FolderSite, root: Path) -> None:
    (root / "x").symlink_to("y")
    (root / "y").symlink_to("x")
    assert isinstance(site.read("x"), Forbidden | Missing)


def test_root_may_be_a_link(root: Path) -> None:
    link = root.with_name("link")
    link.symlink_to(root, target_is_directory=True)
    assert FolderSite(link).read("a.cfg") == Found(data=b"one")


def test_folder_is_not_a_file(site: FolderSite, root: Path) -> None:
    (root / "folder").mkdir()
    assert isinstance(site.read("folder"), Forbidden)
    assert isinstance(site.write("folder", b""), Forbidden)


def test_pipe_is_not_opened(site: FolderSite, root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert site.read("pipe") == Missing()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_unreadable_file_is_forbidden(site: FolderSite, root: Path) -> None:
    (root / "a.cfg").chmod(0)
    assert isinstance(site.read("a.cfg"), Forbidden)


@pytest.mark.parametrize("path", ["a" * 300, "\ud800"])
def test_name_the_file_system_cannot_hold_is_forbidden(site: FolderSite, path: str) -> None:
    assert isinstance(site.read(path), Forbidden)
    assert isinstance(site.write(path, b""), Forbidden)


def test_file_over_the_read_limit_is_forbidden(site: FolderSite, root: Path) -> None:
    (root / "big").write_bytes(bytes(201))
    assert isinstance(site.read("big"), Forbidden)
    (root / "big").write_bytes(bytes(200))
    assert site.read("big") == Found(data=bytes(200))


def test_upload_over_the_limit_is_refused(site: FolderSite, root: Path) -> None:
    assert site.write("log", bytes(101)) == TooLarge(limit=100)
    assert not (root / "log").exists()


def test_upload_makes_its_folders(site: FolderSite, root: Path) -> None:
    assert site.write("logs/2026/a.log", b"line") == Stored(created=True)
    assert (root / "logs/2026/a.log").read_bytes() == b"line"


def test_upload_below_a_file_is_forbidden(site: FolderSite) -> None:
    assert isinstance(site.write("a.cfg/b", b""), Forbidden)


def test_upload_replaces_the_file_in_one_step(site: FolderSite, root: Path) -> None:
    with (root / "a.cfg").open("rb") as before:
        assert site.write("a.cfg", b"two") == Stored(created=False)
        assert before.read() == b"one"
    assert (root / "a.cfg").read_bytes() == b"two"
    assert [entry.name for entry in root.iterdir()] == ["a.cfg"]


def test_root_that_is_no_directory_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.cfg is not a folder"):
        FolderSite(root / "a.cfg")
