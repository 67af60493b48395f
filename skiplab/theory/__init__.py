"""What can be said on paper, in NumPy alone.

bounds   how far a deep stack can stretch a gradient      saddle   the toy problems in closed form
"""
