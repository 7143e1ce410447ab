"""The web server: phones that one can look at, and the activation portal. Ours; like no phone's own web page."""
