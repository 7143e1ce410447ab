"""Whatever a master configuration file has for a name or a directory, a location comes of it, or none (B17)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phone_sim.firmware.location import BootServerAddress, shown_name
from tests.make import Dialogue, boot, configured, identity, master

PIECES = st.sampled_from(
    ["http://", "tftp://", "[", "]", "::1", "@", ":", "/", "a", "..", "%", "?", "#", "\0", "9" * 6, " "]
)
ADDRESSES = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30)


@pytest.mark.slow
@given(ADDRESSES, ADDRESSES)
@example("http://[::1]a@]/", "x.cfg")
@example("", "http://[::1]a@]/x")
def test_any_directory_and_name_lead_somewhere_or_nowhere(directory: str, name: str) -> None:
    location = BootServerAddress.parse("http://boot.example/dir/").locate(directory, name)
    if location is not None:
        assert "://" in location.url
        assert isinstance(location.name, str)


@pytest.mark.slow
@given(ADDRESSES, ADDRESSES)
@example("http://[::1]a@]/", "http://[::1]a@]/x")
def test_phone_boots_whatever_the_master_file_names(directory: str, name: str) -> None:
    clean = "".join(one for one in f"{directory}\n{name}" if one.isprintable() or one == "\n").replace('"', "")
    folder, _, file = clean.partition("\n")
    document = master(CONFIG_FILES=file, LOG_FILE_DIRECTORY=folder, LICENSE_DIRECTORY=folder, CONTACTS_DIRECTORY=folder)
    dialogue = Dialogue({"000000000000.cfg": document})
    service = dialogue.run(boot(identity()))
    assert service.configuration.answered


def test_password_in_a_name_is_not_logged() -> None:
    name = "http://admin:s3cret@boot.example/x.cfg"
    assert shown_name(name) == "x.cfg"
    for data in (b"<broken", configured("LDAP"), b"<licenses/>"):
        dialogue = Dialogue({"000000000000.cfg": master(CONFIG_FILES=name), "x.cfg": data})
        dialogue.run(boot(identity()))
        assert not any("s3cret" in line for line in dialogue.lines)
