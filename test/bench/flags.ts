/** Node's flags, as the command line is started (src/cli/stead.mjs). */
export const FLAGS = ['--max-semi-space-size=8', '--min-semi-space-size=8'];
