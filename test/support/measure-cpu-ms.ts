/**
 * Runs a function, and returns the CPU time that it needs in milliseconds. The CPU time is used, because other programs
 * on the machine change the elapsed time.
 */
export function measureCpuMs(compute: () => void): number {
  const before = process.cpuUsage();
  compute();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
