"""What a notebook says and asks: claims with their verdicts, predictions, exercises with their hints.

claims     statements and their verdicts           checks     answers are judged, and mistakes answered
strip      seeds as dots, in text                  predict    what the reader expects, beside what is measured
exercises  the exercises of each notebook, nbNN
"""
