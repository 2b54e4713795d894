"""`python mortal_worker.py POINT`, settings in the environment as for `reviewbot worker`.

Imports late, as `python -m reviewbot` does: helper processes import their parent's main module again.
"""

if __name__ == "__main__":
    from e2e.mortal import main

    main()
