"""The web server: phones that one can look at, and the activation portal.

Nothing of licensing is decided here; the pages show what phones and the authority say.
"""
