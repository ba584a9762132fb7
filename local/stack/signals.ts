/**
 * Ends on the first SIGTERM, SIGINT, or SIGHUP (the terminal is gone); another one while things are being stopped
 * changes nothing.
 */
export function untilToldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on("SIGTERM", resolve);
    process.on("SIGINT", resolve);
    process.on("SIGHUP", resolve);
  });
}
