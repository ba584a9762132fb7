/** Ends on the first SIGTERM or SIGINT; a second one while things are being stopped changes nothing. */
export function untilToldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on("SIGTERM", resolve);
    process.on("SIGINT", resolve);
  });
}
