/**
 * - `ok`: no problem
 * - `note`: information; no action is needed
 * - `fault`: something will not work; `advice` says what to do
 * - `skipped`: not checked because of another fault
 */
export type FindingStatus = 'ok' | 'note' | 'fault' | 'skipped';

/** The result of one check. */
export interface Finding {
  /** Stable, for scripts: `no-prefix`, `nat64-down`, … */
  readonly id: string;
  readonly title: string;
  readonly status: FindingStatus;
  readonly detail: string;
  /** What the user can do. */
  readonly advice?: string;
}

export const ok = (id: string, title: string, detail: string): Finding => ({ id, title, status: 'ok', detail });
export const note = (id: string, title: string, detail: string, advice?: string): Finding => ({
  id,
  title,
  status: 'note',
  detail,
  ...(advice !== undefined && { advice }),
});
export const fault = (id: string, title: string, detail: string, advice: string): Finding => ({
  id,
  title,
  status: 'fault',
  detail,
  advice,
});
export const skipped = (id: string, title: string, detail: string): Finding => ({
  id,
  title,
  status: 'skipped',
  detail,
});
