// What the code in the bundles uses of the language's own library, by the names that runtime.cjs has for it.
import { readFileSync } from 'node:fs';
import { at } from '../generated.mjs';
import { capital, OWNERS } from './rules.mjs';

export class Taken {
  /** Name → the expression that it is taken by. */
  readonly #by = new Map<string, string>();
  readonly #dynamic = new Set<string>();

  /** A global. */
  global(name: string): string {
    return this.#use(name, name);
  }

  /** A method of a prototype, as a function that takes its `this` first. */
  method(owner: string, name: string): string {
    return this.#use(`${owner}Prototype${capital(name)}`, `uncurry(${owner}.prototype.${name})`);
  }

  /** An accessor of a prototype, as a function too. */
  accessor(owner: string, name: string): string {
    return this.#use(`${owner}PrototypeGet${capital(name)}`, `accessor(${owner}, '${name}')`);
  }

  /** A function of a global, such as `Object.keys`. */
  static(owner: string, name: string): string {
    const bound = ['Array', 'Buffer', 'Promise'].includes(owner) || OWNERS.get(owner) === 'TypedArray';
    return this.#use(`${owner}${capital(name)}`, bound ? `${owner}.${name}.bind(${owner})` : `${owner}.${name}`);
  }

  /** A method that is called on what has no type. */
  dynamic(name: string): void {
    this.#dynamic.add(name);
  }

  #use(name: string, by: string): string {
    this.#by.set(name, by);
    return `__b.${name}`;
  }

  /** The file that the bundles require. */
  runtime(): string {
    const dynamic = [...this.#dynamic].sort().map((name) => `'${name}'`);
    const taken = [...this.#by].sort().map(([name, by]) => (name === by ? `  ${name},` : `  ${name}: ${by},`));
    return readFileSync(at('scripts/built-ins/runtime.cjs'), 'utf8')
      .replace('/* DYNAMIC */', dynamic.join(', '))
      .replace('  /* TAKEN */', taken.join('\n'));
  }
}
