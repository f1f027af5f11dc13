import { isSameName } from './name';
import type { Message, Question, ResourceRecord } from './types';

/**
 * `message` as an answer to `question`, its name written as in the question wherever it is an owner: clients may compare
 * octets (RFC 4343 §4.1), and the case that was sent, or is in a cache, is not the asker's.
 */
export function spelledAs({ name: asked, type, class: klass }: Question, message: Message): Message {
  // Records are written without the dot at the end.
  const name = asked.length > 1 ? asked.replace(/(?<!\\)\.$/, '') : asked;
  const spelled = (records: readonly ResourceRecord[]) =>
    records.some((r) => r.name !== name && isSameName(r.name, name))
      ? records.map((r) => (isSameName(r.name, name) ? { ...r, name } : r))
      : records;
  const { answers, authorities } = message;
  const question = { name, type, class: klass };
  return { ...message, question, answers: spelled(answers), authorities: spelled(authorities) };
}
