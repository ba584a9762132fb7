/**
 * The flag of Node.js for a first size of 32 MB of the young generation, which is the part of the heap for new objects.
 * The default is 1 MB. With 32 MB, a program that creates many objects collects garbage less often, and needs 5 to 20 %
 * less CPU time. The npm scripts `unit`, `simulate` and `explore` have the same flag.
 */
export const LARGE_YOUNG_GENERATION = "--min-semi-space-size=32";
