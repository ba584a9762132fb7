import { createArrayScannerDroppingDeepValues } from "../../../lib/cce/stream-job-list.ts";
import fc from "../../support/properties.ts";

/** Scans a text in chunks of some bytes. */
function scan(text: string, chunkBytes: number) {
  const entries: string[] = [];
  const scanner = createArrayScannerDroppingDeepValues((json) => entries.push(json));
  const bytes = Buffer.from(text);
  let isList = true;
  for (let at = 0; at < bytes.length; at += chunkBytes)
    isList = scanner.add(bytes.subarray(at, at + chunkBytes)) && isList;
  return { entries, isList, isComplete: scanner.isComplete() };
}

/** Replaces all values that are nested deeper than two objects by null. */
function flatten(value: unknown, depth = 2): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > 3) return null;
  if (Array.isArray(value)) return value.map((item) => flatten(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flatten(item, depth + 1)]));
}

describe("createArrayScannerDroppingDeepValues", () => {
  it("returns each object of any list without its deeply nested values, for every size of the chunks", () => {
    const entry = fc.object({ maxDepth: 4, withNullPrototype: false });
    fc.assert(
      fc.property(
        fc.array(entry),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2),
        (list, size, indent) => {
          const json = JSON.stringify(list, null, indent);
          const { entries, isList, isComplete } = scan(`\ufeff \n${json}\n`, size);
          expect([isList, isComplete]).toEqual([true, true]);
          expect(entries.map((text) => JSON.parse(text))).toEqual(
            JSON.parse(json).map((item: unknown) => flatten(item)),
          );
        },
      ),
    );
  });
  it("returns the entries in front of the end of a truncated list", () => {
    const list = '[{"a":"]}\\""},{"b":{"c":[1]}},{"d"';
    expect(scan(list, 5)).toEqual({
      entries: ['{"a":"]}\\""}', '{"b":{"c":null}}'],
      isList: true,
      isComplete: false,
    });
  });
  it("ignores values that are no objects, and bytes after the list", () => {
    expect(scan('[1,"{}",null,{"a":1},[{"b":2}]] {"c":3}', 3)).toMatchObject({
      entries: ['{"a":1}', '[{"b":2}]'],
      isComplete: true,
    });
  });
  it("omits an entry that is larger than any job, and keeps the others", () => {
    const large = `{"metadata":{"uid":"${"x".repeat(100_000)}"}}`;
    const withSubjobs = `{"spec":{"subjobs":[${"{},".repeat(100_000)}{}]}}`;
    expect(scan(`[${large},${withSubjobs}]`, 4096).entries).toEqual(['{"spec":{"subjobs":null}}']);
  });
  it("refuses bytes that are no list", () => {
    for (const text of ['{"kind":"Job"}', "<html>[]", "null"])
      expect(scan(text, 100)).toEqual({ entries: [], isList: false, isComplete: false });
  });
});
