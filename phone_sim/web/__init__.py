"""The web server: pages for people, JSON for programs. Ours; it looks like no phone's own web page."""
