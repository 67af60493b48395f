"""One explorer a file, with its formula in JavaScript beside it where it has a closed one.

skip      one drawing for all merges          unet         which long skip restores what
saddle    the toy saddle, and a descent       align        where a U-Net's picture comes back short
gradient  a gradient through a deep stack     lag          a gradient back through time
residual  trainings by depth                  gate         the gates of a GRU
densenet  connections cut, one by one         transformer  tokens that grow alike
doctor    whether this machine will do        attention    skips through time
circle    a circle drawn out to a needle       paths        a crowd of paths, and one wire
glyph     one glyph for all networks           turn         depth turns into time
"""
