"""Views: plain data in, text and HTML out. Nothing here opens a socket or knows what one is."""

from netsteps.show.listing import Table
from netsteps.show.tables import html_table, text_table

__all__ = ["Table", "html_table", "text_table"]
