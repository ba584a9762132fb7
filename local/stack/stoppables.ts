export interface Stoppable {
  stop(): void | Promise<void>;
}

/** Parts that were started one after the other, to be stopped in the opposite order. */
export class Stoppables {
  readonly #parts: Stoppable[] = [];

  add<Part extends Stoppable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /** Stops all of them, whatever becomes of any; throws the first error after that. */
  async stop(): Promise<void> {
    const errors: unknown[] = [];
    for (const part of this.#parts.splice(0).reverse()) {
      try {
        await part.stop();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
