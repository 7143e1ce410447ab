"""The embedded boot server: one site, served over HTTP and TFTP, and a journal of what was asked.

`site` says what a path leads to and does no I/O; `directory` is a site on disk; `http` and `tftp` are the servers, each
`listening` on an address; `journal` is what they write down. Nothing is imported here, so that a command line which
needs none of it starts fast.
"""
