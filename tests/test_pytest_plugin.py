"""The pytest plugin, in runs of pytest of its own, as users have them; `test_pytest_plugin_fixtures` has the rest."""

import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

HEAVY = ("apscheduler", "cryptography", "gevent", "locust", "lxml", "requests", "tftpy", "phone_sim.firmware")
FIXTURES = {"phone", "phone_model", "firmware", "boot_server", "license_authority", "phone_clock"}
OPTIONS = {"--phone-boot-server", "--phone-boot-server-wait", "--phone-scenarios", "--phone-seed"}
# The names that other plugins for tests of servers take.
OTHERS = {
    "locust": ({"session", "fastsession"}, {"--host", "-H"}),
    "pytest_httpserver": (
        {"httpserver", "httpserver_ipv4", "httpserver_ipv6", "httpserver_listen_address", "httpserver_ssl_context"}
        | {"make_httpserver", "make_httpserver_ipv4", "make_httpserver_ipv6"},
        set[str](),
    ),
    "asyncio": ({"event_loop_policy", "unused_tcp_port", "unused_udp_port"}, {"--asyncio-mode", "--asyncio-debug"}),
}
SITE = """
MASTER = '<APPLICATION CONFIG_FILES="site.cfg"/>'
DIRECTORY = '<site feature.corporateDirectory.enabled="1"/>'
def serve(boot_server):
    boot_server.put("000000000000.cfg", MASTER)
    boot_server.put("site.cfg", DIRECTORY)
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin runs without the others that happen to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    """Run the tests in `source`, which has `serve` for the files of a site without licenses; warnings are errors."""
    pytester.makepyfile(SITE + source)
    return pytester.runpytest_subprocess("-p", "phone_sim", "-W", "error", *args, timeout=120)


def printed(result: pytest.RunResult) -> list[str]:
    """What a test printed behind a `>`, in a run with `-s`."""
    return [line.partition(">")[2] for line in result.outlines if ">" in line]


def test_failure_shows_the_dialogue_the_log_and_the_seed(pytester: pytest.Pytester) -> None:
    source = """
def test_fails(phone, boot_server):
    serve(boot_server)
    desk, other = phone(), phone(model="VVX_1500")
    desk.boot()
    assert desk.feature("LDAP").is_enabled

def test_passes(phone):
    phone(model="SPIP_320").boot(expect=None)
"""
    result = run(pytester, source, "--phone-seed=7")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines(
        [
            r"-+ virtual phones, --phone-seed=7 -+",
            r"SPIP_670 0004f2[0-9a-f]{6}, firmware 3\.3\.0\.0000, is idle\.",
            r"Its features:",
            r"  Corporate Directory: off, no license",
            r"It asked:",
            r"  GET http://127\.0\.0\.1:\d+/0004f2[0-9a-f]{6}\.cfg: HTTP 404 Not Found",
            r"  GET http://127\.0\.0\.1:\d+/site\.cfg: \d+ bytes",
            r"Its log:",
            r"  03020[89]\d*\|ldap \|4\|03\|ldap: Not Licensed",
            r"VVX_1500 0004f2[0-9a-f]{6}, firmware 3\.3\.0\.0000, is off\.",
            r"It asked:",
            r"  nothing",
        ]
    )
    result.stdout.no_fnmatch_line("*SPIP_320*")


def test_long_story_is_cut_at_its_beginning(pytester: pytest.Pytester) -> None:
    source = """
def test_fails(phone):
    desk = phone()
    for _ in range(30):
        desk.boot(expect=None)
    assert False, desk.log.splitlines()[0]
"""
    result = run(pytester, source)
    result.assert_outcomes(failed=1)
    story = result.outlines[result.outlines.index("Its log:") :]
    assert re.fullmatch(r"  \.\.\. \d+ more before", story[1])
    assert story[41].startswith("  0302")
    assert len([line for line in story if line.startswith("  0302")]) == 40


def test_error_inside_the_server_fails_the_test(pytester: pytest.Pytester) -> None:
    source = """
from phone_sim.boot_server.folder_site import FolderSite

def test_breaks(phone, boot_server, monkeypatch):
    def broken(site, path):
        raise RuntimeError(f"no answer for {path}")
    monkeypatch.setattr(FolderSite, "read", broken)
    phone().boot(expect=None)

def test_next_one_is_free_of_it(phone):
    phone().boot(expect=None)
