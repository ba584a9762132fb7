/**
 * Runs a function that computes. Returns the CPU time of this process in milliseconds. Other programs make a test wait,
 * but they hardly change its CPU time.
 */
export function measureCpuMs(compute: () => void): number {
  const before = process.cpuUsage();
  compute();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
