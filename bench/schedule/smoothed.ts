/** Widths tried, as the standard deviation of the kernel in the logarithm of the duration. */
const WIDTHS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2];

/**
 * The empirical distribution of `durations`, smoothed by a Gaussian kernel in log(duration + 1), as the mass between
 * each age of `ages` and the one before. The kernel's width is the one under which each duration is the likeliest
 * given all the others (leave-one-out likelihood).
 */
export function smoothedEmpirical(durations: readonly number[], ages: Float64Array): Float64Array {
  const logs = durations.map((seconds) => Math.log1p(Math.max(0, seconds)));
  const width = bestWidth(logs);
  const mass = new Float64Array(ages.length);
  for (const log of logs) {
    let before = 0;
    for (let at = 1; at < ages.length; at++) {
      const distance = (Math.log1p(ages[at] ?? 0) - log) / width;
      if (distance < -5) continue;
      const below = distance > 5 ? 1 : normal(distance);
      mass[at] = (mass[at] ?? 0) + (below - before) / logs.length;
      before = below;
      if (distance > 5) break;
    }
  }
  return mass;
}

function bestWidth(logs: readonly number[]): number {
  const sample = logs.length > 400 ? logs.filter((_, at) => at % Math.ceil(logs.length / 400) === 0) : logs;
  if (sample.length < 2) return 0.05;
  const likelihoods = WIDTHS.map((width) => {
    const w = width * (sample.length / logs.length) ** -0.2;
    return sample.reduce((sum, log, self) => {
      let density = 0;
      for (const [other, at] of sample.entries())
        if (other !== self) density += Math.exp(-0.5 * ((log - at) / w) ** 2) / w;
      return sum + Math.log(density / (sample.length - 1) + 1e-12);
    }, 0);
  });
  return WIDTHS[likelihoods.indexOf(Math.max(...likelihoods))] ?? 0.05;
}

/** The normal distribution function (Abramowitz and Stegun 26.2.17). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * poly;
  return z > 0 ? 1 - tail : tail;
}
