"""Which of CPython's own tests judge a socket class, by suite.

Left out are families and protocols that few machines have (CAN, RDS, Bluetooth, SCTP, TIPC, AF_ALG;
VSOCK hangs for ever in some virtual machines), and what wants the Internet.
"""

import os
from fnmatch import fnmatchcase

CORE = """
test_socket: GeneralModuleTests TestExceptions InheritanceTest NonblockConstantTest CmsgMacroTests
test_socket: BasicTCPTest BasicTCPTest2 BasicUDPTest BasicSocketPairTest BufferIOTest TCPCloserTest
test_socket: ContextManagersTest NonBlockingTCPTests NetworkConnection* CreateServer*
test_socket: TCPTimeoutTest UDPTimeoutTest InterruptedRecvTimeoutTest InterruptedSendTimeoutTest
test_socket: *FileObjectClassTestCase SendfileUsing*
test_socket: *msgTCPTest *msgIntoTCPTest *msgUDPTest *msgIntoUDPTest *msgUDP6Test *msgIntoUDP6Test
test_timeout: CreationTestCase TCPTimeoutTestCase UDPTimeoutTestCase
_test_eintr: SocketEINTRTest
"""
OPTIONAL = """
test_socket: TestUnixDomain TestLinuxAbstractNamespace *UnixStreamTest *SCMRightsStreamTest
test_socket: SendRecvFdsTests *RFC3542AncillaryUDP6Test *UDPLITE*
test_timeout: UnixTimeout*
"""
LIBS = """
test_socketserver: *
test_select: *
test_poll: *
test_epoll: *
test_selectors: *
test_telnetlib: *
test_ftplib: *
test_smtplib: *
test_poplib: *
test_imaplib: *
test_nntplib: *
test_smtpd: *
test_asyncore: *
test_asynchat: *
test_httplib: *
test_httpservers: *
test_urllib2_localnet: *
test_xmlrpc: *
test_docxmlrpc: *
test_wsgiref: *
test_logging: SocketHandlerTest DatagramHandlerTest SysLogHandlerTest IPv6SysLogHandlerTest
test_logging: HTTPHandlerTest SMTPHandlerTest
"""
ASYNC = """
test_asyncio.test_sock_lowlevel: *
test_asyncio.test_streams: *
test_asyncio.test_server: *
test_asyncio.test_sendfile: *
test_asyncio.test_buffered_proto: *
test_asyncio.test_selector_events: *
test_asyncio.test_base_events: *
test_asyncio.test_events: *
"""
TLS = """
test_ssl: *
test_asyncio.test_ssl: *
test_asyncio.test_sslproto: *
"""
SUITES = {"core": CORE, "optional": OPTIONAL, "libs": LIBS, "async": ASYNC, "tls": TLS}

# Of these modules only what stays on this machine is chosen, but they ask for the network.
LOCAL = {"test_socketserver", "test_timeout"}
# It looks up a name of the Internet.
NEVER = {"test_socket.GeneralModuleTests.test_idna"}
# What a class that is not derived from _socket.socket cannot pass.
EXPECTED = {
    "test_socket.GeneralModuleTests.test_SocketType_is_socketobject": (
        "socket.SocketType is the C class"
    ),
}
# With NETSTEPS_FAULTS (short writes, a kernel that is not ready) these may fail, and nothing else:
# they take one recv for what one send gave, or a socket that does not wait for one that is ready.
UNDER_FAULTS = [
    "test_socket.BasicSocketPairTest.*",
    "test_socket.BasicTCPTest*.*",
    "test_socket.BufferIOTest.*",
    "test_socket.NonBlockingTCPTests.*",
    "test_socket.*msg*TCPTest.*",
    "test_socket.*UnixStreamTest.*",
]


def may_fail(name: str) -> bool:
    """Tell whether a failure of this test is no fault of the class."""
    cut = "NETSTEPS_FAULTS" in os.environ and any(fnmatchcase(name, one) for one in UNDER_FAULTS)
    return name in EXPECTED or cut


class Choice:
    """The modules of some suites, and which of their classes are meant."""

    def __init__(self, suites: list[str]) -> None:
        self.patterns: dict[str, list[str]] = {}
        for suite in suites:
            for line in SUITES[suite].split("\n"):
                module, _, classes = line.partition(":")
                if module:
                    self.patterns.setdefault(module, []).extend(classes.split())

    def takes(self, module: str, name: str) -> bool:
        """Tell whether the class of this module is one of them."""
        return any(fnmatchcase(name, pattern) for pattern in self.patterns[module])
