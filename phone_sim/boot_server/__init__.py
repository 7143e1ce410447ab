"""The boot server: one site, served over HTTP, HTTPS and TFTP, and a journal of what was asked.

`server` has `BootServer`, which is all of it in one object. `site` says what a path leads to and does no I/O;
`folder_site` is a site on disk. `http` and `tftp` serve one protocol each at an `endpoint`; `certificates` makes the
certificate of HTTPS. `journal` keeps the requests, `faults` spoils answers on purpose. Nothing is imported here, so
that a command line which needs none of it starts fast.
"""