"""
    result = run(pytester, source)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ExceptionGroup: the boot server failed*", "*RuntimeError: no answer for *"])


def test_same_seed_gives_the_same_phones_and_logs(pytester: pytest.Pytester) -> None:
    source = """
import pytest

@pytest.mark.parametrize("name", ["one", "other"])
def test_boots(phone, boot_server, name):
    serve(boot_server)
    for desk in (phone(), phone()):
        desk.boot()
        print(f">{desk.mac}")
        print(">" + desk.log.replace("\\n", "\\n>"))
"""
    once, again, other = (printed(run(pytester, source, "-s", f"--phone-seed={seed}")) for seed in (5, 5, 6))
    macs = [line for line in once if re.fullmatch("0004f2[0-9a-f]{6}", line)]
    assert len(set(macs)) == 4
    assert once == again
    assert not set(macs) & set(other)


def test_phones_boot_from_the_server_that_is_named(pytester: pytest.Pytester) -> None:
    source = """
import pytest
from phone_sim.errors import UsageError

def test_boots(phone, boot_server):
    desk = phone()
    desk.boot()
    assert "is not available" not in desk.log and not desk.feature("LDAP").is_enabled
    assert not boot_server.is_embedded

@pytest.mark.parametrize("what", ["tftp_url", "folder", "faults", "requests"])
def test_out_of_reach(boot_server, what):
    with pytest.raises(UsageError, match="named by --phone-boot-server"):
        getattr(boot_server, what)

def test_needs_to_take_a_file_away(boot_server):
    with pytest.raises(UsageError, match="'site.cfg' cannot be removed from it"):
        boot_server.remove("site.cfg")

def test_needs_its_own_files(boot_server):
    boot_server.put("site.cfg", "")
"""
    files = {"000000000000.cfg": b'<APPLICATION CONFIG_FILES="a.cfg"/>', "a.cfg": b"<a x.y='1'/>"}
    site = MemorySite(files)
    with BootServer(site) as server:
        result = run(pytester, source, "--phone-boot-server", server.url)
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(
        [f"*UsageError: the boot server is {server.url}, named by --phone-boot-server: 'site.cfg'*"]
    )
    assert {"000000000000.cfg", "a.cfg"} <= {request.path for request in server.journal.requests}
    assert files.items() <= site.files.items()


def test_tftp_server_can_be_named(pytester: pytest.Pytester) -> None:
    source = """
def test_address(boot_server):
    assert boot_server.url == boot_server.tftp_url == "tftp://127.0.0.1:6969/"
"""
    run(pytester, source, "--phone-boot-server", "tftp://127.0.0.1:6969/").assert_outcomes(passed=1)


def test_old_name_of_an_option_warns(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_address(boot_server): assert boot_server.url == 'tftp://127.0.0.1:6969/'")
    result = pytester.runpytest_subprocess("-p", "phone_sim", "--boot-server=tftp://127.0.0.1:6969/", timeout=120)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*--boot-server is deprecated: use --phone-boot-server"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--boot-server=http://a/", "--phone-boot-server=http://a/"), "--boot-server is the old name of *"),
        (("--phone-boot-server-wait=5",), "--phone-boot-server-wait needs --phone-boot-server: *"),
        (("--phone-boot-server=http://a/", "--phone-boot-server-wait=-1"), "--phone-boot-server-wait -1: expected 0 *"),
    ],
)
def test_options_that_contradict_are_refused(pytester: pytest.Pytester, options: tuple[str, ...], words: str) -> None:
    result = run(pytester, "def test_nothing(): pass", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {words}"])


def test_server_of_the_project_is_the_phones_server(pytester: pytest.Pytester) -> None:
    """A URL or an object that has one; what else is asked of a named server is an error in words."""
    source = """
import pytest
from phone_sim.errors import UsageError
from phone_sim.pytest_plugin.boot_servers import NamedBootServer
from phone_sim import BootServer, MemorySite

@pytest.fixture(scope="session", params=[str, NamedBootServer])
def boot_server(request):
    with BootServer(MemorySite({"000000000000.cfg": b'<APPLICATION/>'})) as server:
        yield request.param(server.url)

def test_boots(phone, boot_server):
    desk = phone()
    desk.boot()
    (master,) = desk.asked("000000000000.cfg")
    assert master.status == 200 and master.url.startswith(getattr(boot_server, "url", boot_server))

