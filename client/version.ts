/** The release that this is: the version in `package.json`, which the one file that is shipped has not beside it. */
export const VERSION = "0.1.0";
