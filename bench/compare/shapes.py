"""What is measured: a row is one way to send the workload to one system. Rows of different systems
with the same shape are compared with each other."""

import dataclasses

ACCOUNTS = 10_000
AMOUNT_MAX = 1000


@dataclasses.dataclass(frozen=True, order=True)
class Shape:
    """Transfers in a request, connections, and requests in flight on each of them."""
    batch: int
    clients: int
    in_flight: int = 1

    def __str__(self):
        size = "1 transfer" if self.batch == 1 else f"{self.batch} transfers"
        clients = "1 client" if self.clients == 1 else f"{self.clients} clients"
        depth = "" if self.in_flight == 1 else f" with {self.in_flight} requests in flight each"
        return f"{size} a request, {clients}{depth}"


@dataclasses.dataclass(frozen=True)
class Row:
    system: str
    shape: Shape
    variant: str = ""

    def __str__(self):
        return f"{self.shape}; {self.variant}" if self.variant else str(self.shape)
