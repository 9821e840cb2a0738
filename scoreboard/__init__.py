"""What goes wrong, counted: the same trial again and again, with the losses that it had."""
