import fc from "fast-check";

/**
 * The seed of all property tests. With a fixed seed, each run of the tests tries the same values, so a failure can be
 * reproduced. The environment variable PROPERTY_SEED sets another seed.
 */
const seed = Number(process.env.PROPERTY_SEED ?? 1);

fc.configureGlobal({ seed });

/** The code points of halves of surrogate pairs. */
const [FIRST_SURROGATE, SURROGATES, LAST_CODE_POINT] = [0xd800, 0x800, 0x10ffff];

/**
 * Generates one character of any code point, like the fast-check option `unit: "binary"`. That option is not used,
 * because fast-check would first create a table of 1.1 million characters, which takes a second.
 */
export const anyCharacter = fc.integer({ min: 0, max: LAST_CODE_POINT - SURROGATES }).map(
  (index) => String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES),
  (character) => {
    const point = typeof character === "string" ? character.codePointAt(0) : undefined;
    if (point === undefined || String.fromCodePoint(point) !== character || !character.isWellFormed())
      throw new Error("The value is not a character.");
    return point < FIRST_SURROGATE ? point : point - SURROGATES;
  },
);

export default fc;
