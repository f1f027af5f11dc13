import { isSameName } from './name';
import type { Message, Question, ResourceRecord } from './types';

/**
 * `message` as an answer to `question`: wherever an owner equals the question's name, it gets the question's spelling.
 * Clients may compare octets (RFC 4343 §4.1), and the case in a query upstream or in a cache differs from the client's.
 */
export function spelledAs({ name: asked, type, class: klass }: Question, message: Message): Message {
  // Names in records have no final dot.
  const name = asked.length > 1 ? asked.replace(/(?<!\\)\.$/, '') : asked;
  const spelled = (records: readonly ResourceRecord[]) =>
    records.some((r) => r.name !== name && isSameName(r.name, name))
      ? records.map((r) => (isSameName(r.name, name) ? { ...r, name } : r))
      : records;
  const { answers, authorities } = message;
  const question = { name, type, class: klass };
  return { ...message, question, answers: spelled(answers), authorities: spelled(authorities) };
}
