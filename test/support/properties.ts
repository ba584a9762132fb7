import fc from "fast-check";

/**
 * The seed of all property tests. Each run of the suite tries the same values, so that a failure can be reproduced.
 * `PROPERTY_SEED=N` tries other values.
 */
const seed = Number(process.env.PROPERTY_SEED ?? 1);

fc.configureGlobal({ seed });

export default fc;
