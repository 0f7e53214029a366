"""Markets and frozen columns brought to the scorer: from the simulator, the lake, or files."""
