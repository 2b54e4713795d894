"""Numbers in addresses: `{name:number}`."""

from starlette.convertors import Convertor, register_url_convertor


class Number(Convertor[int]):
    """Starlette's own `int` takes as many digits as there are, and Python refuses to read more than 4,300 of them."""

    regex = "[0-9]{1,30}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


def register() -> None:
    """To be called before a route names `number`."""
    register_url_convertor("number", Number())
