"""What a browser would send of a form on a page."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._choice = self._text = ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "input" and name:
            ticked = attributes.get("type") != "checkbox" or "checked" in attributes
            self.values |= (
                {name: value or "on" if "checked" in attributes else value} if ticked else {}
            )
        elif tag == "select":
            self._choice = name
        elif tag == "option" and ("selected" in attributes or self._choice not in self.values):
            self.values[self._choice] = value
        elif tag == "textarea":
            self._text = name
            self.values[name] = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.values[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The line after the tag is not part of the text, and lines end as browsers end them.
            text = self.values[self._text].removeprefix("\n")
            self.values[self._text] = text.replace("\n", "\r\n")
            self._text = ""


def values_of(page: str) -> dict[str, str]:
    """The values of the fields of a page, as they are sent when nothing is touched."""
    fields = _Fields()
    fields.feed(page)
    return fields.values
