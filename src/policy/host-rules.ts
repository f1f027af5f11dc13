import { Candidates, haveSameConditions, isUnconditional } from './candidates';
import { compileGlob, MAX_NAME_LENGTH, normalizeHost, suffixOf } from './host-names';
import type { Rule } from './rule';

/** Names remembered with the rules that match them. A full cache starts anew. */
const CACHE_SIZE = 1024;

const NO_CANDIDATES = new Candidates([]);

type Indexed = readonly [index: number, rule: Rule];

/** The rules by host name. Names and `*.suffix` are looked up in a map; only other globs are tried one by one. */
export class HostRules {
  readonly #exact = new Map<string, Indexed[]>();
  readonly #suffixes = new Map<string, Indexed[]>();
  readonly #globs: { readonly entry: Indexed; readonly matches: (host: string) => boolean }[] = [];
  readonly #sameGlob = new Map<string, Indexed[]>();
  readonly #cache = new Map<string, Candidates>();

  constructor(rules: readonly Rule[]) {
    for (const entry of rules.entries()) {
      const { matcher } = entry[1];
      if (matcher.kind === 'host') add(this.#exact, matcher.host, entry);
      if (matcher.kind !== 'glob') continue;
      add(this.#sameGlob, matcher.glob, entry);
      const suffix = suffixOf(matcher.glob);
      if (suffix !== undefined) add(this.#suffixes, suffix, entry);
      else {
        let compiled: ((host: string) => boolean) | undefined;
        const matches = (host: string) => {
          compiled ??= compileGlob(matcher.glob);
          return compiled(host);
        };
        this.#globs.push({ entry, matches });
      }
    }
  }

  get isEmpty(): boolean {
    return this.#exact.size + this.#suffixes.size + this.#globs.length === 0;
  }

  /** The rules that match a name, in order: none where it is too long to be one. */
  candidates(host: string): Candidates {
    let found = this.#cache.get(host);
    if (found === undefined) {
      const name = normalizeHost(host);
      if (name.length > MAX_NAME_LENGTH) return NO_CANDIDATES;
      found = this.#find(name);
      if (this.#cache.size >= CACHE_SIZE) this.#cache.clear();
      this.#cache.set(host, found);
    }
    return found;
  }

  /** Whether earlier rules match every name, port and protocol that this one would. */
  isShadowed(rule: Rule): boolean {
    const { matcher } = rule;
    if (matcher.kind === 'host') return !this.candidates(matcher.host).winners().has(rule);
    if (matcher.kind !== 'glob') return false;
    // Whether one glob covers another is decided only where it is plain: the same text, `*`, or a shorter suffix.
    const wider = [...(this.#sameGlob.get(matcher.glob) ?? []), ...(this.#sameGlob.get('*') ?? [])];
    for (let dot = matcher.glob.indexOf('.', 1); dot >= 0; dot = matcher.glob.indexOf('.', dot + 1)) {
      wider.push(...(this.#suffixes.get(matcher.glob.slice(dot)) ?? []));
    }
    const own = wider.find(([, other]) => other === rule)?.[0] ?? 0;
    return wider.some(
      ([index, earlier]) => index < own && (isUnconditional(earlier) || haveSameConditions(earlier, rule)),
    );
  }

  #find(host: string): Candidates {
    const found = [...(this.#exact.get(host) ?? [])];
    for (let dot = host.indexOf('.', 1); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      found.push(...(this.#suffixes.get(host.slice(dot)) ?? []));
    }
    for (const { entry, matches } of this.#globs) if (matches(host)) found.push(entry);
    return new Candidates(found.sort(([a], [b]) => a - b).map(([, rule]) => rule));
  }
}

function add(map: Map<string, Indexed[]>, key: string, entry: Indexed): void {
  const list = map.get(key);
  if (list) list.push(entry);
  else map.set(key, [entry]);
}
