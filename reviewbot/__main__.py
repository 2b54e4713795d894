"""`python -m reviewbot` and `reviewbot`. Imports late: processes that are spawned from here import it again."""

import gc


def main() -> None:
    gc.disable()  # what is imported stays: to look through it again and again takes a twentieth of a second
    from reviewbot.cli.main import main as entrance

    gc.enable()
    entrance()


if __name__ == "__main__":
    main()
