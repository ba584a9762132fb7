import fc from "fast-check";

/**
 * The seed of all property tests. With the same seed, each run of the suite tries the same values, so that a failure
 * comes back when it is looked for. `PROPERTY_SEED=N` tries other values.
 */
const seed = Number(process.env.PROPERTY_SEED ?? 1);

fc.configureGlobal({ seed });

export default fc;
