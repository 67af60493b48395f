"""Networks made of one part, `Skip`: one architecture a file.

residual     ResNets: MLPs, and convolutional nets of any depth
highway      layers that learn how much to carry on, with one gate or two
densenet     dense layers, blocks, transitions and whole nets, counted before they are built
unet         the recursive U-Net, its alignment and its muting
recurrent    RNN, GRU and LSTM: one Skip from step to step
transformer  attention, blocks with the norm in three places, encoders
published    weights that others have trained
"""
