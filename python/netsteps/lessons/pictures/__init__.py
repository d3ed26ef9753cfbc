"""The pictures that the lessons have of their own, beside those of `netsteps.show`.

Each takes plain data or a Packet and gives a Drawing: a picture in a notebook, text in a terminal.
"""

from netsteps.lessons.pictures.doors import doors
from netsteps.lessons.pictures.journey import Hop, journey, travel
from netsteps.lessons.pictures.lengths import lengths
from netsteps.lessons.pictures.ruler import port_ruler
from netsteps.lessons.pictures.stacks import stacks

__all__ = ["Hop", "doors", "journey", "lengths", "port_ruler", "stacks", "travel"]
