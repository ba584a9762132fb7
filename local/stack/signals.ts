const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/** npm passes on the Ctrl-C that the terminal has sent to everybody already: what follows so soon is the same one. */
const SAME_MS = 500;

/**
 * Ends on the first SIGTERM, SIGINT, or SIGHUP (the terminal is gone). From then on they are the system's again: the
 * next one ends the process at once, whatever that is doing.
 */
export function untilToldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of SIGNALS)
      process.on(name, () => {
        resolve(name);
        setTimeout(forgetSignals, SAME_MS).unref();
      });
  });
}

/** Ends this process as a signal does that nobody listens to: `process.exit` waits for threads, which may hang. */
export function dieOf(signal: NodeJS.Signals): void {
  forgetSignals();
  process.kill(process.pid, signal);
}

function forgetSignals(): void {
  for (const name of SIGNALS) process.removeAllListeners(name);
}
