export interface Stoppable {
  stop(): void | Promise<void>;
}

/** Collects the running parts of a program, such as servers, and stops the last added part first. */
export class Stoppables {
  readonly #parts: Stoppable[] = [];

  add<Part extends Stoppable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /**
   * Stops all collected parts, even if one of them throws an error.
   * @throws the first error of a part.
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
