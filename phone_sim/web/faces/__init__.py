"""Drawn phones: which silhouette and keys a model has, its drawing, and what a browser needs to work it.

`face` decides, `drawing` makes the SVG; `static/face.js`, with the modules it imports, puts a frame on the screen and
says which key was pressed, and `static/face.css` is the looks. Silhouettes, proportions and the places of keys are
ours, drawn to be recognized. Nothing is imported here.
"""
