"""The product's rules: what may be asked for, who decides, what follows. Pure, except for `operations`."""
