import { resolve, type Scope } from "../../../local/template/intrinsics.ts";

const scope: Scope = {
  ref: (name) => `ref:${name}`,
  getAtt: (logicalId, attribute) => `att:${logicalId}:${attribute}`,
};

/** A place in a template that `Fn::Sub` fills. */
const hole = (name: string) => `\${${name}}`;

describe("resolve", () => {
  test.each([
    ["a plain value", 7, 7],
    ["a reference", { Ref: "Queue" }, "ref:Queue"],
    ["an attribute", { "Fn::GetAtt": ["Queue", "Arn"] }, "att:Queue:Arn"],
    ["an attribute written with a dot", { "Fn::GetAtt": "Queue.Arn" }, "att:Queue:Arn"],
    [
      "a substitution",
      { "Fn::Sub": [hole("Queue"), hole("Queue.Arn"), hole("AWS::Region")].join(" ") },
      "ref:Queue att:Queue:Arn ref:AWS::Region",
    ],
    [
      "a substitution with variables of its own",
      { "Fn::Sub": [`${hole("a")}/${hole("b")}`, { a: 1, b: { Ref: "B" } }] },
      "1/ref:B",
    ],
    ["a substitution's literal", { "Fn::Sub": hole("!Literal") }, hole("Literal")],
    ["a join", { "Fn::Join": [":", ["a", { Ref: "B" }, 3]] }, "a:ref:B:3"],
    ["a choice", { "Fn::Select": [1, ["a", { Ref: "B" }]] }, "ref:B"],
    ["what is nested", [{ a: { b: [{ Ref: "C" }] } }], [{ a: { b: ["ref:C"] } }]],
    ["an object that only looks like a reference", { Ref: "A", b: 1 }, { Ref: "A", b: 1 }],
    ["nothing", null, null],
  ])("resolves %s", (_, value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });

  it("names a function that it does not know", () => {
    expect(() => resolve({ "Fn::ImportValue": "x" }, scope)).toThrow("Fn::ImportValue");
  });
});
