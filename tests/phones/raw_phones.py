"""The raw phones of a test around one server, and what tests do with them again and again."""

import itertools

from network import phone_address
from raw_sip import Call, RawPhone

PHONES, REALM = 8, "mfa.example"
A, B, C = "1001", "1002", "1003"
# Which phone's address a trunk has, and a number it leads to.
TRUNK = 4
ABROAD = "00033140506070"


class Phones:
    """The phones of a test, each at an address of its own."""

    def __init__(self, house):
        self.house = house
        self._made: list[RawPhone] = []
        self._numbers = itertools.count()
        for number in (A, B, C):
            house.extension(number, f"Office {number}", "--rights", "international")

    def make(self, extension: str, password: str | None = None, **more) -> RawPhone:
        """A phone that has said nothing yet."""
        self.house.start()
        number = more.pop("number", None)
        if more.get("carrier") == "wss":
            more["ca"] = self.house.ca
        phone = RawPhone(
            next(self._numbers) if number is None else number,
            extension,
            self.house.passwords.get(extension, "") if password is None else password,
            **more,
        )
        self._made.append(phone)
        return phone

    def registered(self, extension: str, **more) -> RawPhone:
        return self.make(extension, **more).register()

    def change(self, *command: str) -> None:
        """Changes the plan while the program runs, and waits until it goes by it."""
        self.house.program.run(*command)
        self.house.wait_for_plan()

    def keep(self, phone: RawPhone) -> None:
        """Lets a phone end with the test."""
        self._made.append(phone)

    def close(self) -> None:
        for phone in self._made:
            phone.close()
        # Whether it stops well is another test's question: here it would wait for phones that are gone.
        if self.house.program.is_running:
            self.house.program.kill()


def connect(caller: RawPhone, callee: RawPhone) -> tuple[Call, Call]:
    """A call that both sides have confirmed."""
    outgoing = caller.dial(callee.user)
    incoming = callee.incoming()
    incoming.accept()
    outgoing.established()
    incoming.expect("ACK")
    return outgoing, incoming


def hang_up(one: Call, other: Call) -> None:
    """Ends a call, and sees that the other side hears of it: so the call lived until now."""
    bye = one.request("BYE")
    other.reply(200, to=other.expect("BYE"))
    assert one.phone.answer_to(bye).status == 200


def trunk(phones, name: str, number: int, *options: str) -> RawPhone:
    """The far side of a line to the public network, at a phone's address. To be set up before the program runs."""
    assert not phones.house.program.is_running
    host = phone_address(number)
    phones.house.program.run(
        *("trunk", "add", name, "--host", host, "--caller-id", "+22921301234", "--rights", "international", *options)
    )
    operator = RawPhone(number, "operator")
    phones.keep(operator)
    return operator
