"""Every data set is there without a connection: shipped inside an installed package, or made from a formula and a seed.

points     the digits, and larger sets of your own      pictures   pictures and their masks
sequences  tasks with a long memory
"""

from skiplab.data.points import Split, digits, large

__all__ = ["Split", "digits", "large"]
