import type { OwnResource as Resource } from "./own-template.ts";

/** A CloudFormation template in which one value of one resource is wrong. */
export interface Mutant {
  /** The logical ID of the resource. */
  readonly resource: string;
  /** Where the value is in the resource, for example `Properties.Environment.Variables.POLL_QUEUE_URL`. */
  readonly path: string;
  readonly was: unknown;
  /** `undefined` if the value is missing in the mutant. */
  readonly became: unknown;
  readonly resources: Resources;
}

export type Resources = Readonly<Record<string, Resource>>;
type Path = readonly (string | number)[];

/** The other values of the settings that have few values. */
const CHOICES: readonly (readonly string[])[] = [
  ["Sum", "Average", "Minimum", "Maximum", "SampleCount"],
  ["GreaterThanOrEqualToThreshold", "LessThanThreshold"],
  ["breaching", "notBreaching", "ignore"],
  ["Allow", "Deny"],
  ["HASH", "RANGE"],
  ["ENABLED", "DISABLED"],
  ["true", "false"],
  ["Allow", "Terminate"],
];
/** Texts for people. The files of the product contain the texts once, and no code reads the texts. */
const TEXTS = /(?:^|\.)(?:Description|AlarmDescription|Label|Sid|PolicyName|DashboardBody\.Fn::Sub\.0)$/;

/** Yields one mutant for each change of a number, a reference, a name and a choice, and for each missing value. */
export function* mutantsOf(resources: Resources): Generator<Mutant> {
  for (const [id, resource] of Object.entries(resources))
    for (const { path, value } of isOwn(id, resource) ? valuesIn(resource, []) : []) {
      if (path.join() === "Type" || TEXTS.test(path.join("."))) continue;
      const changed = [
        ...changesOf(value, path, resource, resources),
        ...(path.length < 2 ? [] : [undefined]),
      ];
      for (const became of changed)
        yield {
          resource: id,
          path: path.join("."),
          was: value,
          became,
          resources: { ...resources, [id]: replaceAt(resource, path, became) as Resource },
        };
    }
}

/**
 * The framework makes some resources without an entry in serverless.yml. The permissions of the triggers follow from the
 * triggers, whose mutants are tried.
 */
const isOwn = (id: string, { Type }: Resource) =>
  !Type.startsWith("AWS::S3::") && !/LambdaPermission/.test(id);

/** Yields every value below a value: the leaves, the references, and the lists and objects that contain them. */
function* valuesIn(value: unknown, path: Path): Generator<{ path: Path; value: unknown }> {
  if (path.length > 0) yield { path, value };
  if (typeof value !== "object" || value === null || isReference(value)) return;
  for (const [key, inner] of Object.entries(value))
    yield* valuesIn(inner, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** A reference as a whole is one value. `Fn::Sub` with variables is no reference, because each variable is a value. */
function isReference(value: object): boolean {
  const [key = "", ...others] = Object.keys(value);
  const isCall = others.length === 0 && /^(?:Ref|Fn::(?:GetAtt|Sub))$/.test(key);
  return isCall && !(key === "Fn::Sub" && Array.isArray(Object.values(value)[0]));
}

function changesOf(value: unknown, path: Path, resource: Resource, resources: Resources): unknown[] {
  if (typeof value === "number") return otherNumbers(value);
  if (typeof value === "boolean") return [!value];
  if (typeof value === "string") return otherTexts(value, path);
  if (typeof value === "object" && value !== null && isReference(value))
    return otherReferences(value, resource, resources);
  return [];
}

/** The double and the half of a number, and for a small number the whole numbers next to it. */
const otherNumbers = (value: number) =>
  [...new Set([value * 2, Math.floor(value / 2), value + (value < 5 ? 1 : 0)])].filter(
    (one) => one !== value,
  );

function otherTexts(value: string, path: Path): string[] {
  const choices = CHOICES.filter((one) => one.includes(value)).flat();
  if (choices.length > 0) return [...new Set(choices)].filter((one) => one !== value);
  if (path.at(-1) === "Expression" || path.at(-1) === "ScheduleExpression") return withOtherNumbers(value);
  return /^\d+$/.test(value) ? otherNumbers(Number(value)).map(String) : [`${value}X`];
}

/** Returns the texts in which one number is another number. */
const withOtherNumbers = (text: string) =>
  [...text.matchAll(/\d+/g)].flatMap(({ 0: digits, index }) =>
    otherNumbers(Number(digits)).map(
      (other) => text.slice(0, index) + other + text.slice(index + digits.length),
    ),
  );

/** Returns the reference with other resources of the same type, and a text in a reference with another end. */
function otherReferences(reference: object, resource: Resource, resources: Resources): unknown[] {
  const text = JSON.stringify(reference);
  const names = [...new Set(text.match(/\w+/g))].filter((name) => Object.hasOwn(resources, name));
  const swapped = names.flatMap((name) =>
    Object.keys(resources)
      .filter((other) => other !== name && resources[other]?.Type === resources[name]?.Type)
      .filter((other) => resources[other] !== resource)
      .slice(0, 3)
      .map((other): unknown => JSON.parse(text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), other))),
  );
  const [sub] = Object.entries(reference).filter(([key]) => key === "Fn::Sub");
  return [...swapped, ...(sub === undefined ? [] : [{ "Fn::Sub": `${sub[1]}X` }])];
}

/** Returns a copy of a value with another value at a path. `undefined` removes the value from its list or object. */
function replaceAt(value: unknown, [key, ...rest]: Path, became: unknown): unknown {
  if (key === undefined) return became;
  if (Array.isArray(value))
    return value.flatMap((item: unknown, index) => {
      if (index !== key) return [item];
      const changed = replaceAt(item, rest, became);
      return changed === undefined ? [] : [changed];
    });
  if (typeof value !== "object" || value === null) throw new Error("the path leads to no value");
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
      const changed: unknown = name === key ? replaceAt(item, rest, became) : item;
      return changed === undefined ? [] : [[name, changed]];
    }),
  );
}
