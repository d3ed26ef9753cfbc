"""Pictures of the lessons, beside those of `netsteps.show`.

doors, journey, lengths, port_ruler, stacks are of lessons 1 and 2. Those of lessons 4 and 5 are
drawn from the sockets and numbers of what has just been run:

computers   the sockets of two or more computers, and which belong together
tanks       the four buffers of a connection, as tanks that fill
interfaces  a computer with its ways into networks
homes       a home behind its router: what is asked inside, and what the server sees
arrivals    what was sent beside what arrived, one line for each datagram
bars        measured figures side by side

Each gives a netsteps.show Drawing: text in a terminal, a picture in a notebook.
"""

from netsteps.lessons.pictures.arrivals import arrivals
from netsteps.lessons.pictures.bars import bars
from netsteps.lessons.pictures.computers import computers
from netsteps.lessons.pictures.doors import doors
from netsteps.lessons.pictures.homes import homes
from netsteps.lessons.pictures.interfaces import interfaces
from netsteps.lessons.pictures.journey import Hop, journey, travel
from netsteps.lessons.pictures.lengths import lengths
from netsteps.lessons.pictures.ruler import port_ruler
from netsteps.lessons.pictures.stacks import stacks
from netsteps.lessons.pictures.tanks import tanks

__all__ = [
    "Hop",
    "arrivals",
    "bars",
    "computers",
    "doors",
    "homes",
    "interfaces",
    "journey",
    "lengths",
    "port_ruler",
    "stacks",
    "tanks",
    "travel",
]
