import * as z from "zod";
import machine from "./step-function.json" with { type: "json" };

const Machine = z.object({
  StartAt: z.string(),
  States: z.record(
    z.string(),
    z.object({
      Type: z.enum(["Wait", "Task", "Choice", "Succeed"]),
      Next: z.string().optional(),
      Choices: z.array(z.object({ Next: z.string() })).optional(),
      Default: z.string().optional(),
    }),
  ),
});

/**
 * Returns how many state transitions of Step Functions one job costs.
 * @param polls the number of polls of one job
 */
export function countStateTransitions(polls: number): number {
  const { StartAt, States } = Machine.parse(machine);
  let [transitions, polled] = [0, 0];
  let name: string | undefined = StartAt;
  while (name !== undefined) {
    const state: z.infer<typeof Machine>["States"][string] | undefined = States[name];
    if (state === undefined) throw new Error(`The state machine has no state ${name}.`);
    transitions += 1;
    if (state.Type === "Task") polled += 1;
    const isOver = polled >= polls;
    name = state.Type === "Choice" ? (isOver ? state.Choices?.[0]?.Next : state.Default) : state.Next;
  }
  return transitions;
}
