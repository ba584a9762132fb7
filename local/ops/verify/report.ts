/** The result of checking one promise of the service. */
export interface PromiseResult {
  readonly promise: string;
  readonly state: "kept" | "broken";
  /** What the verification has observed, or why the promise is broken. */
  readonly detail: string;
  readonly seconds: number;
}

/** The answer to a question that only a real AWS account can answer. */
export interface Answer {
  readonly question: string;
  /** `answer` is null if the verification could not find the answer to the question. */
  readonly answer: string | null;
  /** How the verification found the answer, or why the verification found no answer. */
  readonly evidence: string;
}

/** The answer to a question, without the text of the question. */
export type Found = Omit<Answer, "question">;

export interface Report {
  readonly stage: string;
  readonly region: string;
  readonly api: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly promises: readonly PromiseResult[];
  readonly answers: readonly Answer[];
}

export function formatReport({ stage, region, api, startedAt, endedAt, promises, answers }: Report): string {
  const kept = promises.filter(({ state }) => state === "kept").length;
  return [
    `Verification of the stage ${stage} in ${region}, API ${api}`,
    `${startedAt} to ${endedAt}`,
    "",
    `Promises: ${kept} of ${promises.length} kept`,
    ...promises.map(formatPromise),
    "",
    "Questions about AWS",
    ...answers.flatMap(({ question, answer, evidence }) => [
      `- ${question}`,
      `  ${answer ?? "not answered"} (${evidence})`,
    ]),
    "",
  ].join("\n");
}

export function formatPromise({ promise, state, detail, seconds }: PromiseResult): string {
  return `${state === "kept" ? "kept  " : "BROKEN"} ${promise}: ${detail} (${seconds.toFixed(1)} s)`;
}
