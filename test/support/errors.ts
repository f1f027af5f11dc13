/** The code of what was thrown or emitted, as Node.js gives it to errors. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;
