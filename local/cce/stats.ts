/** What the simulator was asked, for tests and figures. */
export class Stats {
  queries = 0;
  tokenRequests = 0;
  connections = 0;
  readonly queriesByJob: Record<string, number> = {};
  readonly answersByStatus: Record<string, number> = {};

  queried(jobId: string): void {
    this.queries += 1;
    this.queriesByJob[jobId] = (this.queriesByJob[jobId] ?? 0) + 1;
  }

  answered(status: number): void {
    this.answersByStatus[status] = (this.answersByStatus[status] ?? 0) + 1;
  }

  connected(): void {
    this.connections += 1;
  }
}
