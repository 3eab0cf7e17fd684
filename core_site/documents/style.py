"""Style of PDF documents: distances in millimetres, colours as red, green and blue."""

#: A ticket that is printed and folded keeps its text away from the edges.
MARGIN = 18
LINE = 5.2

INK, QUIET, RULE = (24, 24, 27), (98, 98, 106), (212, 212, 216)
