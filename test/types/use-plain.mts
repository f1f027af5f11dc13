// The types of v6only need none of Node.js: a project without "types": ["node"], and with skipLibCheck off.
import 'v6only/register';
import { enable, explain, PolicyError, type SocketEvent, type Status, status, V6OnlyError } from 'v6only';

export const enabled: Status = enable({ nat64: '64:ff9b::/96' });
export const counts = status().counters?.connects.translated;
export const kind = explain('192.0.2.1', { purpose: 'bind' }).decision.kind;
export const isOurs = (error: unknown): boolean => error instanceof V6OnlyError || error instanceof PolicyError;
export const told = ({ decision, owner }: SocketEvent): unknown => [decision.step, owner];
