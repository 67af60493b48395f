"""Networks made of one part, `Skip`: one architecture a file.

residual     ResNets: MLPs, and convolutional nets of any depth
highway      layers that learn how much to carry on, with one gate or two
published    weights that others have trained
"""
