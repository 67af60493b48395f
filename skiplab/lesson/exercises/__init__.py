"""What each notebook asks of its reader: one file a notebook, one judge an exercise."""
