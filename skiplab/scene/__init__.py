"""A picture is data, and it is drawn twice: by matplotlib here, and on a canvas in the browser.

template   sentences made from numbers (.py, .js)      axes     scales, ticks and the frame of a panel (.js)
marks      what can be drawn, and its colours (both)   legend   the names of marks, where they cover least (.js)
parts      what a scene is put together from           field    numbers on a grid as colours and contours (.js)
looks      the one colour, dash and marker of each thing
paint      the scene by matplotlib                     draw     figures for lessons, and how they are shown
"""
