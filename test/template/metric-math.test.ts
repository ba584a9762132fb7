import { evaluate, type Operand } from "./metric-math.ts";

const operand = (value: number | null, hasExisted = value !== null): Operand => ({ value, hasExisted });
const operands = new Map<string, Operand>([
  ["four", operand(4)],
  ["two", operand(2)],
  ["ended", operand(null, true)],
  ["never", operand(null)],
]);

test.each([
  ["four", 4],
  ["100 * two / four", 50],
  ["four - two - 1", 1],
  ["four + two * 2", 8],
  ["(four + two) * 2", 12],
  ["four + never", null],
  ["0 * ended", null],
  ["SUM([four, never])", 4],
  ["SUM([never, ended])", null],
  ["SUM(METRICS())", 6],
  ["FILL(ended, 0)", 0],
  ["FILL(two, 0)", 2],
  ["FILL(never, 0)", null],
  ["IF(four >= 4, two, 1)", 2],
  ["IF(four < 4, two, 1)", 1],
  ["IF(never >= 4, two, 1)", null],
])("%s is %j", (expression, value) => {
  expect(evaluate(expression, operands, "missing")).toBe(value);
});

test("FILL of a metric that has never had a value depends on the setting", () => {
  expect(evaluate("FILL(never, 7)", operands, "filled")).toBe(7);
});

test.each(["unknown + 1", "RATE(four)", "four four", "SUM([four", "four ? 1", "IF(four, 1)", "[four] + 1"])(
  "%s is refused",
  (expression) => {
    expect(() => evaluate(expression, operands, "missing")).toThrow();
  },
);
