import type { Report } from './report';
import type { Rule } from './rule';

/** Tells of each rule that can never match which earlier ones take all of it. */
export function reportShadowed(shadowed: readonly Rule[], rules: readonly Rule[], report: Report): void {
  for (const rule of shadowed) {
    const before = rules.slice(0, rules.indexOf(rule)).filter((earlier) => overlap(earlier, rule));
    if (rule.preset === undefined) {
      report.add(rule.pointer, `can never match, because ${names(before)} covers all of it; move it up or remove it`);
      continue;
    }
    // A rule of the user's own that overrides a preset's is how presets are meant to be used; two presets cannot both be right.
    const other = before.find((earlier) => earlier.preset !== undefined && earlier.preset !== rule.preset);
    if (other === undefined) continue;
    report.add(
      rule.pointer,
      `${rule.result.name} can never match, because ${other.result.name} comes before it; use one of them`,
    );
  }
}

function overlap({ matcher: a }: Rule, { matcher: b }: Rule): boolean {
  if (a.kind === 'range' || b.kind === 'range') {
    return a.kind === 'range' && b.kind === 'range' && a.range.first <= b.range.last && b.range.first <= a.range.last;
  }
  if (a.kind === 'host') return b.kind === 'host' && a.host === b.host;
  const { compileGlob } = require('./host-names') as typeof import('./host-names');
  return compileGlob(a.glob)(b.kind === 'host' ? b.host : b.glob) || a.glob === (b.kind === 'glob' ? b.glob : '');
}

function names(rules: readonly Rule[]): string {
  const shown = rules.slice(0, 3).map((rule) => rule.result.name);
  return `${shown.join(', ')}${rules.length > shown.length ? ` and ${rules.length - shown.length} more` : ''}`;
}
