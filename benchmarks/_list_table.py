"""Tables of the guide."""


def list_table(columns, rows):
    """Return a table as reStructuredText.

    Parameters
    ----------
    columns : sequence of str
        Names in the first row.
    rows : iterable of sequence of str
    """
    lines = [line for cells in (columns, *rows) for line in _row(cells)]
    return "\n".join([".. list-table::", "   :header-rows: 1", "", *lines, ""])


def _row(cells):
    return [f"   {'* -' if index == 0 else '  -'} {cell}".rstrip() for index, cell in enumerate(cells)]
