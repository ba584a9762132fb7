import { BUCKETS, bucketStartSeconds } from "./durations.ts";

/** Ages lie one second apart at first, then 1/400 of the age: finer would cost time and gain nothing. */
const FINENESS = 400;

/** The ages at which polls are planned, from 0 to the longest that is told apart from longer ones. */
export const GRID: Float64Array = agesUntil(bucketStartSeconds(BUCKETS));

function agesUntil(end: number): Float64Array {
  const ages: number[] = [];
  for (let age = 0; age < end; age += Math.max(1, age / FINENESS)) ages.push(age);
  return Float64Array.from([...ages, end]);
}
