"""How sure a share is: Wilson's score interval (1927), which stays honest for few cases and near 0 and 1."""

from math import sqrt

Z_95 = 1.96
"""Standard deviations of a normal distribution that leave 5 % outside."""


def interval(hits: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """(low, high), both from 0 to 1, between which the true share lies when `hits` of `n` cases were hits.

    `n` 0: nothing is known, (0, 1). `z`: how many standard deviations wide, 1.96 for 95 %. Raises `ValueError` unless
    0 ≤ hits ≤ n and z > 0.
    """
    if not 0 <= hits <= n or z <= 0:
        raise ValueError(f"no share: {hits} of {n}, z {z}")
    if n == 0:
        return 0.0, 1.0
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / n + spread / (4 * n))
    # At the ends the exact bounds are 0 and 1: rounding must not leave a trace of doubt there.
    return (0.0 if hits == 0 else max(0.0, middle - half)), (1.0 if hits == n else min(1.0, middle + half))
