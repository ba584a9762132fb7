import { isObject, parseJson, toObjectOrEmpty } from "../../../lib/domain/json.ts";

describe("parseJson", () => {
  it("returns the value of a JSON text", () => {
    expect(['{"a":1}', "[]", "null", '"x"', "0"].map(parseJson)).toEqual([{ a: 1 }, [], null, "x", 0]);
  });

  it("returns undefined for text that is not JSON", () => {
    expect(["", "{", "<html>", "\uFEFF{}", "undefined", "NaN"].map(parseJson)).toEqual(
      Array(6).fill(undefined),
    );
  });
});

describe("isObject and toObjectOrEmpty", () => {
  it("accept only objects", () => {
    const others = [null, undefined, [], ["a"], "a", 1, true];
    expect(others.map(isObject)).toEqual(others.map(() => false));
    expect(others.map(toObjectOrEmpty)).toEqual(others.map(() => ({})));
    expect([isObject({ a: 1 }), toObjectOrEmpty({ a: 1 })]).toEqual([true, { a: 1 }]);
  });
});
