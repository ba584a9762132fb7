import type { StatusDocument } from "../lib/api/status-document.ts";
import { formatDuration } from "../lib/domain/time-text.ts";
import type { Screen } from "./screen.ts";
import { formatStatusLine, jobName, listStateFacts, MARKS } from "./status-text.ts";
import { columnsOf, countColumns, type Output, rowsOf } from "./terminal.ts";

/** If the command has printed nothing for this number of milliseconds, the log gets its first line. */
const FIRST_LINE_MS = 1_500;
/**
 * In a log, the longest time between two lines about the same running job. The time between two log lines can be one
 * second longer, because a timer runs once per second.
 */
const LOG_INTERVAL_MS = 25_000;
/** If more than five jobs are running, one log line shows the progress of all jobs. */
const MAX_LOGGED_JOBS = 5;
const INDENT = "  ";

interface ShownJob {
  readonly status: StatusDocument;
  readonly receivedAt: number;
  /**
   * A text about the job without times, such as its state and its running subjobs. Each change of this text adds a line
   * to the log.
   */
  readonly facts: string;
  printedAt: number;
}

/**
 * Shows the progress of running jobs while the command waits. On a terminal, each running job has one line, which the
 * program overwrites. In a log, each change of a job adds a line. If a job does not change, the log gets a line about
 * the job every 25 seconds. To show the progress, the caller must call `tick` every second.
 */
export class WaitProgress {
  readonly #screen: Screen;
  /** The terminal that shows the progress, or null if the output is a log. */
  readonly #terminal: Output | null;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #jobs = new Map<string, ShownJob>();
  #endedJobs = 0;
  /**
   * The text that is shown until the first job status arrives, such as `submitting 1 job`. After the first job status,
   * `#activity` is null.
   */
  #activity: string | null;
  #printedAt: number | null = null;

  /**
   * @param activity the text that is shown before the first status of a job, such as `submitting 1 job`
   * @param now returns the time in milliseconds since 1970, from a clock that is never set back
   */
  constructor(screen: Screen, terminal: Output | null, now: () => number, activity: string) {
    this.#screen = screen;
    this.#terminal = terminal;
    this.#now = now;
    this.#startedAt = now();
    this.#activity = activity;
  }

  /** Prints lines that stay on the screen, above the live lines. */
  print(lines: readonly string[]): void {
    this.#screen.print(lines);
    this.#printedAt = this.#now();
  }

  /** Sets the text that is shown while no job is running, such as `submitting 1 job`. */
  setActivity(activity: string): void {
    this.#activity = activity;
    this.#printedAt = this.#now();
    this.#redraw();
  }

  onStatus(status: StatusDocument): void {
    const name = jobName(status);
    const known = this.#jobs.get(name);
    const now = this.#now();
    this.#activity = null;
    if (status.done) {
      this.#jobs.delete(name);
      this.#endedJobs += 1;
      this.#redraw();
      this.print([formatStatusLine(status)]);
    } else {
      // The expected times change with every poll, so `facts` does not contain them. Otherwise each poll would add a
      // line to the log.
      const facts = listStateFacts({ ...status, expected: undefined }, null).join(", ");
      const shown = { status, receivedAt: now, facts, printedAt: known?.printedAt ?? 0 };
      this.#jobs.set(name, shown);
      if (facts !== known?.facts && this.#terminal === null) this.#log(shown);
      this.#redraw();
    }
  }

  /** Stops showing the progress of a job whose status the command no longer reads. */
  remove(name: string): void {
    this.#jobs.delete(name);
    this.#redraw();
  }

  tick(): void {
    const now = this.#now();
    if (this.#terminal !== null) {
      if (this.#printedAt !== null || now - this.#startedAt >= FIRST_LINE_MS) this.#redraw();
      return;
    }
    const isDue = (at: number) => now - at >= LOG_INTERVAL_MS;
    const jobs = [...this.#jobs.values()];
    if (jobs.length === 0 && this.#activity === null) return;
    if (jobs.length > 0 && jobs.length <= MAX_LOGGED_JOBS)
      for (const job of jobs.filter(({ printedAt }) => isDue(printedAt))) this.#log(job);
    else if (this.#printedAt === null ? now - this.#startedAt >= FIRST_LINE_MS : isDue(this.#printedAt))
      this.print([this.#summary()]);
  }

  /** Removes the live lines. */
  end(): void {
    this.#jobs.clear();
    this.#screen.update([]);
  }

  #log(job: ShownJob): void {
    job.printedAt = this.#now();
    this.print([formatStatusLine(this.#countDown(job), this.#ageOf(job))]);
  }

  #summary(): string {
    const elapsed = `${formatDuration(this.#now() - this.#startedAt)} elapsed`;
    const running = this.#jobs.size;
    if (running === 0) return `… ${this.#activity}, ${elapsed}`;
    return `… ${this.#endedJobs} of ${this.#endedJobs + running} jobs ended, ${elapsed}`;
  }

  #ageOf({ status: { createdAt, acceptedAt } }: ShownJob): number {
    return Math.max(0, this.#now() - Date.parse(createdAt ?? acceptedAt));
  }

  /**
   * Returns the job's status with the remaining time of this moment. The response contains the remaining time at
   * `receivedAt`.
   */
  #countDown({ status, receivedAt }: ShownJob): StatusDocument {
    const { expected } = status;
    if (!expected || expected.remainingSeconds === null) return status;
    const seconds = Math.max(0, expected.remainingSeconds - (this.#now() - receivedAt) / 1000);
    return { ...status, expected: { ...expected, remainingSeconds: seconds } };
  }

  #redraw(): void {
    if (this.#terminal === null) return;
    const width = columnsOf(this.#terminal);
    const jobs = [...this.#jobs.values()];
    const blocks = jobs.map((job) => this.#block(job, width));
    const available = rowsOf(this.#terminal) - 2;
    const lines = blocks.flat();
    if (jobs.length === 0) this.#screen.update(this.#activity === null ? [] : [this.#summary()]);
    else if (lines.length <= available) this.#screen.update(lines);
    else {
      const heads = blocks.slice(0, available - 1).map(([head = ""]) => head);
      const more = jobs.length - heads.length;
      this.#screen.update([...heads, more > 0 ? `… and ${more} more jobs` : this.#summary()]);
    }
  }

  /** Each line contains as many facts as fit into the width of the terminal. */
  #block(job: ShownJob, width: number): readonly string[] {
    const status = this.#countDown(job);
    const { type, resourceName, state } = status;
    const [phase = "", ...facts] = listStateFacts(status, this.#ageOf(job));
    const about = [type, resourceName].filter(Boolean).join(" ");
    const lines = [`${MARKS[state]} ${about === "" ? phase : `${about}: ${phase}`}`];
    for (const fact of [jobName(status), ...facts]) {
      const line = `${lines.at(-1)}, ${fact}`;
      if (countColumns(line) <= width) lines[lines.length - 1] = line;
      else lines.push(INDENT + fact);
    }
    return lines;
  }
}
