"""Why a feature is not on, or is: the causes that facts can show, and what to do about each.

A log does not tell whether a key was edited, damaged or signed by somebody else; then the cause names all of it.
"""

from phone_sim.fault_catalog.cause import Cause, Weight

FIRMWARE = Cause(
    name="firmware-too-old",
    what="This model has no licensing in this firmware (B2).",
    remedy="Update the phone's firmware.",
    weight=Weight.ALWAYS,
)
FLASH = Cause(
    name="flash",
    what="The phone cannot read its flash, so the licenses in it do not count.",
    remedy="Reboot the phone, so that it fetches its license file again. If flash fails again, replace its storage.",
    weight=Weight.ALWAYS,
)

# What keeps a file from the phone ---------------------------------------------------------------------------------
NO_BOOT_SERVER = Cause(
    name="no-boot-server",
    what="The phone knows no boot server: it was given none by hand, by DHCP or in an earlier boot.",
    remedy="Set the boot server on the phone, or let DHCP option 160 or 66 name it.",
)
LOGIN = Cause(
    name="login",
    what="The boot server wants a user and a password (HTTP 401, FTP 530): the phone has none, or they are wrong.",
    remedy="Set Server User and Server Password on the phone, or in the address: http://user:password@server/. The "
    "server's own log tells which user it was given.",
)
PERMISSIONS = Cause(
    name="permissions",
    what="The boot server has a rule or file permissions that forbid the file (HTTP 403, TFTP error 2).",
    remedy="Let the server's process read the file, and look for rules on address, User-Agent, name or certificate.",
)
SERVER_ERROR = Cause(
    name="server-error",
    what="The boot server failed while it answered (HTTP 5xx, FTP 4xx).",
    remedy="Look at the error log of the boot server, or of the program that makes the file.",
)
REJECTED = Cause(
    name="request-rejected",
    what="The boot server rejected the request, with a status other than those for a missing file or a login.",
    remedy="Look up the status in the line, and look at the boot server's log.",
)
CONNECTION_REFUSED = Cause(
    name="connection-refused",
    what="Nothing listens on the boot server's port: the connection was refused.",
    remedy="Start the boot server, and compare protocol and port with the address that the phone has.",
)
NO_ANSWER = Cause(
    name="no-answer",
    what="The boot server gave no answer in time.",
    remedy="Check that it runs, and that no firewall stands between it and the phone (TFTP answers from any port).",
)
NO_ROUTE = Cause(
    name="no-route",
    what="The boot server cannot be reached from the phone's network.",
    remedy="Check the address of the boot server, and VLAN, gateway and address of the phone.",
)
SERVER_NAME = Cause(
    name="server-name",
    what="The name of the boot server has no address.",
    remedy="Check the spelling of the name, and the DNS server that the phone has.",
)
CERTIFICATE = Cause(
    name="certificate",
    what="The phone does not accept the boot server's certificate: its authority is unknown, its name is another one, "
    "or the phone's date is outside of its validity.",
    remedy="Give the phone the authority's certificate (here: --ca-file), or the server a certificate for the name "
    "in the address; then check the phone's clock.",
)
TLS = Cause(
    name="tls",
    what="The phone and a server do not agree on TLS, often on its version or ciphers.",
    remedy="Allow the version of TLS and the ciphers that the phone has (TLS 1.0 in old firmware) on the server, or "
    "update the firmware. Check that the port speaks TLS at all.",
)
BROKEN_OFF = Cause(
    name="file-not-whole",
    what="The connection ended before the answer was whole.",
    remedy="Look at the boot server's log and at proxies before it; fetch the file with another client, and compare.",
)
REDIRECTS = Cause(
    name="redirects",
    what="The boot server redirects the phone again and again.",
    remedy="Mend the redirects of the boot server, and give the phone the address at their end.",
)
TOO_LARGE = Cause(
    name="file-too-large",
    what="The file is larger than the phone reads.",
    remedy="Check what the boot server sends under that name.",
)
NOT_THE_PROTOCOL = Cause(
    name="not-the-protocol",
    what="What answered does not speak the protocol of the address.",
    remedy="Compare protocol and port of the address with those of the boot server: http on a port for https, say.",
)
ADDRESS = Cause(
    name="address",
    what="The phone cannot use the address of a file or of the boot server.",
    remedy="Check the boot server address on the phone, in DHCP option 160 or 66, and URLs in the master file.",
)
WEB_PAGE = Cause(
    name="web-page",
    what="The boot server sent a web page in place of the file: a login page, or an error page with status 200.",
    remedy="Open the file's address in a browser. Let the server answer a missing file with 404, and exclude phones "
    "from login pages.",
)
PACKED = Cause(
    name="packed-file",
    what="The boot server sent the file packed with gzip, which the phone cannot read.",
    remedy="Switch off compression on the boot server and on proxies before it, for the files of phones.",
)
TRANSFER_FAILED = Cause(
    name="transfer-failed",
    what="The file did not come, and the log does not show why.",
    remedy="Look for the request in the boot server's log: what it answered, or that nothing arrived.",
)
NO_MASTER = Cause(
    name="no-master-file",
    what="The boot server has no master configuration file for this phone: neither <MAC>.cfg nor 000000000000.cfg.",
    remedy="Put 000000000000.cfg, or <MAC>.cfg in lower case, into the root of the boot server, or correct the path in "
    "the phone's server address.",
)
NO_CONFIGURATION = Cause(
    name="no-configuration",
    what="The phone got no configuration from the boot server, and the log does not show why.",
    remedy="Check the boot server's address, user and password on the phone, and look for its requests in the boot "
    "server's log.",
)

