"""The pictures that the lessons have of their own, beside those of `netsteps.show`.

Each takes plain data, a Packet, or sockets as they are at this moment, and gives a Drawing: a
picture in a notebook, text in a terminal.

arrivals     what was sent beside what arrived, one line for each datagram
bars         measured figures side by side
computers    the sockets of two or more computers, and which belong together
doors        the doors of a computer into its networks
homes        a home behind its router: what is asked inside, and what the server sees
journey      a packet from station to station
lengths      how long packets are
port_ruler   the ranges of the ports
stacks       the layers down and up
tanks        the buffers of a connection, as tanks that fill
"""

from netsteps.lessons.pictures.arrivals import arrivals
from netsteps.lessons.pictures.bars import bars
from netsteps.lessons.pictures.computers import computers
from netsteps.lessons.pictures.doors import doors
from netsteps.lessons.pictures.homes import homes
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
    "journey",
    "lengths",
    "port_ruler",
    "stacks",
    "tanks",
    "travel",
]