def test_words(boot_server):
    if isinstance(boot_server, NamedBootServer):
        with pytest.raises(UsageError, match="named by the fixture boot_server: 'a.cfg' cannot be put on it"):
            boot_server.put("a.cfg", "")
"""
    run(pytester, source).assert_outcomes(passed=4)
    both = run(pytester, source, "--phone-boot-server=http://127.0.0.1:9/")
    both.assert_outcomes(passed=2, errors=2)
    both.stdout.fnmatch_lines(["*UsageError: --phone-boot-server is http://127.0.0.1:9/, and the fixture *"])


def test_fixture_that_gives_no_server_or_firmware_is_an_error_in_words(pytester: pytest.Pytester) -> None:
    source = """
import pytest

@pytest.mark.parametrize("boot_server", [8080, "boot.example"])
def test_server(phone, boot_server): pass

@pytest.mark.parametrize("firmware", [3])
def test_firmware(phone, firmware): pass
"""
    result = run(pytester, source)
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "*UsageError: the fixture boot_server gives 8080: expected a URL, or an object with a url",
            "*UsageError: the fixture boot_server: *boot.example*",
            "*UsageError: the fixture firmware gives 3: expected a version such as '3.3.1'",
        ]
    )


def test_failing_assertion_fits_a_screen(pytester: pytest.Pytester) -> None:
    source = """
def test_gate(phone, boot_server):
    serve(boot_server)
    desk = phone(mac="0004f2000001")
    desk.boot()
    assert (desk, desk.feature("LDAP"), desk.asked("site.cfg"), boot_server.requests[0]) is None
"""
    result = run(pytester, source)
    result.assert_outcomes(failed=1)
    shown = [line for line in result.outlines if line.startswith("E ")]
    assert shown == [
        "E       assert (<PhoneUnderTest SPIP_670 0004f2000001 idle, LDAP off: no license>, "
        "<Gate LDAP off: no license>, (<Exchange GET site.cfg: 46 bytes>,), "
        "<Request GET 0004f2000001.cfg: 404>) is None"
    ]


@pytest.mark.parametrize("address", ["http://", "gopher://127.0.0.1/"])
def test_address_that_is_none_is_refused(pytester: pytest.Pytester, address: str) -> None:
    result = run(pytester, "def test_nothing(): pass", "--phone-boot-server", address)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --phone-boot-server: *"])


def test_start_loads_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        f"""
import sys
def pytest_collection_finish(session):
    assert session.config.pluginmanager.has_plugin("phone_sim")
    print("loaded", [name for name in {HEAVY!r} if name in sys.modules])
"""
    )
    result = run(pytester, "def test_nothing(): pass", "-s")
    result.stdout.fnmatch_lines(["loaded []"])


def test_import_loads_nothing_but_pytest() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import phone_sim.pytest_plugin; "
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.split() == ["phone_sim", "phone_sim.pytest_plugin"]


@pytest.mark.parametrize("plugin", OTHERS)
def test_no_name_is_another_plugin_s(plugin: str) -> None:
    fixtures, options = OTHERS[plugin]
    assert not FIXTURES & fixtures
    assert not OPTIONS & options


@pytest.mark.parametrize("plugin", [*OTHERS, "xdist"])
def test_runs_beside_the_other_plugin(pytester: pytest.Pytester, plugin: str) -> None:
    if not entry_points(group="pytest11", name=plugin):
        pytest.skip(f"{plugin} is not installed")
    source = f"""
NAMES = {sorted(FIXTURES)!r}

def test_names(request, phone, phone_model, firmware, boot_server, license_authority, phone_clock):
    assert request.config.pluginmanager.has_plugin({plugin!r})
    serve(boot_server)
    desk = phone()
    desk.boot()
    assert "ldap: Not Licensed" in desk.log
    for name in NAMES:
        (definition,) = request._fixturemanager.getfixturedefs(name, request.node)
        assert definition.func.__module__ == "phone_sim.pytest_plugin"
"""
    settings = {"asyncio": ["-o", "asyncio_default_fixture_loop_scope=function"], "xdist": ["-n", "2"]}
    run(pytester, source, "-p", plugin, *settings.get(plugin, [])).assert_outcomes(passed=1)


def test_pytest_finds_the_plugin_by_itself() -> None:
    (entry_point,) = entry_points(group="pytest11", name="phone_sim")
    assert entry_point.value == "phone_sim.pytest_plugin"
