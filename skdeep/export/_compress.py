"""x"""


def compress():
    pass
