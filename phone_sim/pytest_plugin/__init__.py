"""The pytest plugin, for people who test a boot server: virtual phones, a boot server, a license authority, a clock.

Fixtures: `phone`, with `phone_model` and `firmware`, `boot_server`, `license_authority`, `phone_clock`. Scenario files,
`*.phone.toml`, are tests as well.
pytest loads this module in every run of every project beside it, so it imports nothing before a test asks for a
fixture.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from phone_sim.authority.license_authority import LicenseAuthority
    from phone_sim.pytest_plugin.boot_servers import EmbeddedBootServer, NamedBootServer
    from phone_sim.pytest_plugin.phone_factory import PhoneFactory
    from phone_sim.pytest_plugin.scenario_files import ScenarioFile
    from phone_sim.runtime.virtual_time import VirtualTime

_SCENARIO = ".phone.toml"
_START = "2026-03-02T08:00"
_WAIT_LIMIT = 3600.0
_FACTORY = pytest.StashKey["PhoneFactory"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("phone_sim", "virtual phones")
    group.addoption(
        "--phone-boot-server",
        metavar="URL",
        help="Boot server that phones boot from, in tests and in scenario files. "
        "[default: an embedded one, or the one that a scenario file names]",
    )
    group.addoption("--boot-server", metavar="URL", help="Deprecated: use --phone-boot-server.")
    group.addoption(
        "--phone-boot-server-wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="Wait up to this long for the boot server to answer. [default: 0]",
    )
    group.addoption(
        "--phone-scenarios",
        action="store_true",
        help="Collect every *.phone.toml. [default: those given by name, and those whose first key is phone_sim]",
    )
    group.addoption(
        "--phone-seed",
        type=int,
        default=0,
        metavar="N",
        help="Seed of the phones' MAC addresses, and of faults. [default: 0]",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Check the options before any test runs, and take the old name of one."""
    if (old := config.getoption("--boot-server")) is not None:
        if config.getoption("--phone-boot-server") is not None:
            raise pytest.UsageError("--boot-server is the old name of --phone-boot-server: give one of them")
        config.option.phone_boot_server = old
        warning = pytest.PytestDeprecationWarning("--boot-server is deprecated: use --phone-boot-server")
        config.issue_config_time_warning(warning, stacklevel=2)
    url, seconds = config.getoption("--phone-boot-server"), config.getoption("--phone-boot-server-wait")
    if not 0 <= seconds <= _WAIT_LIMIT:
        raise pytest.UsageError(f"--phone-boot-server-wait {seconds:g}: expected 0 to {_WAIT_LIMIT:g} seconds")
    if url is None:
        if seconds:
            raise pytest.UsageError("--phone-boot-server-wait needs --phone-boot-server: no other server is waited for")
        return
    from phone_sim.errors import UsageError
    from phone_sim.runtime.transport import check_addresses

    try:
        check_addresses(url)
    except UsageError as error:
        raise pytest.UsageError(f"--phone-boot-server: {error}") from error


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """Take scenario files for tests, and leave those of other programs alone."""
    if not file_path.name.endswith(_SCENARIO) or not _is_ours(file_path, parent):
        return None
    from phone_sim.pytest_plugin.scenario_files import ScenarioFile

    scenario_file: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return scenario_file


