import { mkdirSync, writeFileSync } from "node:fs";
import { OTHER_CLIENTS } from "./schedule/other-clients.ts";
import { measurePollCosts, type NextPoll } from "./schedule/poll-costs.ts";
import { countDurations, createProductSchedule } from "./schedule/product-polls.ts";
import { createSeededRandom } from "./schedule/seeded-random.ts";

/**
 * Writes the picture docs/polls.svg. The picture shows the polls of one cluster creation, once with the learned
 * schedule and once with a fixed interval.
 */
const PAST = 200;
const MEAN = 450;
const DEVIATION = 60;
const JOB_END = 487;
const SCALE = 1.2;
const MARGIN = 30;

const random = createSeededRandom(11);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const draw = () => Math.max(5, MEAN + DEVIATION * normal());
const history = countDurations(Array.from({ length: PAST }, draw));
const test = Array.from({ length: 300 }, draw);
const product = () => createProductSchedule("CreateCluster", 1, history, random);
const fixed: NextPoll = OTHER_CLIENTS["fixed 20 s after 150 s"] ?? (() => Number.POSITIVE_INFINITY);

function row(label: string, y: number, colour: string, rule: () => NextPoll): string {
  const next = rule();
  const polls: number[] = [];
  for (let age = 0; age < JOB_END; ) {
    age = next(age);
    polls.push(age);
  }
  const mean = measurePollCosts(test, 1, rule);
  const late = ((polls.at(-1) ?? JOB_END) - JOB_END).toFixed(0);
  const marks = polls.map((age) => `<circle cx="${x(age)}" cy="${y}" r="4.5" fill="${colour}"/>`).join("");
  return `<text x="${MARGIN}" y="${y - 16}">${label}: ${polls.length} polls, seen ${late} s after the end
    <tspan fill="#59636e">(mean of ${test.length} jobs: ${mean.polls.toFixed(1)} polls, ${mean.latenessSeconds.toFixed(1)} s)</tspan></text>
  <line x1="${x(0)}" y1="${y}" x2="${x(600)}" y2="${y}" stroke="#d1d9e0"/>${marks}`;
}

function x(age: number): string {
  return (MARGIN + age * SCALE).toFixed(1);
}

const hill = Array.from({ length: 121 }, (_, at) => {
  const age = at * 5;
  return `${x(age)},${(90 - 55 * Math.exp(-0.5 * ((age - MEAN) / DEVIATION) ** 2)).toFixed(1)}`;
}).join(" ");
const ticks = Array.from({ length: 11 }, (_, minute) => {
  return `<text x="${x(minute * 60)}" y="246" text-anchor="middle" fill="#59636e">${minute}</text>`;
}).join("");

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 790 272" width="790" height="272" role="img" aria-labelledby="title" font-family="system-ui, sans-serif" font-size="13" fill="#1f2328">
  <title id="title">Polls of one cluster creation: learned schedule against a fixed interval</title>
  <rect width="790" height="272" fill="#ffffff"/>
  <text x="${MARGIN}" y="24">When cluster creations of the past ended (450 s ± 60 s)</text>
  <polygon points="${x(0)},90 ${hill} ${x(600)},90" fill="#ddf4ff" stroke="#0969da"/>
  <line x1="${x(JOB_END)}" y1="30" x2="${x(JOB_END)}" y2="230" stroke="#d1242f" stroke-dasharray="4 3"/>
  <text x="${x(JOB_END + 5)}" y="42" fill="#d1242f">this job ends</text>
  ${row("Learned from 200 jobs", 140, "#0969da", product)}
  ${row("Every 20 s after 150 s", 205, "#9a6700", () => fixed)}
  ${ticks}
  <text x="${x(300)}" y="264" text-anchor="middle" fill="#59636e">minutes since the job was created</text>
</svg>
`;
mkdirSync("docs", { recursive: true });
writeFileSync("docs/polls.svg", svg);
