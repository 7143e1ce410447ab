"""The exceptions of this project.

    PhoneSimError                   anything this project raises on purpose            exit code 1
    ├── UsageError                  an argument that cannot be used                    2
    │   ├── RecordingError          what is in the place of a recording is none
    │   ├── ModelFileError          a model or feature file that is not usable
    │   └── MacAddressError         not a MAC address, or its leading zeros are missing
    ├── DocumentError               bytes that are not an acceptable XML document      1
    │   ├── NotWellFormedError
    │   ├── MasterConfigurationError
    │   ├── ParameterFileError
    │   └── LicenseFileError                                                            4
    ├── AuthorityError              the license authority's folder or ledger cannot be used    1
    │   └── RedemptionRefusedError
    ├── FlashDamagedError           flash whose checksum or form is wrong              1
    ├── LifecycleError              an event that a state does not know                1
    ├── DeskBusyError               the desk of the web page has no time for more, or has ended    1
    ├── BootNotAsExpectedError      a boot that falls short of what was expected       1
    ├── BootServerUnreachableError  no answer from the boot server                     3
    └── LicenseNotValidError        no valid license where one is required             4

What a server, a file or a clock can do to a phone in service is not an exception but a reply or a verdict; these are
for callers. Parsers raise nothing but the error that their docstring names.
"""


class PhoneSimError(Exception):
    """Anything this project raises on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(PhoneSimError):
    """An argument that cannot be used."""

    exit_code = 2


class MacAddressError(UsageError):
    """Text that is not a MAC address of 12 hexadecimal digits (B8: leading zeros are required)."""


class RecordingError(UsageError):
    """What is in the place of a recording is none; the message names the file and the line."""


class ModelFileError(UsageError):
    """A model or feature file that cannot be used; the message names the file, the line and the key."""


class ParameterTableError(UsageError):
    """A table of parameters that cannot be used; the message names the file and the line."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(f"{source}, line {line}: {reason}")


class DocumentError(PhoneSimError):
    """Bytes that are not an acceptable XML document; `line` is where, when the parser knows.

    `begins_well` is true for XML with a fault in it, and false where there is no element at all.
    """

    def __init__(self, reason: str, line: int | None = None, *, begins_well: bool = False) -> None:
        super().__init__(reason if line is None else f"line {line}: {reason}")
        self.reason = reason
        self.line = line
        self.begins_well = begins_well

    @property
    def reason_of_refusal(self) -> str:
        """Why a phone of this project refuses a configuration file, and that a real one may not (D27)."""
        return f"{self.reason}; a real phone may take the part before the fault" if self.begins_well else self.reason


class NotWellFormedError(DocumentError):
    """Bytes that are not well-formed XML, whatever else they are."""


class MasterConfigurationError(DocumentError):
    """A file in the place of the master configuration file that is not one."""


class NotAMasterError(MasterConfigurationError):
    """A document, or an empty file, that says nothing that a master configuration file says."""


class ParametersInsteadOfMasterError(NotAMasterError):
    """A file that has parameters, where a master configuration file is expected (D19)."""


class ParameterFileError(DocumentError):
    """A configuration file that holds no parameters a phone can read."""


class LicenseFileError(DocumentError):
    """A file in the place of an activation file that is not one."""

    exit_code = 4


class AuthorityError(PhoneSimError):
    """The license authority's folder or ledger cannot be used, or a redemption was refused."""


class RedemptionRefusedError(AuthorityError):
    """A license number that is not redeemed; `reason` is why, in the words of the ledger, `hint` what can be done."""

    def __init__(self, number: str, reason: str, hint: str = "") -> None:
        super().__init__(f"license number {number} is not redeemed: {reason}{hint}")
        self.reason = reason


class FlashDamagedError(PhoneSimError):
    """Flash whose checksum or form is wrong; the phone goes on as with blank flash."""


class LifecycleError(PhoneSimError):
    """An event that the present state of the phone does not know; the message names both."""


class DeskBusyError(PhoneSimError):
    """The desk of the web page did not come to what was asked of it in time, or has ended."""


class BootNotAsExpectedError(PhoneSimError, AssertionError):
    """A boot that falls short of what was expected; the message has a line for each fault, with file and line."""


class BootServerUnreachableError(PhoneSimError):
    """The boot server gave no answer at all."""

    exit_code = 3


class LicenseNotValidError(PhoneSimError):
    """No valid license where one was required."""

    exit_code = 4
