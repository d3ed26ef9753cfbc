"""The lessons' exercises, their checks, and the mistakes that everybody makes once."""
