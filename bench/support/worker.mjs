// This file is the program of the process that runs one measured function. The process imports a bundle and calls the
// bundle's handler for each message of the parent process.

const { handler } = await import(process.argv[2] ?? "");
/** @param {unknown} message */
const send = (message) => process.send?.(message);
let invocation = 0;

function contextOf() {
  const deadlineAt = Date.now() + 29_000;
  invocation += 1;
  return {
    awsRequestId: `00000000-0000-4000-8000-${String(invocation).padStart(12, "0")}`,
    getRemainingTimeInMillis: () => deadlineAt - Date.now(),
  };
}

process.on("message", async ({ events, times, collect }) => {
  try {
    const before = process.cpuUsage();
    let answer = null;
    const rss = [];
    for (let time = 0; time < times; time += 1)
      for (const event of events) {
        answer = await handler(event, contextOf());
        rss.push(process.memoryUsage.rss());
      }
    const { user, system } = process.cpuUsage(before);
    if (collect) globalThis.gc?.();
    const inUse = collect ? process.memoryUsage().heapUsed : null;
    // The memory in kilobytes.
    const peak = process.resourceUsage().maxRSS * 1024;
    send({ answer: answer ?? null, microseconds: user + system, rss, peak, inUse });
  } catch (error) {
    send({ fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.once("disconnect", () => process.exit(0));
send("ready");
