export interface Stoppable {
  stop(): void | Promise<void>;
}

/**
 * The parts of a program that are running, such as servers. The part of the program that was started last stops first.
 */
export class Stoppables {
  readonly #parts: Stoppable[] = [];

  add<Part extends Stoppable>(part: Part): Part {
    this.#parts.push(part);
    return part;
  }

  /**
   * Stops all parts that are running. If a part throws an error when it is stopped, the remaining parts are still
   * stopped.
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
