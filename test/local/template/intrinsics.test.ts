import { resolveIntrinsics, type Scope } from "../../../local/template/intrinsics.ts";

const scope: Scope = {
  ref: (name) => `ref:${name}`,
  getAtt: (logicalId, attribute) => `att:${logicalId}:${attribute}`,
};

/** A variable of `Fn::Sub`. */
const variable = (name: string) => `\${${name}}`;

describe("resolveIntrinsics", () => {
  test.each([
    ["a plain value", 7, 7],
    ["a reference", { Ref: "Queue" }, "ref:Queue"],
    ["an attribute", { "Fn::GetAtt": ["Queue", "Arn"] }, "att:Queue:Arn"],
    ["an attribute written with a dot", { "Fn::GetAtt": "Queue.Arn" }, "att:Queue:Arn"],
    [
      "a substitution",
      { "Fn::Sub": [variable("Queue"), variable("Queue.Arn"), variable("AWS::Region")].join(" ") },
      "ref:Queue att:Queue:Arn ref:AWS::Region",
    ],
    [
      "a substitution with its own variables",
      { "Fn::Sub": [`${variable("a")}/${variable("b")}`, { a: 1, b: { Ref: "B" } }] },
      "1/ref:B",
    ],
    ["a substitution's literal", { "Fn::Sub": variable("!Literal") }, variable("Literal")],
    ["a join", { "Fn::Join": [":", ["a", { Ref: "B" }, 3]] }, "a:ref:B:3"],
    ["a choice", { "Fn::Select": [1, ["a", { Ref: "B" }]] }, "ref:B"],
    ["a nested reference", [{ a: { b: [{ Ref: "C" }] } }], [{ a: { b: ["ref:C"] } }]],
    ["an object with Ref and another key", { Ref: "A", b: 1 }, { Ref: "A", b: 1 }],
    ["null", null, null],
  ])("resolves %s", (_, value, expected) => {
    expect(resolveIntrinsics(value, scope)).toEqual(expected);
  });

  it("names an unsupported function", () => {
    expect(() => resolveIntrinsics({ "Fn::ImportValue": "x" }, scope)).toThrow("Fn::ImportValue");
  });
});
