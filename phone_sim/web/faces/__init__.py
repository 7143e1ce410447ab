"""Drawn phones: which silhouette and keys a model has, its drawing, and what a browser needs to work it.

`face` decides, `drawing` makes the SVG, `static/face.js` puts a frame on its screen and says which key was pressed,
`static/face.css` gives it its looks. Silhouettes, proportions and the places of keys are ours, drawn to be recognized.
Nothing is imported here.
"""
