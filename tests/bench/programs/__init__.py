"""The measured programs in Python, each a process of its own."""
