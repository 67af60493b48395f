"""What a network does inside: at each depth, at each step, at each token.

stack        gradients and activations of a deep stack          recurrent   a recurrent net through time, and its gates
transformer  tokens, block by block, and what attention passes  densenet    what each layer of a trained DenseNet reads
"""
