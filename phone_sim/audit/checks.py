"""The table of checks: what is judged, what it means for phones, and what to do where it is bad.

The words are ours. Which function judges is the last column; they are in `answer_checks`, `access_checks`,
`parameter_checks` and `site_checks`.
"""

from phone_sim.audit import access_checks, answer_checks, parameter_checks, site_checks
from phone_sim.audit.finding import Check, Finding
from phone_sim.audit.observations import Observations

_ROWS = (
    (
        "every-model-boots",
        "A model that gets no configuration goes by its last one, or by none.",
        "Look at what that model asked and was answered: phone-sim boot --requests.",
        site_checks.every_model_boots,
    ),
    (
        "master-configuration",
        "It tells a phone all else: without it nothing is configured.",
        "Put 000000000000.cfg, well-formed and within the limits of names, into the root of the boot server.",
        site_checks.master_readable,
    ),
    (
        "configuration-files",
        "A phone leaves out a file that is not there, and takes the defaults for what is in it.",
        "Put the file in its place, or take it off CONFIG_FILES.",
        site_checks.files_present,
    ),
    (
        "model-suffixes",
        "An attribute with a suffix is for that model alone; one with a wrong suffix is for none.",
        "Compare the suffix with the models of phone-sim models: no underscore, as in SPIP670.",
        site_checks.model_suffixes,
    ),
    (
        "parameter-values",
        "A value that a phone cannot use is replaced by the default, and nobody notices.",
        "Correct the value.",
        parameter_checks.parameter_values,
    ),
    (
        "ignored-parameters",
        "A phone does not say of most parameters that it ignores them.",
        "Set what puts the parameter in force, spell it as phone-sim parameters --describe does, or take it out.",
        parameter_checks.ignored_parameters,
    ),
    (
        "overrides",
        "What was set on the phone itself, or on its web pages, goes before all that the site sets.",
        "Take the parameter out of the override, if the feature is to be on.",
        parameter_checks.overrides,
    ),
    (
        "features-licensed",
        "A feature that is configured for use and has no license stays off.",
        "Order licenses, or switch the feature off; ask again with --mac of a phone that has licenses.",
        site_checks.features_licensed,
    ),
    (
        "license-rules",
        "Older firmware asks for activation files when in need, later firmware always; both are to end the same.",
        "Look for an answer that changes from one request to the next.",
        site_checks.license_rules_agree,
    ),
    (
        "activation-files",
        "A key that is malformed, expired or wrongly signed licenses nothing.",
        "Get the file again from the license authority, and copy it as it is: phone-sim check says what is wrong.",
        site_checks.activation_files,
    ),
    (
        "own-license-key",
        "An activation file under a phone's name that is for another phone licenses nothing.",
        "Rename the file to the MAC of its serial.",
        site_checks.own_key_present,
    ),
    (
        "missing-files",
        "Phones ask for files that need not be there. An answer that looks like a file is read as one.",
        "Answer 404, TFTP error 1 or FTP 550; no page for people, and no fall-back to an index.",
        answer_checks.missing_files,
    ),
    (
        "missing-licenses",
        "No license is normal. Any other answer than that it is missing goes to the log as a fault.",
        "Answer 404, TFTP error 1 or FTP 550 for an activation file that is not there.",
        answer_checks.missing_licenses,
    ),
    (
        "content-type",
        "A phone does not mind, but proxies rewrite pages of HTML.",
        "Serve .cfg as text/xml or application/octet-stream.",
        answer_checks.content_type,
    ),
    (
        "files-unaltered",
        "One byte that differs voids the signature of a license key; a packed file is none that a phone can read.",
        "Serve files as they are: no compression that nobody asked for, no filter, no injected text.",
        answer_checks.same_bytes,
    ),
    (
        "license-not-cached",
        "A kept activation file hides the one that replaced it, and phones run out of license.",
        "Send Cache-Control: no-cache for .cfg, and let no proxy keep them.",
        answer_checks.license_not_cached,
    ),
    (
        "head",
        "Phones that append to their log ask with HEAD how long it is.",
        "Answer HEAD as GET, without the body.",
        answer_checks.head,
    ),
    (
        "redirects",
        "A redirect to another server takes the phone, and perhaps its password, there.",
        "Give the phone the address that the redirect leads to.",
        answer_checks.redirects,
    ),
    (
        "keep-alive",
        "A connection for each file makes a boot slow, above all with TLS.",
        "Switch keep-alive on.",
        answer_checks.keep_alive,
    ),
    (
        "answer-time",
        "A phone that waits too long goes on without the file.",
        "Serve files from disk, and look for name look-ups and slow back ends.",
        answer_checks.answer_time,
    ),
    (
        "lower-case-names",
        "Phones ask with the MAC in lower case; to most servers a name in upper case is another file.",
        "Rename the files.",
        answer_checks.upper_case_names,
    ),
    (
        "log-upload",
        "A log that no server takes is lost when the phone's memory is full.",
        "Make LOG_FILE_DIRECTORY, let phones write to it, and allow PUT, WRQ or STOR.",
        access_checks.log_upload,
    ),
    (
        "log-unaltered",
        "A log that is cut or changed misleads whoever reads it.",
        "Store uploads whole, each in the place of the last.",
        access_checks.log_unaltered,
    ),
    (
        "directory-listing",
        "Who can list the files knows the MAC of every phone, and with it the name of every configuration.",
        "Switch listings off.",
        access_checks.directory_listing,
    ),
    (
        "other-license",
        "Anybody can read whose phones have which licenses.",
        "Give a phone only its own files: by client certificate, by password, or by address.",
        access_checks.other_license,
    ),
    (
        "other-configuration",
        "A configuration holds the passwords of a telephone line.",
        "Give a phone only its own files: by client certificate, by password, or by address.",
        access_checks.other_configuration,
    ),
    (
        "password-in-clear",
        "Whoever listens on the network has the password of all phones, and what is in their files.",
        "Serve over HTTPS or FTPS.",
        access_checks.password_in_clear,
    ),
    (
        "path-traversal",
        "A name with .. may lead to any file of the machine.",
        "Refuse such names, or lock the server into its folder (chroot).",
        access_checks.path_traversal,
    ),
    (
        "tls-version",
        "TLS 1.0 and 1.1 are given up (RFC 8996).",
        "Accept 1.2 and later. Phones that know nothing newer need a server of their own.",
        access_checks.tls_version,
    ),
    (
        "tls-certificate",
        "A phone breaks off where it cannot check the certificate.",
        "Renew the certificate, for this name, by an authority that the phones know; name it here with --ca-file.",
        access_checks.tls_certificate,
    ),
    (
        "tftp-block-size",
        "Blocks of 512 bytes take three times the packets.",
        "Let the server take the blksize option.",
        access_checks.tftp_block_size,
    ),
    (
        "tftp-transfer-id",
        "Where a transfer listens to strangers, anybody can end it or change the file.",
        "Use a server that keeps to the transfer identifiers of RFC 1350.",
        access_checks.tftp_transfer_id,
    ),
)

CHECKS = tuple(Check(name=name, meaning=meaning, remedy=remedy, judge=judge) for name, meaning, remedy, judge in _ROWS)
"""All checks, in the order of the report."""


def audit(seen: Observations) -> tuple[Finding, ...]:
    """The finding of each check."""
    return tuple(Finding(check=check, judgment=check.judge(seen)) for check in CHECKS)
