/**
 * A distribution of job durations. In some distributions, the duration of a job depends on the job's position in the
 * history.
 */
export interface Distribution {
  readonly jobType: string;
  readonly name: string;
  /**
   * Draws one random duration in seconds. `progress` is the position of the job in the history, from 0 (oldest job) to
   * 1 (newest job).
   */
  readonly draw: (random: () => number, progress: number) => number;
}

type Random = () => number;
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const logNormal = (random: Random, median: number, sigma: number) =>
  median * Math.exp(sigma * normal(random));
const around = (random: Random, mean: number, deviation: number) =>
  Math.max(5, mean + deviation * normal(random));

const make = (jobType: string, name: string, draw: Distribution["draw"]): Distribution => ({
  jobType,
  name,
  draw,
});

/**
 * Distributions of job durations. The constants of the service's poll schedule were chosen for low costs with these
 * distributions.
 */
export const DISTRIBUTIONS: readonly Distribution[] = [
  make("CreateCluster", "normal, 420 s ± 60 s", (r) => around(r, 420, 60)),
  make("CreateCluster", "normal, 550 s ± 40 s", (r) => around(r, 550, 40)),
  make("CreateCluster", "normal, 480 s ± 120 s", (r) => around(r, 480, 120)),
  make("CreateCluster", "log-normal, 400 s, sigma 0.2", (r) => logNormal(r, 400, 0.2)),
  make("CreateCluster", "uniform, 300 to 600 s", (r) => 300 + 300 * r()),
  make("CreateCluster", "normal, 600 s ± 60 s", (r) => around(r, 600, 60)),
  make("CreateCluster", "15 % fail at 40 s, else 450 s", (r) =>
    r() < 0.15 ? around(r, 40, 15) : around(r, 450, 60),
  ),
  make("CreateCluster", "30 % fail at 90 s, else 500 s", (r) =>
    r() < 0.3 ? around(r, 90, 30) : around(r, 500, 70),
  ),
  make("CreateNode", "normal, 300 s ± 60 s", (r) => around(r, 300, 60)),
  make("CreateNode", "normal, 450 s ± 70 s", (r) => around(r, 450, 70)),
  make("CreateNode", "log-normal, 380 s, sigma 0.3", (r) => logNormal(r, 380, 0.3)),
  make("CreateNode", "heavy tail, Pareto 1.5 from 200 s", (r) => 200 * (1 - r()) ** (-1 / 1.5)),
  make("CreateCluster", "heavy tail, 5 % take an hour", (r) =>
    r() < 0.05 ? logNormal(r, 3600, 0.3) : around(r, 450, 60),
  ),
  make("CreateCluster", "heavy tail, 1 % take an hour", (r) =>
    r() < 0.01 ? logNormal(r, 3600, 0.3) : around(r, 500, 50),
  ),
  make("DeleteCluster", "normal, 120 s ± 25 s", (r) => around(r, 120, 25)),
  make("DeleteNode", "log-normal, 90 s, sigma 0.3", (r) => logNormal(r, 90, 0.3)),
  make("CreateCluster", "from 400 s to 600 s half-way", (r, progress) =>
    around(r, progress < 0.5 ? 400 : 600, 50),
  ),
  make("CreateCluster", "from 600 s to 400 s half-way", (r, progress) =>
    around(r, progress < 0.5 ? 600 : 400, 50),
  ),
  make("CreateCluster", "from 420 s to 500 s half-way", (r, progress) =>
    around(r, progress < 0.5 ? 420 : 500, 50),
  ),
  make("CreateCluster", "from 5 % failing at 50 s to 30 %", (r, progress) =>
    r() < (progress < 0.5 ? 0.05 : 0.3) ? around(r, 50, 15) : around(r, 450, 60),
  ),
  make("UpgradeAddon", "log-normal, 60 s, sigma 0.5", (r) => logNormal(r, 60, 0.5)),
];
