"""What netsteps is worth: measured beside its peers, in one alternating run.

| file | what |
| --- | --- |
| `__main__.py` | the command line (`make bench`) |
| `measure.py` | cases, rows, rounds, medians and ratios |
| `machine.py` | the machine: its processors, and which of them do what |
| `processes.py` | the programs that are started, and their end |
| `cases/` | one file for each group of comparisons |
| `programs/` | the measured programs in Python, each a process of its own |
| `peers/` | the measured programs in C |
| `report.py`, `picture.py` | the result as a table, JSON, README's section and a picture |
| `results/` | the result that the README shows |
| `core.rs` | the core's hot paths, without Python (`make bench-core`) |
| `soak_connections.py` | not a comparison: what is left after many connections |
"""
