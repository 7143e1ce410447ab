"""The authority's folder: a key that is made once, for its owner only, and signs many keys as it signs one."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_authority import (
    ANCHOR_FILE,
    KEY_FILE,
    LEDGER_FILE,
    create_authority,
    open_authority,
    write_files,
)
from phone_sim.authority.signing_key import SigningKey
from phone_sim.errors import AuthorityError, UsageError
from phone_sim.file_modes import PUBLISHED
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_key import LicenseType, new_key
from phone_sim.runtime.trust_file import load_anchor
from tests.authority import entered, new_authority, phone_order
from tests.make import LDAP, SIGNING_KEY

KEY = new_key(serial="0004F2AABBCC", license_type=LicenseType.PHONE, grants={LDAP: NEVER})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_authority(tmp_path / "authority")
    return tmp_path / "authority"


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, password: bytes = b""
) -> bytes:
    """A private key as PEM."""
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def test_key_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_authority(tmp_path / "authority")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "authority" / KEY_FILE).stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "authority").iterdir()) == [LEDGER_FILE, KEY_FILE, ANCHOR_FILE]


def test_key_is_never_replaced(folder: Path) -> None:
    before = (folder / KEY_FILE).read_bytes()
    with pytest.raises(AuthorityError, match="has a signing key already, which is never replaced"):
        create_authority(folder)
    assert (folder / KEY_FILE).read_bytes() == before


def test_authority_without_a_key_yet_is_finished(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    folder.mkdir()
    with Ledger(folder / LEDGER_FILE):
        pass
    with (
        pytest.raises(AuthorityError, match="not finished: phone-sim license init finishes it"),
        open_authority(folder),
    ):
        pass
    create_authority(folder)
    with open_authority(folder) as authority:
        assert load_anchor(folder / ANCHOR_FILE).verifies(authority.signing_key.sign(KEY))


def test_authority_with_no_more_than_a_key_is_completed(folder: Path) -> None:
    for name in (ANCHOR_FILE, LEDGER_FILE):
        (folder / name).unlink()
    with pytest.raises(AuthorityError, match="has a signing key already, which is never replaced"):
        create_authority(folder)
    assert sorted(path.name for path in folder.iterdir()) == [LEDGER_FILE, KEY_FILE, ANCHOR_FILE]


@pytest.mark.parametrize("left", [ANCHOR_FILE, LEDGER_FILE])
def test_lost_key_is_not_replaced_by_a_new_one(folder: Path, left: str) -> None:
    with open_authority(folder) as authority:
        entered(authority.ledger, phone_order())
    for path in folder.iterdir():
        if path.name != left:
            path.unlink()
    before = (folder / left).read_bytes()
    for use in (create_authority, lambda place: open_authority(place).__enter__()):
        with pytest.raises(AuthorityError, match=f"not its key: restore {KEY_FILE}, or name another folder"):
            use(folder)
    assert not (folder / KEY_FILE).exists()
    assert (folder / left).read_bytes() == before


def test_leftovers_of_a_killed_writer_go_when_it_is_opened(folder: Path) -> None:
    (folder / f".{KEY_FILE}.abc.phone-sim-part").write_text("half a key")
    with open_authority(folder):
        pass
    assert sorted(path.name for path in folder.iterdir()) == [LEDGER_FILE, KEY_FILE, ANCHOR_FILE]


def test_missing_anchor_is_written_again(folder: Path) -> None:
    anchor = folder / ANCHOR_FILE
    before = anchor.read_bytes()
    anchor.unlink()
    with open_authority(folder) as authority:
        assert anchor.read_bytes() == before == authority.anchor.pem()
    assert load_anchor(anchor).pem() == before


def test_anchor_of_another_key_is_replaced(folder: Path) -> None:
    (folder / ANCHOR_FILE).write_bytes(SIGNING_KEY.anchor.pem())
    with open_authority(folder) as authority:
        assert load_anchor(folder / ANCHOR_FILE).pem() == authority.anchor.pem()


def test_folder_without_a_key_is_no_authority(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="phone-sim license init makes one"), open_authority(tmp_path / "absent"):
        pass
    assert not (tmp_path / "absent").exists()


def test_key_that_cannot_sign_is_refused_with_the_reason(folder: Path) -> None:
    unsupported = ["openssl", "ecparam", "-name", "wap-wsg-idm-ecid-wtls8", "-genkey", "-noout"]
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    cases = {
        b"": "is not an unencrypted private key in PEM form",
        b"\x00\xff garbage" * 100: "is not an unencrypted private key in PEM form",
        SIGNING_KEY.anchor.pem(): "is not an unencrypted private key in PEM form",
        pem(small, b"secret"): "is not an unencrypted private key in PEM form",
        pem(small): "an RSA key of 1024 bits, 2048 are needed",
        pem(ed25519.Ed25519PrivateKey.generate()): "is not an RSA private key",
        pem(ec.generate_private_key(ec.SECP256R1())): "is not an RSA private key",
        subprocess.run(unsupported, capture_output=True, timeout=60).stdout: "is not an unencrypted private key",
    }
    for data, reason in cases.items():
        (folder / KEY_FILE).write_bytes(data)
        with pytest.raises(UsageError, match=reason), open_authority(folder):
            pass


@pytest.mark.slow
def test_many_keys_are_signed_in_order_as_each_alone() -> None:
    keys = [
        new_key(serial=f"{place:012X}", license_type=LicenseType.PHONE, grants={LDAP: NEVER})
        for place in range(1, 2_001)
    ]
    signed = SIGNING_KEY.sign_all(keys)
    assert signed == [SIGNING_KEY.sign(key) for key in keys]
    assert SIGNING_KEY.sign_all(keys[:3]) == signed[:3]
    assert SIGNING_KEY.sign_all([]) == []
    assert all(map(SIGNING_KEY.anchor.verifies, signed[::100]))


@pytest.mark.slow
def test_many_keys_are_signed_by_several_processes_only_without_threads() -> None:
    story = """
