"""The kit of which explorers are made: dials above one canvas that draws from data; it knows no explorer and no formula.

explorer        dials, picture, sentence                   dials     a slider, a ladder, a choice
table_explorer  all positions of the fast dials at once    table     the numbers that the browser looks up
button          has the kernel train what the dials say    canvas    the widget, and its JavaScript put together
"""
