/** The value of a statistic or expression in one period. Null is a missing data point. */
export type Value = number | null;

/** A metric or expression in one period. */
export interface Operand {
  readonly value: Value;
  /** Whether the metric had a value in an earlier period or in this one. */
  readonly hasExisted: boolean;
}

/**
 * What FILL does with a metric that has never had a value. AWS does not document it. The alarms must not depend on it.
 */
export type FillOfNothing = "filled" | "missing";

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|([A-Za-z]\w*)|(>=|<=|[-+*/()[\],<>]))/y;

/** A value, or an array of them. Only functions take arrays. */
type Result = Operand | readonly Operand[];

/**
 * Evaluates an expression of metric math in one period. A missing operand of an operator gives a missing result.
 * Functions of arrays omit missing operands.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @param operands the metrics and expressions by their IDs.
 * @throws Error for syntax and functions that no alarm of this repository uses.
 */
export function evaluate(
  expression: string,
  operands: ReadonlyMap<string, Operand>,
  fillOfNothing: FillOfNothing,
): Value {
  const tokens = tokenize(expression);
  let next = 0;
  const take = () => tokens[next++] ?? "";
  const expect = (token: string) => {
    if (take() !== token) throw new Error(`'${token}' is missing: ${expression}`);
  };
  const binary = (operators: readonly string[], operand: () => Result) => (): Result => {
    let a = operand();
    while (operators.includes(tokens[next] ?? "")) a = combine(take(), one(a), one(operand()));
    return a;
  };
  const one = (result: Result): Operand => {
    if (!("value" in result)) throw new Error(`an array where a value is expected: ${expression}`);
    return result;
  };

  function primary(): Result {
    const token = take();
    if (/^\d/.test(token)) return { value: Number(token), hasExisted: true };
    if (token === "(") {
      const inner = comparison();
      expect(")");
      return inner;
    }
    if (token === "[") return list("]").map(one);
    if (tokens[next] === "(") {
      next += 1;
      return call(token, list(")"));
    }
    const operand = operands.get(token);
    if (operand === undefined) throw new Error(`unknown ID '${token}': ${expression}`);
    return operand;
  }

  function list(end: string): Result[] {
    const items: Result[] = [];
    while (tokens[next] !== end) {
      items.push(comparison());
      if (tokens[next] !== end) expect(",");
    }
    expect(end);
    return items;
  }

  function call(name: string, parameters: readonly Result[]): Result {
    switch (name) {
      case "METRICS":
        return [...operands.values()];
      case "SUM":
        return sum(parameters[0] ?? []);
      case "FILL": {
        const [metric, missing] = parameters.map(one);
        if (metric === undefined || missing === undefined) break;
        if (metric.value !== null) return metric;
        const isFilled = metric.hasExisted || fillOfNothing === "filled";
        return { value: isFilled ? missing.value : null, hasExisted: isFilled };
      }
      case "IF": {
        const [condition, then, otherwise] = parameters.map(one);
        if (condition === undefined || then === undefined || otherwise === undefined) break;
        return condition.value === null ? condition : condition.value !== 0 ? then : otherwise;
      }
    }
    throw new Error(`unknown function ${name}, or too few parameters: ${expression}`);
  }

  const product = binary(["*", "/"], primary);
  const difference = binary(["+", "-"], product);
  const comparison = binary([">=", "<=", "<", ">"], difference);
  const { value } = one(comparison());
  if (next < tokens.length) throw new Error(`'${tokens[next]}' is not expected: ${expression}`);
  return value;
}

function tokenize(expression: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const match = TOKEN.exec(expression);
    if (match === null) throw new Error(`cannot be read: ${expression}`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

function sum(parameter: Result): Operand {
  const operands = "value" in parameter ? [parameter] : parameter;
  const values = operands.flatMap(({ value }) => value ?? []);
  return {
    value: values.length === 0 ? null : values.reduce((total, value) => total + value, 0),
    hasExisted: operands.some(({ hasExisted }) => hasExisted),
  };
}

function combine(operator: string, a: Operand, b: Operand): Operand {
  const hasExisted = a.hasExisted && b.hasExisted;
  if (a.value === null || b.value === null) return { value: null, hasExisted };
  return { value: OPERATORS[operator]?.(a.value, b.value) ?? null, hasExisted };
}

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  ">=": (a, b) => Number(a >= b),
  "<=": (a, b) => Number(a <= b),
  ">": (a, b) => Number(a > b),
  "<": (a, b) => Number(a < b),
};
