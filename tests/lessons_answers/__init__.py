"""What students answer to the exercises with servers and clients: right and typically wrong.

In each file the functions whose names begin with "right" are right, and WRONG is a list of Wrong.
"""
