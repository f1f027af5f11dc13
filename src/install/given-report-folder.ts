import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/** The key under which worker threads learn the folder, whatever their environment is. */
const FOR_WORKERS = 'v6only: the folder of the reports';

/**
 * The folder in which this process or thread reports to the command that runs it: the value of V6ONLY_REPORT_FOLDER.
 * Undefined if no command asks for reports.
 */
export function givenReportFolder(): string | undefined {
  const given = isMainThread ? variable() : getEnvironmentData(FOR_WORKERS);
  if (typeof given !== 'string' || given === '') return undefined;
  if (isMainThread) setEnvironmentData(FOR_WORKERS, given);
  return given;
}

/** Other code may have replaced the environment by anything. */
function variable(): string | undefined {
  try {
    return process.env.V6ONLY_REPORT_FOLDER;
  } catch {
    return undefined;
  }
}
