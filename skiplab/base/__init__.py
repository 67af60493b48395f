"""What every room needs: errors that help, the device, seeds, and arrays with named axes.

errors   what a good error message says        seeds    the seed from which all others count
device   cpu or cuda, and memory               rng      one generator a network, whoever else draws
merges   how each merge is called and drawn    grid     an array whose axes have names and values
imports  that are never half done              shapes   what would make two of them fit
say      prints on a screen of any encoding    factors  what multiplies a path
settings of torch, a reader's and ours         notebook a widget, and what a saved notebook keeps of it
"""
