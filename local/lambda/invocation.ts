import * as z from "zod";

/** How a function says that it failed. */
export const FunctionError = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).default([]),
});
export type FunctionError = z.infer<typeof FunctionError>;

/** What became of an invocation: the JSON value the handler returned, or its failure, or its process's. */
export type Invoked =
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "error"; readonly error: FunctionError };

/** An invocation on its way to a process. */
export interface Invocation {
  readonly requestId: string;
  readonly traceId: string;
  readonly functionArn: string;
  readonly event: unknown;
  readonly timeoutSeconds: number;
}

export function failed(errorType: string, errorMessage: string): Invoked {
  return { kind: "error", error: { errorType, errorMessage, trace: [] } };
}
