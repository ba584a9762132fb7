export interface Stoppable {
  stop(): void | Promise<void>;
}

/** The started parts of a program. They are stopped in the opposite order of their start. */
export class Stoppables {
  readonly #parts: Stoppable[] = [];

  add<Part extends Stoppable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /**
   * Stops all parts, even when some of them throw.
   * @throws the first of their errors.
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
