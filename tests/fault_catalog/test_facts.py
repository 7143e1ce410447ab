"""The facts: what a file is by its name, and what a status stands for."""

import pytest

from phone_sim.fault_catalog.facts import FileRole, Trouble, role_of, trouble_of_kind, trouble_of_status
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("0004f2000001.cfg", FileRole.MASTER),
        ("prov/000000000000.cfg", FileRole.MASTER),
        ("example1.cfg", FileRole.MASTER),
        ("site.cfg", FileRole.CONFIGURATION),
        ("features.xml", FileRole.CONFIGURATION),
        ("0004f2000001-phone.cfg", FileRole.OVERRIDE),
        ("0004f2000001-web.cfg", FileRole.OVERRIDE),
        ("licenses/000000000000-license.cfg", FileRole.SITE_LICENSE),
        ("0004f2000001-license.cfg", FileRole.OWN_LICENSE),
        ("0004f2000001-directory.xml", FileRole.DIRECTORY),
        ("prov/0004f2000001-app.log", FileRole.LOG),
        ("Leaf.jpg", FileRole.OTHER),
        ("", FileRole.OTHER),
    ],
)
def test_role_of_a_file_is_in_its_name(path: str, role: FileRole) -> None:
    assert role_of(path, masters=("example1.cfg",), listed=("features.xml", "000000000000-license.cfg")) is role


@pytest.mark.parametrize(
    ("protocol", "status", "trouble"),
    [
        (FileProtocol.HTTP, 401, Trouble.LOGIN),
        (FileProtocol.HTTP, 403, Trouble.FORBIDDEN),
        (FileProtocol.HTTP, 404, Trouble.MISSING),
        (FileProtocol.HTTP, 418, Trouble.REJECTED),
        (FileProtocol.HTTP, 503, Trouble.SERVER_ERROR),
        (FileProtocol.FTP, 421, Trouble.SERVER_ERROR),
        (FileProtocol.FTP, 530, Trouble.LOGIN),
        (FileProtocol.FTP, 550, Trouble.MISSING),
        (FileProtocol.TFTP, 1, Trouble.MISSING),
        (FileProtocol.TFTP, 2, Trouble.FORBIDDEN),
        (FileProtocol.TFTP, 0, Trouble.REJECTED),
    ],
)
def test_status_stands_for_a_trouble(protocol: FileProtocol, status: int, trouble: Trouble) -> None:
    assert trouble_of_status(protocol, status) is trouble


def test_every_kind_of_failure_is_a_trouble_of_the_transfer() -> None:
    assert all(trouble_of_kind(kind).is_of_transfer for kind in FailureKind)
