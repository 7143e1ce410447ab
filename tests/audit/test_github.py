"""An audit as workflow commands of GitHub Actions."""

from click.testing import CliRunner

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main


def test_what_is_bad_is_a_command_each() -> None:
    with BootServer(MemorySite({"000000000000.cfg": b"<APPLICATION CONFIG_FILES='gone.cfg'/>"})) as server:
        words = ("audit", server.url, "--time-limit", "20")
        done = CliRunner().invoke(main, [*words, "--github"])
        refused = CliRunner().invoke(main, [*words, "--github", "--json"])
    assert done.exit_code == 1
    rows = [line.split("\t") for line in done.stdout.splitlines() if not line.startswith("::")]
    commands = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert [line.partition("::")[2].partition("::")[0] for line in commands] == [
        f"error title=audit%3A {row[0]}" for row in rows if row[1] == "bad"
    ]
    assert any("gone.cfg: HTTP 404 Not Found%0A" in line for line in commands)
    assert refused.exit_code == 2
