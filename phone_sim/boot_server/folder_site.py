"""A site on disk: the files below one folder.

It does not know who asks. A path is judged twice: by `locate` as text, then with its symbolic links followed. Who can
write to the folder by other means could change a link between that check and the opening of the file; such a person
could read and write the files without us.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from phone_sim.boot_server.site import (
    FOLDERS_LIMIT,
    OUTSIDE,
    UPLOAD_LIMIT,
    Forbidden,
    Found,
    Missing,
    ReadAnswer,
    Refusing,
    RemoveAnswer,
    Removed,
    Stored,
    TooLarge,
    WriteAnswer,
    locate,
)
from phone_sim.boot_server.uploads import UploadRules, is_precious
from phone_sim.errors import UsageError
from phone_sim.whole_file import NO_ROOM, holds, remove_leftovers, usual_modes, write_new, write_whole

READ_LIMIT = 256 * 1024 * 1024
"""The largest file in bytes that is served: above the largest firmware image, since a file is held in memory whole."""

NAMES_LIMIT = 200_000
"""The most files of a folder that are listed (our choice): ten for each of 20,000 phones."""

_FOLDER = Forbidden(reason="the path names a folder")
_PRECIOUS = Forbidden(reason="an upload overwrites no activation file and no master configuration file")


class FolderSite:
    """The regular files below `root`; names are case-sensitive where the file system is.

    `uploads` says which files clients may upload; with any rules, an activation file or master configuration file that
    is there is not overwritten by another. None: they may upload and overwrite all files.

    Raises:
        UsageError: `root` is not a folder.
    """

    def __init__(
        self,
        root: Path | str,
        *,
        upload_limit: int = UPLOAD_LIMIT,
        read_limit: int = READ_LIMIT,
        uploads: UploadRules | None = None,
    ) -> None:
        if not Path(root).is_dir():
            raise UsageError(f"{root} is not a folder")
        self.root = Path(root).resolve()
        self.upload_limit = upload_limit
        self._read_limit = read_limit
        self._uploads = uploads
        self._modes = usual_modes()

    def read(self, path: str) -> ReadAnswer:
        """Read a file whole; a folder, an unreadable file and one over the read limit are `Forbidden`."""
        try:
            target = self._target(path)
            if target is None:
                return OUTSIDE
            if target.is_dir():
                return _FOLDER
            # Not a pipe or a device: to open one could wait for ever.
            if not target.is_file():
                return Missing()
            with target.open("rb") as file:
                data = file.read(self._read_limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return Missing()
        except OSError as error:
            return Forbidden(reason=error.strerror or str(error))
        if len(data) > self._read_limit:
            return Forbidden(reason=f"the file is over the limit of {self._read_limit} bytes")
        return Found(data=data)

    def names(self) -> Iterator[str]:
        """The paths of all files, in no order; links to folders, and folders that cannot be read, are passed over.

        Raises:
            UsageError: there are more than `NAMES_LIMIT`, or the root cannot be read.
        """
        folders, count = [""], 0
        while folders:
            folder = folders.pop()
            try:
                entries = list(os.scandir(self.root / folder))
            except OSError as error:
                if not folder:
                    raise UsageError(f"{self.root} cannot be read: {error.strerror}") from error
                continue
            for entry in entries:
                path = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if path.count("/") < FOLDERS_LIMIT:
                        folders.append(f"{path}/")
                    continue
                count += 1
                if count > NAMES_LIMIT:
                    raise UsageError(f"{self.root} has more than {NAMES_LIMIT} files")
                yield path

    def write(self, path: str, data: bytes) -> WriteAnswer:
        """Store a file in one step, so that no reader sees half of it; what cannot be written is `Forbidden`.

        Missing folders are made, as nginx does with `create_full_put_path on`: log and override folders are
        configured on the phone, and a phone cannot make them. A full disk is a `Refusing` of status 507.
        """
        return self._store(path, data, spares_precious=False)

    def refused(self, path: str) -> Forbidden | None:
        """Why an upload is not taken, whatever is in it."""
        if self._uploads is None:
            return None
        # By the path as it was asked for: where links lead is the business of whoever made them.
        segments = locate(path)
        return OUTSIDE if segments is None else self._uploads.refused("/".join(segments))

    def upload(self, path: str, data: bytes) -> WriteAnswer:
        """Store what a client uploads, as `write` does, where the rules for uploads allow it."""
        return self.refused(path) or self._store(path, data, spares_precious=self._uploads is not None)

    def remove_leftovers(self) -> None:
        """Remove the unfinished uploads of servers that were killed."""
        remove_leftovers(self.root, below=True)

    def _store(self, path: str, data: bytes, *, spares_precious: bool) -> WriteAnswer:
        try:
            target = self._target(path)
            if target is None:
                return OUTSIDE
            if len(data) > self.upload_limit:
                return TooLarge(limit=self.upload_limit)
            if target.is_dir():
                return _FOLDER
            created = not target.exists()
            target.parent.mkdir(parents=True, exist_ok=True)
            if not spares_precious or not is_precious(target.name):
                write_whole(target, data, self._modes, is_forced=False)
            elif not self._is_written_anew(target, data) and not holds(target, data):
                return _PRECIOUS
        except OSError as error:
            reason = error.strerror or str(error)
            return Refusing.of_http(507, reason) if error.errno in NO_ROOM else Forbidden(reason=reason)
        return Stored(created=created)

    def _is_written_anew(self, target: Path, data: bytes) -> bool:
        """Write a file; False where there is one, also where two write the first one at the same moment."""
        try:
            write_new(target, data, self._modes, is_forced=False)
        except FileExistsError:
            return False
        return True

    def remove(self, path: str) -> RemoveAnswer:
        """Delete a file; of a symbolic link, the file that it leads to."""
        try:
            target = self._target(path)
            if target is None:
                return OUTSIDE
            if target.is_dir():
                return _FOLDER
            target.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return Missing()
        except OSError as error:
            return Forbidden(reason=error.strerror or str(error))
        return Removed()

    def _target(self, path: str) -> Path | None:
        """The place a path leads to, links followed; None where that is not below the root."""
        segments = locate(path)
        if segments is None:
            return None
        try:
            target = self.root.joinpath(*segments).resolve()
        except (RuntimeError, ValueError):  # links that lead in a circle; text that no file name can hold
            return None
        return target if target.is_relative_to(self.root) else None