import os, sys, threading
from phone_sim.authority import signing_key
from phone_sim.file_modes import PUBLISHED
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_key import LicenseType, new_key
os.sched_getaffinity = lambda _: {0, 1}
forks = []
os.register_at_fork(before=lambda: forks.append(1))
keys = [new_key(serial=f"{n:012X}", license_type=LicenseType.PHONE, grants={2: NEVER}) for n in range(1, 1_001)]
many = signing_key.test_signing_key().sign_all(keys)
assert forks, "nobody helped"
forks.clear()
done = threading.Event()
waiting = threading.Thread(target=done.wait)
waiting.start()
alone = signing_key.test_signing_key().sign_all(keys)
done.set()
waiting.join()
assert not forks, "a process with two threads was forked"
assert many == alone
"""
    done = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_many_keys_are_signed_by_a_script_without_a_guard(method: str, tmp_path: Path) -> None:
    (script := tmp_path / "script.py").write_text("""
import os, sys
from phone_sim.authority import signing_key
from phone_sim.file_modes import PUBLISHED
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_key import LicenseType, new_key
print("ran", flush=True)
os.sched_getaffinity = lambda _: {0, 1}
signing_key.START_METHOD = sys.argv[1]
keys = [new_key(serial=f"{n:012X}", license_type=LicenseType.PHONE, grants={2: NEVER}) for n in range(1, 1_001)]
key = signing_key.test_signing_key()
print(sum(map(key.anchor.verifies, key.sign_all(keys))))
""")
    ended = subprocess.run([sys.executable, script, method], capture_output=True, text=True, timeout=120)
    assert (ended.stdout, ended.stderr) == ("ran\n1000\n", "")


def test_key_survives_its_file() -> None:
    assert SigningKey.from_pem(SIGNING_KEY.pem(), "again").sign(KEY) == SIGNING_KEY.sign(KEY)


def test_files_are_written_whole_into_a_new_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new/site"
    assert write_files({"a.cfg": b"1", "b.cfg": b"2"}, folder, PUBLISHED) == (folder / "a.cfg", folder / "b.cfg")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.cfg": b"1", "b.cfg": b"2"}
    with pytest.raises(AuthorityError, match=r"a\.cfg"):
        write_files({"a.cfg": b"1"}, folder / "a.cfg", PUBLISHED)
