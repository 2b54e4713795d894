"""`python -m reviewbot` and `reviewbot`. Imports late: processes that are spawned from here import it again."""


def main() -> None:
    from reviewbot.cli.main import main as entrance

    entrance()


if __name__ == "__main__":
    main()