# What keeps a license from counting -------------------------------------------------------------------------------
MALFORMED_KEY = Cause(
    name="malformed-key",
    what="A license key is not in its form: an attribute was cut, retyped or written in lower case, or a phone license "
    "has an end.",
    remedy="Put the activation file on the boot server again, byte for byte and not through an editor.",
    weight=Weight.WHEN_OFF,
)
VENDOR_KEY = Cause(
    name="vendor-key",
    what="A license key looks like one from the vendor. It can never be verified here; a real phone may accept it.",
    remedy="Leave the file as it is for real phones. For simulated ones make a license with `phone-sim license`.",
    weight=Weight.WHEN_OFF,
)
SIGNATURE = Cause(
    name="signature",
    what="The signature of a license key is not valid: the key was changed after it was signed (edited, or damaged "
    "in a transfer), or an authority signed it that this phone does not trust.",
    remedy="If it is a genuine file of the vendor on a simulated phone, nothing is wrong with it: a vendor's key can "
    "never verify here, because neither the vendor's public key nor what it signs is published. Make a test license "
    "with `phone-sim license`. Otherwise put the activation file on the boot server again, byte for byte; if that does "
    "not help, compare the authority's public key with the one that the phone trusts (--trust).",
    weight=Weight.WHEN_OFF,
)
EXPIRED = Cause(
    name="license-over",
    what="By the phone's clock the license has expired. If it has not, the clock is ahead.",
    remedy="Renew the license, put the new file on the boot server and reboot the phone; or correct its SNTP server.",
    weight=Weight.WHEN_OFF,
)
NOT_A_FILE = Cause(
    name="not-an-activation-file",
    what="What the boot server sent as a license file is not an activation file: it is empty, cut off or edited.",
    remedy="Fetch the file with a browser, look at it, and put it on the boot server again, byte for byte.",
    weight=Weight.WHEN_OFF,
)
OTHER_PHONES = Cause(
    name="other-phones",
    what="The license file has keys, but none with this phone's MAC as its serial: it is another phone's file, or the "
    "MAC was given without its leading zeros.",
    remedy="Redeem a license number for this phone's MAC, with all 12 digits, and use that file.",
    weight=Weight.WHEN_OFF,
)
NO_FILE = Cause(
    name="no-license-file",
    what="The boot server had no license file when the phone booted: it is in another directory, has another name, or "
    "was put there later.",
    remedy="Put the file where LICENSE_DIRECTORY of the master configuration file says, else into the root, as "
    "<MAC>-license.cfg in lower case, and reboot the phone: it asks at no other time (B15, B17).",
    weight=Weight.WHEN_OFF,
)
LACKS_FEATURE = Cause(
    name="license-lacks-feature",
    what="The license is valid, but it does not include the feature that is configured.",
    remedy="Order a license for that feature, or switch it off in the configuration.",
    weight=Weight.WHEN_OFF,
)
REASON_NOT_SHOWN = Cause(
    name="reason-not-shown",
    what="The log does not show why there is no valid license: it has no line about a license file.",
    remedy="Look for -license.cfg in the boot server's log, and in the phone's log of a whole boot, with "
    "log.level.change.copy and .lic at 4 or below. `explain` also takes the phone's boot server (--server, --site).",
    weight=Weight.WHEN_OFF,
)

