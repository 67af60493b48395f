"""The kit of which explorers are made: dials above one canvas that draws from data; it knows no explorer and no formula.

explorer        one widget: dials, picture, sentence      dials     a slider, a ladder, a choice, a set of pairs
table_explorer  all positions of the fast dials at once   table     the numbers that the browser looks up
button          has the kernel train what the dials say   worker    one computation at a time, the newest next
canvas          the JavaScript put together               packed    numbers on their way to the browser
ahead           tables that a tip will ask for
cells           how long an explorer lives, and what a saved notebook keeps of it
one_stop, spoken and readings (JavaScript): its buttons by keys, its news by ear, its numbers as tables
"""
