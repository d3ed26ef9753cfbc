"""A program of its own for what a student wrote, with limits, that leaves nothing behind.

    caller (the notebook)  --Child-->  keeper  --fork-->  worker: the function, or the command

The keeper (keeper.py) is a small process of the standard library alone. It holds the limits of
time, memory, output and processes, and at the end, also when the caller is killed, it ends the
worker and every process that came of it. The worker (worker.py) calls the student's function.
"""
