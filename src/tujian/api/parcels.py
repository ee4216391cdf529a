"""Files of any size sent to the server one by one, to be decided about later. req: C1, F2

They go to the disk as they come (`bodies.STREAMED`); what becomes of them is said on the pages.
"""

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from tujian.bringing.orders import at_work
from tujian.bringing.parcels import Parcel, Sent
from tujian.catalogue import Catalogue
from tujian.errors import Stopped
from tujian.house import House
from tujian.records import Strict


class SentFile(Strict):
    """A file as it was kept. `kind` is what its content is: a format of pictures, sheet, archive, video …"""

    name: str
    bytes_count: int
    kind: str
    is_picture: bool


class Begun(Strict):
    """A place for files that belong together, kept for three days."""

    id: str


def parcels_router(house: House, catalogue: Catalogue) -> APIRouter:
    router, home = APIRouter(tags=["catalogue"]), house.settings.home_dir

    @router.post("/v1/parcels", status_code=201)
    def begin() -> Begun:
        """A number under which files are sent."""
        return Begun(id=Parcel.begun(home, at_work(catalogue)).number)

    @router.put("/v1/parcels/{number}/{name:path}", status_code=201)
    async def send(request: Request, number: str, name: str) -> SentFile:
        """A file, as the body of the request. The same file again is the same."""
        try:
            return _told(await Parcel(home, number).take(name, request.stream()))
        except ClientDisconnect as error:
            raise Stopped() from error

    @router.get("/v1/parcels/{number}")
    def read(number: str) -> dict[str, list[SentFile]]:
        """What was sent under a number."""
        return {"files": [_told(one) for one in Parcel(home, number).files]}

    return router


def _told(sent: Sent) -> SentFile:
    return SentFile(name=sent.name, bytes_count=sent.bytes_count, kind=sent.kind, is_picture=sent.is_picture)
