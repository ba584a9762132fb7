import * as z from "zod";

/** The values of all references in a CloudFormation template, such as names, ARNs, URLs and pseudo parameters. */
export interface Scope {
  ref(name: string): string;
  getAtt(logicalId: string, attribute: string): string;
}

/** The error of a template with a reference or an intrinsic function that the local stack does not support. */
export class UnresolvableError extends Error {
  override name = "UnresolvableError";
}

const GetAtt = z.union([
  z.tuple([z.string(), z.string()]),
  z.string().transform((text): [string, string] => {
    const dot = text.indexOf(".");
    return [text.slice(0, dot), text.slice(dot + 1)];
  }),
]);
const Sub = z.union([
  z.string().transform((text): [string, Record<string, unknown>] => [text, {}]),
  z.tuple([z.string(), z.record(z.string(), z.unknown())]),
]);
const Join = z.tuple([z.string(), z.array(z.unknown())]);
const Select = z.tuple([z.coerce.number(), z.array(z.unknown())]);

/**
 * Replaces CloudFormation's intrinsic functions by their results. The supported functions are `Ref`, `Fn::GetAtt`,
 * `Fn::Sub`, `Fn::Join` and `Fn::Select`.
 * @throws UnresolvableError if the template uses another intrinsic function.
 */
export function resolveIntrinsics(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => resolveIntrinsics(item, scope));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only && (only[0] === "Ref" || only[0].startsWith("Fn::")))
    return evaluate(only[0], only[1], scope);
  return Object.fromEntries(entries.map(([key, item]) => [key, resolveIntrinsics(item, scope)]));
}

function evaluate(name: string, argument: unknown, scope: Scope): unknown {
  switch (name) {
    case "Ref":
      return scope.ref(z.string().parse(argument));
    case "Fn::GetAtt":
      return scope.getAtt(...GetAtt.parse(argument));
    case "Fn::Sub":
      return substitute(...Sub.parse(argument), scope);
    case "Fn::Join": {
      const [separator, parts] = Join.parse(argument);
      return parts.map((part) => toText(resolveIntrinsics(part, scope))).join(separator);
    }
    case "Fn::Select": {
      const [index, items] = Select.parse(argument);
      return resolveIntrinsics(items[index], scope);
    }
    default:
      throw new UnresolvableError(`the embedded stack does not support ${name}`);
  }
}

function substitute(template: string, variables: Record<string, unknown>, scope: Scope): string {
  return template.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return toText(resolveIntrinsics(variables[name], scope));
    return name.includes(".") ? scope.getAtt(...GetAtt.parse(name)) : scope.ref(name);
  });
}

const toText = (value: unknown) => z.coerce.string().parse(value);
