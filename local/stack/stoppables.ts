export interface Stoppable {
  stop(): void | Promise<void>;
}

/** The started parts of a program, such as servers. The part that was started last is stopped first. */
export class Stoppables {
  readonly #parts: Stoppable[] = [];

  add<Part extends Stoppable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /**
   * Stops all started parts of the program. If one part throws an error, the other parts are still stopped.
   * @throws the first error that a part throws.
   */
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