def _is_ours(file: Path, parent: pytest.Collector) -> bool:
    if parent.session.isinitpath(file) or parent.config.getoption("--phone-scenarios"):
        return True
    from phone_sim.pytest_plugin.whose_file import Owner, owner

    whose = owner(file)
    if whose is Owner.UNSAID:
        parent.warn(
            pytest.PytestCollectionWarning(
                f"{file.name} looks like a scenario of phone_sim and is not run: begin it with phone_sim = 1, "
                "or use --phone-scenarios"
            )
        )
    return whose is Owner.PHONE_SIM


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show which features the phones of a failed test have, with file and line, and what they asked and logged."""
    report = yield
    factory = item.stash.get(_FACTORY, None)
    if report.failed and factory is not None and factory.phones:
        seed = item.config.getoption("--phone-seed")
        report.sections.append((f"virtual phones, --phone-seed={seed}", factory.story()))
    return report


@pytest.fixture
def phone_clock() -> "VirtualTime":
    """The clock of all phones of a test; it shows 2026-03-02 08:00 UTC and stands still: `set`, `run`, `run_until`.

    For another start, or a clock that was never set, a test module has a fixture of this name that returns a
    `VirtualTime`.
    """
    from phone_sim.runtime.virtual_time import VirtualTime

    return VirtualTime(_START)


@pytest.fixture(scope="session")
def _boot_server_of_all_tests(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[EmbeddedBootServer | NamedBootServer]":
    from phone_sim.pytest_plugin.boot_servers import EmbeddedBootServer, NamedBootServer, wait_for

    if url := pytestconfig.getoption("--phone-boot-server"):
        if seconds := pytestconfig.getoption("--phone-boot-server-wait"):
            wait_for(url, seconds)
        yield NamedBootServer(url, "--phone-boot-server")
    else:
        seed: int = pytestconfig.getoption("--phone-seed")
        with EmbeddedBootServer(tmp_path_factory.mktemp("boot_server"), seed) as server:
            yield server


@pytest.fixture
def boot_server(
    _boot_server_of_all_tests: "EmbeddedBootServer | NamedBootServer",
) -> "Iterator[EmbeddedBootServer | NamedBootServer]":
    """A boot server on the loopback address, empty at the start of each test: `url`, `https_url` with its `ca_file`,
    `tftp_url`, `put`, `remove`, `folder`, `faults`, `requests`. What goes wrong inside it fails the test.

    With `--phone-boot-server URL` it is that server, whose files and journal are out of reach: `is_embedded` tells. A
    project can override this fixture with one that gives the URL of a server that it starts, or an object with a `url`.
    """
    _boot_server_of_all_tests.reset()
    yield _boot_server_of_all_tests
    _boot_server_of_all_tests.raise_errors()


@pytest.fixture(scope="session")
def license_authority() -> "LicenseAuthority":
    """A license authority with a key of its own and no ledger: `anchor`, `license`, `site_license`, `forge`.

    `file_for([mac, ...], "LDAP")` is one activation file for several phones (B6).
    """
    from phone_sim.authority.license_authority import LicenseAuthority

    return LicenseAuthority()


@pytest.fixture
def phone_model() -> str:
    """The model of phones that are given no other; to parametrize: `@pytest.mark.parametrize("phone_model", [...])`."""
    from phone_sim.default_phone import DEFAULT_MODEL

    return DEFAULT_MODEL


@pytest.fixture
def firmware() -> str:
    """The firmware of phones that are given no other; to parametrize: `@pytest.mark.parametrize("firmware", [...])`."""
    from phone_sim.firmware.profile import CURRENT

    return CURRENT


@pytest.fixture
def phone(
    request: pytest.FixtureRequest, boot_server: object, phone_clock: "VirtualTime", phone_model: str, firmware: str
) -> "Iterator[PhoneFactory]":
    """Makes virtual phones, off at first: `phone(model="VVX_1500", trust=license_authority.anchor)`.

    Each has a MAC of its own, which the seed and the name of the test decide, and the boot server's address unless it
    is given another one with `url`. Without a model or firmware it has those of `phone_model` and `firmware`.
    """
    from phone_sim.pytest_plugin.boot_servers import address_of
    from phone_sim.pytest_plugin.phone_factory import PhoneFactory

    url = address_of(boot_server, request.config.getoption("--phone-boot-server"))
    seed = f"{request.config.getoption('--phone-seed')}/{request.node.nodeid}"
    with PhoneFactory(url=url, model=phone_model, firmware=firmware, time=phone_clock, seed=seed) as factory:
        request.node.stash[_FACTORY] = factory
        yield factory
