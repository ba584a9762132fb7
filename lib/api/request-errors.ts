import type * as z from "zod/mini";
import { describeIssue } from "../domain/zod-fields.ts";
import type { Fault } from "./problem.ts";

type Path = readonly PropertyKey[];

/** A JSON pointer (RFC 6901) in the fragment form that RFC 9457 shows: `#/context/labels/a~1b`. */
export function pointerOf(path: Path): string {
  const steps = path.map((step) => encodeFragment(String(step).replaceAll("~", "~0").replaceAll("/", "~1")));
  return ["#", ...steps].join("/");
}

/** `encodeURIComponent` refuses half a surrogate pair, and a caller may well name a field so. */
function encodeFragment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Every fault that zod found, each with its place; an unknown field is told by its own name. */
export function faultsOf(error: z.core.$ZodError): Fault[] {
  return error.issues.flatMap((issue): Fault[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          pointer: pointerOf([...issue.path, key]),
          detail: "is not a field of this request",
        }))
      : [{ pointer: pointerOf(issue.path), detail: describeIssue(issue) }],
  );
}

/** The faults of a name in a path or a query: what it must look like. */
export function nameFaults(parameter: string, parsed: z.core.util.SafeParseResult<string>): Fault[] {
  return parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({ parameter, detail: describeIssue(issue) }));
}
