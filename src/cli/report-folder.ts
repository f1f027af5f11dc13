import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { namedReportFolder, nameReportFolder } from '../install/report-file';
import { usage } from './arguments';

/**
 * Makes a folder for what the processes of a program report, and removes it when `use` has ended. `use` gets its name
 * (see `nameReportFolder`).
 * @throws V6OnlyError V6ONLY_USAGE if there can be none
 */
export async function withReportFolder<T>(use: (given: string) => Promise<T>): Promise<T> {
  const given = nameReportFolder(makeReportFolder());
  try {
    return await use(given);
  } finally {
    try {
      const folder = namedReportFolder(given);
      if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // The program can write to this folder too. What it left there is no fault of its run.
    }
  }
}

/** Why a process that has loaded the hook has no report, as far as it is known. */
export function whyNoReport(given: string): string {
  const what = 'it wrote no report';
  try {
    const folder = namedReportFolder(given);
    if (folder !== undefined && fs.statfsSync(folder).bavail === 0) return `${what}: the disk of ${folder} is full`;
  } catch {
    // Not known either.
  }
  return what;
}

function makeReportFolder(): string {
  try {
    return fs.mkdtempSync(path.resolve(os.tmpdir(), 'v6only-run-'));
  } catch (error) {
    throw usage(
      `no folder for the reports of the program can be made in ${os.tmpdir()}: ${(error as Error).message}`,
      'Set TMPDIR to a folder that can be written',
    );
  }
}
