"""What every room needs: errors that help, the device, seeds, and arrays with named axes.

errors   what a good error message says        seeds    the seed from which all others count
device   cpu or cuda, threads, memory          rng      one generator a network, whoever else draws
merges   how each merge is called and drawn    grid     an array whose axes have names and values
notebook a widget, and what a saved notebook keeps of it
"""
