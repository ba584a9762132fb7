import { createOpenApiDocument } from "../../lib/openapi/openapi-document.ts";
import { renderStatesPage } from "../../local/states-page.ts";

type Schemas = NonNullable<Parameters<typeof renderStatesPage>[0]>;
const withSchemas = (more: Schemas): Schemas => ({ ...createOpenApiDocument().components.schemas, ...more });

test("the page defines every state and every reason", () => {
  const page = renderStatesPage();
  for (const value of [
    "watching",
    "not_ready",
    "exhausted",
    "target_off",
    "target_gone",
    "egress_private_address",
  ])
    expect(page).toMatch(new RegExp(`^\\| \`${value}\` \\| [A-Z].{10,}\\.`, "m"));
});

test.each([
  [
    "a state without a definition",
    { Verdict: { enum: ["delivered", "retry", "rejected", "gone", "x"] } },
    "'x' of Verdict",
  ],
  ["a definition of a removed state", { Verdict: { enum: ["delivered"] } }, "'gone' is defined"],
  ["a new list of states", { NewState: { enum: ["a"] } }, "NewState has no section"],
  [
    "a new list in a property",
    { New: { properties: { status: { anyOf: [{ enum: ["b"] }] } } } },
    "New.status has no section",
  ],
])("%s is an error", (_, more, text) => {
  expect(() => renderStatesPage(withSchemas(more))).toThrow(text);
});
