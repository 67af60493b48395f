"""What a notebook says and asks: claims with their verdicts, exercises with their hints.

claims     statements and their verdicts           checks     answers are judged, and mistakes answered
exercises  the exercises of each notebook, nbNN
"""
