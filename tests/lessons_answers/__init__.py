"""What students answer to the exercises with servers and clients: right and typically wrong.

Each file has `right` and `right_with_netsteps`, functions, and WRONG, a list of Wrong.
"""
