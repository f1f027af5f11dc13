// STAND-IN until the translator and the kernel's questions answer these: then this file goes.
import os from 'node:os';
import { monotonicMs } from '../../address/clock';
import type { Decision } from '../../address/decision';
import { MAPPED } from '../../address/mapped';
import type { HookContext } from '../context';
import { isMulticast } from './groups';

const { networkInterfaces } = os;
let answer: { has: boolean; untilMs: number } | undefined;

export function hasIPv4Sockets(_context: HookContext): boolean {
  const now = monotonicMs();
  if (answer === undefined || answer.untilMs <= now) {
    const has = Object.values(networkInterfaces()).some((list) => list?.some((a) => a.family === 'IPv4'));
    answer = { has, untilMs: now + 1000 };
  }
  return answer.has;
}

export function opensToIPv6({ translator }: HookContext): boolean {
  return !translator.leavesIPv4Alone;
}

export function localUdp(context: HookContext, address: string): Decision {
  const { policy, translator } = context;
  const any = address === '0.0.0.0';
  if ((any || isMulticast(address)) && policy.mode === 'auto' && hasIPv4Sockets(context)) {
    return { kind: 'direct', step: any ? 'any' : 'multicast', address: MAPPED + address, why: 'the host has IPv4' };
  }
  if (any) return { kind: 'translate', step: 'any', address: '::', why: 'the host has no IPv4' };
  return translator.local(address);
}
