"""Where liquidations would happen next: the model, in numpy alone, without any input or output."""
