"""Lines that only real phones log, worded as in public logs (field notes 4.1, 4.4 and 14). What they mean is inferred.

In lines of UC Software, component `cfg`, the text begins with a part of its own, `Prov|` or `Prm|`.
"""

from phone_sim.fault_catalog import line_values as shows
from phone_sim.fault_catalog.facts import Condition, Trouble
from phone_sim.fault_catalog.known_line import KnownLine
from phone_sim.fault_catalog.line_values import FactOfLine
from phone_sim.firmware.messages import Message, Source

_TICKET = "A value of the ticket or certificate that this part of the phone keeps: validity, presence, error."
_NO_LICENSE = "Licenses do not depend on it."


def _observed(
    component: str, level: str, text: str, meaning: str, *, fact: FactOfLine | None = None, remedy: str = ""
) -> KnownLine:
    return KnownLine(Message(component, level, text, Source.OBSERVED), meaning, fact=fact, remedy=remedy)


def _ticket(name: str) -> KnownLine:
    remedy = f"What uses the ticket is not known. {_NO_LICENSE}"
    return _observed("tickt", "*", f"{name} [{{value}}]", _TICKET, remedy=remedy)


OBSERVED_LINES = (
    _observed("{component}", "*", "Initial log entry", "A part of the phone has started."),
    _observed("log", "*", "---------- Final log entry ----------", "The log file ends here: the phone uploads it."),
    _observed("cfg", "*", "Prov|Starting to provision", "The phone starts to fetch its configuration."),
    _observed("cfg", "*", "Prov|Finished updating configuration", "The phone is done with its configuration files."),
    _observed(
        "cfg",
        "4",
        "Prov|Download of master configuration file failed",
        "The phone got no master configuration file, so it knows no other file either.",
        fact=shows.always(shows.master_file(Trouble.NOT_SAID)),
    ),
    _observed(
        "cfg",
        "4",
        "Prov|Trying to boot from existing configuration",
        "The phone got no configuration and uses the last one that it had.",
        fact=shows.no_configuration(keeps_last=True),
    ),
    _observed(
        "cfg",
        "4",
        "Prov|Not setting device parameters since configuration was not updated.",
        "The device.* parameters stay as they were, because no new configuration came.",
        remedy="See why the configuration did not come: the lines before.",
    ),
    _observed(
        "cfg",
        "5",
        "Prm|Parameter {name} requested type {wanted} but is of type {actual}",
        "The firmware reads one of its own parameters as a value of another type.",
        remedy=f"An error in the firmware, not in a file: update it if the parameter matters. {_NO_LICENSE}",
    ),
    _observed(
        "copy",
        "*",
        "Server '{server}' said '{name}' is not present",
        "The boot server does not have this file. For a log, overrides and a directory that is normal.",
        fact=shows.file_missing,
    ),
    _observed(
        "copy",
        "4",
        "Configuration of URL failed",
        "The phone could not make a request of the address that it has for a file.",
        fact=shows.always(Condition.SERVER_ADDRESS),
    ),
    _observed(
        "{component}",  # which one logs it was not recorded
        "4",
        "{words}:ssl3_read_bytes:tlsv1 alert protocol version",
        "The server ended the TLS handshake, because it does not speak the version of TLS that the phone does.",
        fact=shows.always(Condition.TLS_VERSION),
    ),
    _observed(
        "log",
        "5",
        "Skipped uploading of failed log file because no of failures are > 4 or last upload failed time is "
        "< 60 seconds.",
        "Uploads of the log failed several times, so the phone waits before the next one.",
        fact=shows.always(Condition.LOG_NOT_UPLOADED),
    ),
    _observed(
        "clist",
        "4",
        "dbSet::srv2mem:'{name}' File transfer failed",
        "The contact directory did not come; the phone keeps the contacts that it had.",
        fact=shows.file_not_had,
    ),
    _observed(
        "app1",
        "4",
        "Could not load time from {server}({address}).",
        "The time server did not answer: the clock stays as it is.",
        fact=shows.always(Condition.NO_TIME),
    ),
    _observed(
        "lldp",
        "4",
        "Ignoring corrupt LLDP packet.",
        "A packet from the network switch was damaged.",
        fact=shows.always(Condition.NETWORK_SWITCH),
    ),
    _observed(
        "res",
        "4",
        "Failed to download file {name}",
        "A picture or a sound did not come from the boot server.",
        fact=shows.always(Condition.RESOURCE_MISSING),
    ),
    _observed(
        "sip",
        "*",
        "Sip Register Usr:{user} Dsp:[{name}] Auth:'{auth}'",
        "A telephone line registers with its server.",
        remedy=f"Nothing needs to be done. {_NO_LICENSE}",
    ),
    _observed(
        "so",
        "2",
        "soCoreAudioTermChg: {old} -> {new}",
        "The phone switches its sound to another part, such as handset, headset or loudspeaker.",
        remedy=f"Nothing needs to be done. {_NO_LICENSE}",
    ),
    _observed(
        "ldap",
        "4",
        "ldapXfer::start:xferStart failed cState={state}",
        "The Corporate Directory could not start a transfer from its server.",
        fact=shows.always(Condition.DIRECTORY_SERVER),
    ),
    *map(_ticket, ("m_validUntil", "m_validityDuration", "m_bCertExists", "m_bCertExpired", "m_eErrorCode")),
)
"""The lines of real phones; what the message catalog has as well is not among them."""
