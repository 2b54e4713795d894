"""What a repository has for other tools, through the whole path: in the prompts of the chunks that it is for."""

from e2e.house import code

PLAIN = "".join(f"const value_{number} = {number};\n" for number in range(150))
GUIDANCE = {
    "web/AGENTS.md": "# Web\n\n## Components\n\nComponents MUST be functions.\n",
    ".cursor/rules/api.mdc": "---\ndescription: API\nglobs: api/**/*.py\n---\nEndpoints return problem details.\n",
    ".gitlab/duo/mr-review-instructions.yaml": (
        "instructions:\n- name: Ruby\n  fileFilters: ['**/*.rb']\n  instructions: Freeze the strings.\n"
    ),
    ".coderabbit.yaml": "a: &a 1\n",
}
BEFORE = {"web/a.js": PLAIN, "api/b.py": code(150)}
AFTER = {path: text.replace("= ", "= 0 + ") for path, text in BEFORE.items()}


def test_guidance_is_told_for_the_chunks_that_it_applies_to_and_for_no_others(own_house):
    house = own_house(chunk_tokens=2_500)
    case = house.open({**BEFORE, **GUIDANCE}, AFTER)
    case.reviewed()
    prompts = reviewing(case)
    web = [prompt for prompt in prompts if "+const value_7" in prompt and "+value_7" not in prompt]
    api = [prompt for prompt in prompts if "+value_7" in prompt and "+const value_7" not in prompt]
    assert web
    assert api
    assert all("guidance/agents-md/web/components" in one and "MUST be functions" in one for one in web)
    assert not any("problem details" in one or "Freeze" in one for one in web)
    assert all("guidance/cursor/api" in one and "problem details" in one for one in api)
    assert not any("MUST be functions" in one or "Freeze" in one for one in api)
    assert case.outcome().state == "done"
    assert ".coderabbit.yaml:1: YAML anchors and aliases are not read" in case.summary().replace("`", "")


def test_guidance_of_the_source_branch_counts_from_its_merge_on_and_can_be_switched_off(house):
    case = house.open(BEFORE, {**AFTER, **GUIDANCE})
    case.reviewed()
    assert not any("guidance/cursor/api" in prompt for prompt in case.prompts())
    named = ".coderabbit.yaml, .cursor/rules/api.mdc, .gitlab/duo/mr-review-instructions.yaml and 1 more"
    assert f"not by this change of {named}" in case.summary().replace("`", "")
    off = {".reviewbot.yml": "guidance: false\n", "AGENTS.md": "Never use floats."}
    case = house.open({**BEFORE, **GUIDANCE, **off}, AFTER)
    case.reviewed()
    assert not any("guidance/cursor/api" in one or "Never use floats" in one for one in case.prompts())


def test_what_was_imported_is_told_as_a_rule_and_not_as_guidance_besides(house):
    agents = "# Shop\n\n## Commands\n\nRun `make test`.\n\n## Values\n\nValues must be whole numbers.\n"
    rule = "---\nid: guidance/agents-md/values\ntitle: Values\nstatus: approved\n---\nValues must be whole, we said.\n"
    before = house.open({**BEFORE, "AGENTS.md": agents}, AFTER)
    before.reviewed()
    assert all("must be whole numbers" in one for one in reviewing(before))
    after = house.open({**BEFORE, "AGENTS.md": agents, ".reviewbot/rules/values.md": rule}, AFTER)
    after.reviewed()
    for prompt in reviewing(after):
        assert "must be whole, we said" in prompt
        assert "must be whole numbers" not in prompt
        assert "make test" in prompt


def reviewing(case):
    found = [prompt for prompt in case.prompts() if "part of the change to review" in prompt]
    assert found
    return found
