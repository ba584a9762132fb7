import {
  countJsonStringBytes,
  isObject,
  parseJson,
  toJsonUnlessTooDeep,
  toObjectOrEmpty,
  unwrapObjectOrEmpty,
} from "../../../lib/domain/json.ts";
import fc, { anyCharacter } from "../../support/properties.ts";

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

describe("toJsonUnlessTooDeep", () => {
  it("returns JSON text, or null for a value whose nesting has no end", () => {
    const endless: { inner?: unknown } = {};
    endless.inner = endless;
    expect(toJsonUnlessTooDeep({ a: [1] })).toBe('{"a":[1]}');
    expect(toJsonUnlessTooDeep(endless)).toBeNull();
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

describe("unwrapObjectOrEmpty", () => {
  const job = { id: "j", phase: "Success" };

  it.each<[unknown, unknown]>([
    [job, job],
    [{ result: job }, job],
    [[job], job],
    [[{ result: [{ data: job }] }], job],
    [[[[[[job]]]]], {}],
    [{ a: { b: { c: { d: { e: job } } } } }, { e: job }],
    [{ only: "field" }, { only: "field" }],
    [{ list: [] }, { list: [] }],
    [{ empty: {} }, { empty: {} }],
    [[job, job], {}],
    [null, {}],
    [undefined, {}],
    ["text", {}],
  ])("returns the object inside at most four wrappers of %j", (value, inner) => {
    expect(unwrapObjectOrEmpty(value)).toEqual(inner);
  });

  it("removes only the given number of wrappers", () => {
    expect(unwrapObjectOrEmpty([[job]], 1)).toEqual({});
    expect(unwrapObjectOrEmpty([[job]], 2)).toEqual(job);
  });
});

describe("countJsonStringBytes", () => {
  it.each([
    ["", 0],
    ["plain text ~!#", 14],
    ['a"b', 4],
    ["a\\b", 4],
    ["\n", 2],
    ["\u0001", 6],
    ["é", 2],
    ["abc\u007f", 4],
    ["half \ud83d", 8],
    ["\u{1f600}", 4],
  ])("counts the bytes of %j in a JSON string, with escape sequences", (text, bytes) => {
    expect(countJsonStringBytes(text)).toBe(bytes);
  });

  it("returns the length of the JSON text without its quotes for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        expect(countJsonStringBytes(text)).toBe(Buffer.byteLength(JSON.stringify(text.toWellFormed())) - 2);
      }),
    );
  });
});