# What explains no feature that is off -----------------------------------------------------------------------------
CONFIGURATION_MISSING = Cause(
    name="configuration-file-missing",
    what="The boot server does not have a file that CONFIG_FILES names, so nothing in that file is in force.",
    remedy="Put the file on the boot server, or correct its name in CONFIG_FILES (capital letters count).",
)
OTHER_FIRMWARE = Cause(
    name="other-firmware",
    what="A file names features as other firmware does (SIP 3.x by number, UC Software by name), and is ignored there.",
    remedy="Use feature.N.name and feature.N.enabled for SIP 3.x, and feature.corporateDirectory.enabled, say, later.",
)
SWITCHED_OFF = Cause(
    name="switched-off",
    what="A file switches a feature on, and one that goes before it, such as an override, switches it off.",
    remedy="If the feature is to be on, remove its switch from the file that goes before the other.",
)
CONFIGURATION = Cause(
    name="configuration",
    what="A configuration file, or a value in one, cannot be used, so it is not in force.",
    remedy="Correct the file at the line that the log names, and reboot the phone.",
)
CONTACTS = Cause(
    name="contact-directory",
    what="The contact directory cannot be used: the phone keeps its contacts. Licenses do not depend on it.",
    remedy="Correct the file at the line that the log names.",
)
NOT_ON_MODEL = Cause(
    name="not-on-this-model",
    what="A feature is configured that this model does not have, with or without a license (B3).",
    remedy="Switch it off for this model, in a file that CONFIG_FILES_<model> of the master configuration file names.",
)
TIME_SERVER = Cause(
    name="time-server",
    what="A time server tells the same time again and again, or the time changed, changed back and changed once more. "
    "The phone does not follow it, and its clock may be wrong; so a license that has expired by it may be valid.",
    remedy="Mend the server that the log names, or let tcpIpApp.sntp.address name another; then cut the phone's power "
    "and switch it on.",
)
NO_TIME = Cause(
    name="no-time",
    what="No time server told the phone the time. A clock that was never set expires no license (D12).",
    remedy="Check tcpIpApp.sntp.address or DHCP option 42, and that UDP port 123 of that server answers.",
)
CORPORATE_DIRECTORY_SERVER = Cause(
    name="directory-server",
    what="The server at dir.corp.address could not be reached, or refused the user, the password or the search.",
    remedy="Check that it runs, and that the dir.corp parameters (address, port, transport, user, password, baseDN) "
    "fit it; the server's own log tells what it was asked.",
)
LOG_UPLOAD = Cause(
    name="log-upload",
    what="The boot server does not take the phone's log. Licenses do not depend on it.",
    remedy="Let the server take uploads (PUT, WRQ, STOR) into LOG_FILE_DIRECTORY, and answer HEAD of a log with its "
    'Content-Length; or stop uploads with LOG_FILE_DIRECTORY="http://0.0.0.0".',
)
RESOURCE = Cause(
    name="picture-or-sound",
    what="A picture or a sound that the configuration names did not come. Licenses do not depend on it.",
    remedy="Put the file on the boot server, or take its name out of the configuration.",
)
NETWORK_SWITCH = Cause(
    name="network-switch",
    what="The network switch sends LLDP packets that the phone cannot read. Licenses do not depend on it.",
    remedy="Check the LLDP settings and the firmware of the switch, and that the phone is in its VLAN.",
)

# The state of a phone without a complaint -------------------------------------------------------------------------
NOT_CONFIGURED = Cause(
    name="not-configured",
    what="No feature that needs a license is configured for use, so the phone asked for no license file (B9).",
    remedy="Switch the feature on in the configuration, and reboot the phone.",
    weight=Weight.STATE,
)
ASKED_WITHOUT_NEED = Cause(
    name="asked-without-need",
    what="The phone asked for license files although no feature lacks a license, as far as the log shows: later "
    "firmware asks at every boot (D8). The boot server has none for it, and none is missed.",
    remedy="Nothing needs to be done. If a feature was expected, switch it on in the configuration.",
    weight=Weight.STATE,
)
CLOCK_UNSET = Cause(
    name="clock-unset",
    what="The phone's clock was never set: it shows 1970, and nothing expires.",
    remedy="Give the phone an SNTP server that answers.",
    weight=Weight.STATE,
)
LICENSED = Cause(
    name="licensed",
    what="All that is configured is licensed, as far as the log shows.",
    remedy="Nothing needs to be done.",
    weight=Weight.STATE,
)
NOTHING_SAID = Cause(
    name="nothing-said",
    what="The log says nothing about licenses.",
    remedy="Reboot the phone and read the log of its boot; log.level.change.lic must not be above 4.",
    weight=Weight.STATE,
)

CAUSES = tuple(value for value in list(globals().values()) if isinstance(value, Cause))
"""All causes, in the order in which they are told."""
