"""Which boot server a scenario is run on: the embedded one, the one that its file names, or one that is named to us.

    [server]
    url = "https://boot.example/"       # several have blanks between; the first that answers is used
    trust = "trust_anchor.pem"          # files are beside the scenario file, or have a whole path
    ca_file = "ca.pem"
    client_cert = "<MAC>.pem"           # <MAC> is the phone's own
    tls_min = "1.2"
    tls_max = "1.2"                     # without it, what the phone's firmware is known to speak, or 1.3
    ciphers = "AES128-SHA"              # as OpenSSL lists them

What is named to us, by an option, goes before what the file says, each for itself. This module does not know how a
server is reached.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from phone_sim.errors import UsageError
from phone_sim.runtime.client_certificates import check_certificates
from phone_sim.runtime.transport import TLS_VERSIONS, Tls, check_addresses, newest_version, oldest_version
from phone_sim.runtime.transport.tls import client_context
from phone_sim.runtime.trust_file import load_anchor
from phone_sim.scenario.scenario import EmbeddedServer, NamedServer, Scenario, ScenarioPhone
from phone_sim.toml_table import Table

NAMED_KEYS = tuple(field.name for field in fields(NamedServer))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What options say of a boot server; None is what they do not say. `option` is the one that names the server."""

    option: str
    url: str | None = None
    trust: Path | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    tls_min: str | None = None
    tls_max: str | None = None
    ciphers: str | None = None

    @property
    def given(self) -> Mapping[str, Any]:
        """What they say, as the fields of a `NamedServer`."""
        said = {name: getattr(self, name) for name in NAMED_KEYS}
        return {name: value for name, value in said.items() if value is not None}


def read_named(table: Table, phones: Iterable[ScenarioPhone]) -> NamedServer | None:
    """The boot server that the `[server]` table of a file names, for these phones. Raises UsageError."""
    if "url" not in table.values:
        for key in NAMED_KEYS:
            if key in table.values:
                raise table.error(key, "it is for a boot server that is named, and there is no url")
        return None
    url = table.text("url")
    table.convert("url", lambda: check_addresses(url))
    trust, ca_file, client_cert = (_file(table, key) for key in ("trust", "ca_file", "client_cert"))
    table.convert("trust", lambda: load_anchor(trust))
    table.convert("ca_file", lambda: client_context(Tls(ca_file=ca_file)))
    table.convert("client_cert", lambda: _check_certificates(client_cert, phones))
    tls_min, tls_max = (_version(table, key) for key in ("tls_min", "tls_max"))
    oldest = oldest_version(tls_min, newest_version(tls_max))
    ciphers = table.any_text("ciphers", 1024) if "ciphers" in table.values else ""
    table.convert("ciphers", lambda: client_context(Tls(oldest=oldest, newest=tls_max, ciphers=ciphers)))
    return NamedServer(
        url=url,
        trust=trust,
        ca_file=ca_file,
        client_cert=client_cert,
        tls_min=tls_min,
        tls_max=tls_max,
        ciphers=ciphers,
    )


def with_server(scenario: Scenario, said: ServerOptions) -> Scenario:
    """The scenario, to be run on the boot server that the options name, if they do.

    Raises:
        UsageError: the scenario needs the embedded one, and the message names file, line and key; or it has the
            embedded one, and something is said that is for a named one.
    """
    if said.url is not None and scenario.embedded_only:
        raise UsageError(
            f"{scenario.embedded_only}: only the embedded boot server can do this, and {said.option} names another: "
            f"take this out, or run the file without {said.option}"
        )
    if not said.given:
        return scenario
    server = scenario.server
    if isinstance(server, EmbeddedServer):
        if said.url is None:
            option = f"--{next(iter(said.given)).replace('_', '-')}"
            raise UsageError(
                f"{scenario.file}: {option} is for a boot server that is named, and this scenario has the embedded "
                f"one: name one with {said.option}"
            )
        server = NamedServer(url=said.url)
    if said.client_cert is not None:
        _check_certificates(said.client_cert, scenario.phones)
    return replace(scenario, server=replace(server, **said.given))


def _check_certificates(client_cert: Path | None, phones: Iterable[ScenarioPhone]) -> None:
    those = tuple(phones)
    check_certificates(Tls(client_cert=client_cert), [one.mac for one in those], [one.firmware for one in those])


def _version(table: Table, key: str) -> str | None:
    return table.choice(key, TLS_VERSIONS) if key in table.values else None


def _file(table: Table, key: str) -> Path | None:
    return Path(table.origin.name).parent / table.text(key) if key in table.values else None
