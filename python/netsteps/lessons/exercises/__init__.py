"""The exercises, one file for each lesson and for servers and clients; exercise.PLACES says where.

Each file has EXERCISES, a tuple. How one is written stands in netsteps.lessons.exercise.
"""
