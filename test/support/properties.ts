import fc from "fast-check";

/**
 * The seed of all property tests. Each run of the suite tries the same values, so that a failure can be reproduced.
 * `PROPERTY_SEED=N` tries other values.
 */
const seed = Number(process.env.PROPERTY_SEED ?? 1);

fc.configureGlobal({ seed });

/** The code points of halves of surrogate pairs. */
const [FIRST_SURROGATE, SURROGATES, LAST_CODE_POINT] = [0xd800, 0x800, 0x10ffff];

/**
 * Generates one character of any code point. The generated characters are the same as of `unit: "binary"`. This unit of
 * fast-check first creates a table of all 1.1 million characters, which takes a second.
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
