from reviewbot.core import rules
from reviewbot.core.rule_share import fitting


def rule(name, size=10, **fields):
    front = "\n".join(f"{key}: {value}" for key, value in {"id": name, "title": "T", **fields}.items())
    words = "It MUST hold." if fields.get("status") == "enforced" else "It holds."
    return rules.parse(f"---\n{front}\n---\n{words} {'x ' * size}\n", f"{name}.md")


def words(text):
    return len(text.split())


def ids(found):
    return [one.id for one in found]


def test_what_fits_is_told_in_the_order_given():
    given = [rule("b"), rule("a")]
    assert fitting(given, 1000, words) == (tuple(given), ())


def test_enforced_graver_and_nearer_rules_come_first_and_the_others_are_named():
    given = [
        rule("far"),
        rule("grave", severity="critical"),
        rule("near"),
        rule("enforced", severity="suggestion", status="enforced"),
    ]
    takes = max(words(f"## {one.id} (a, b): T\n{one.body}") for one in given)
    told, left = fitting(given, 3 * takes, words)
    assert (ids(told), ids(left)) == (["grave", "near", "enforced"], ["far"])


def test_a_rule_that_is_too_large_leaves_room_for_a_smaller_one():
    told, left = fitting([rule("small"), rule("large", size=500, severity="critical")], 50, words)
    assert (ids(told), ids(left)) == (["small"], ["large"])
