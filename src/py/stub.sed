# What PyO3 leaves out of the stub that it generates (make stubs).

# The imports of annotations that are given as text.
s/^from _typeshed import .*/from _typeshed import ReadableBuffer, WriteableBuffer/
s/^from typing import Any/from typing import Any, Literal/
s/^from collections.abc import .*/from collections.abc import Callable, Iterable, Iterator\nfrom netsteps.show.drawing import Drawing\nfrom netsteps.show.listing import Table\nfrom netsteps.show.split import Fragments, Parts/

# What Python code makes and returns.
/^class Trace/,/^class / s/def table(self, \/) -> Any/def table(self, \/) -> Table[Event]/
/^class Relay/,/^class / s/def log(self, \/) -> Any/def log(self, \/) -> Table[Passage]/
/^class Capture/,/^class / s/\(def table(.*\) -> Any/\1 -> Table[CapturedPacket]/
s/def steps(self, \/) -> Any/def steps(self, \/) -> Table[StepLine]/
s/def services() -> Any/def services() -> Table[Service]/
s/^\(def resolve(.*\) -> Any/\1 -> Table[Endpoint]/
s/^\(def fragment(.*\) -> Any/\1 -> Fragments/
s/^\(def split(.*\) -> Any/\1 -> Parts/
s/\(def \(drawing\|envelope\|ladder\|life\|osi\)(.*\) -> Any/\1 -> Drawing/
s/\(def buffers(.*theme.*\) -> Any/\1 -> Drawing/
s/def _repr_html_(self, \/) -> Any/def _repr_html_(self, \/) -> str/
s/\(def _repr_mimebundle_(.*\) -> Any/\1 -> dict[str, str]/
s/def errors(self, \/) -> list.Any./def errors(self, \/) -> list[BaseException]/

# What a container holds.
/^class _Datagrams/,/^class / s/-> list | None/-> list[Datagram] | None/
/^class _Messages/,/^class / s/-> list | None/-> list[Any] | None/
s/def next(self, \/, answers: list)/def next(self, \/, answers: list[object])/
s/\(def \(missing\|missing_parts\)(self, \/)\) -> tuple:/\1 -> tuple[range, ...]:/
s/def arrived(self, \/) -> tuple:/def arrived(self, \/) -> tuple[int, ...]:/
s/def fields(self, \/) -> tuple:/def fields(self, \/) -> tuple[Field, ...]:/
s/def interfaces(self, \/) -> tuple:/def interfaces(self, \/) -> tuple[str | None, ...]:/
s/def layers(self, \/) -> tuple:/def layers(self, \/) -> tuple[Layer, ...]:/
s/def pieces(self, \/) -> tuple:/def pieces(self, \/) -> tuple[FragmentPiece, ...]:/
s/def packets(self, \/) -> list:/def packets(self, \/) -> list[Packet | None]:/
s/def rows(self, \/) -> list:/def rows(self, \/) -> list[tuple[str, str, str, str]]:/
s/def processes(self, \/) -> dict:/def processes(self, \/) -> dict[int, str]:/
/^class PlainSocket/,/^class / s/, list, int, Any\]/, list[tuple[int, int, bytes]], int, Any]/
s/-> Iterator:/-> Iterator[Any]:/
s/-> tuple:/-> tuple[str, ...]:/
s/dict | None/dict[str, float] | None/

# A few values out of many.
s/def value(self, \/) -> Any/def value(self, \/) -> int | str | bytes/
s/def first(self, \/) -> str/def first(self, \/) -> Literal['ip', 'ethernet', 'sll', 'sll2', 'null', 'loop']/
/def family(self/ s/-> str/-> Literal['ipv4', 'ipv6']/
/def kind(self/ s/-> str/-> Literal['tcp', 'udp']/

# Constants.
s/^def __getattr__.*/__version__: str/
