// What the counterparts' modules share.
import {webcrypto} from 'node:crypto';

// Debian 12 has node 18, where this is no global yet. A counterpart uses it.
globalThis.crypto ??= webcrypto;

/** Refused is thrown when a counterpart says no. */
export class Refused extends Error {}

/** attempt runs a step of a counterpart's own, whose error is its refusal. */
export async function attempt(step) {
  try {
    return await step();
  } catch(e) {
    const all = [e, e.cause, ...[e.errors ?? []].flat()].filter(Boolean);
    throw new Refused(all.map(e => e.message ?? String(e)).join(': '));
  }
}

// Octets are base64 on the line.
export const octets = text => new Uint8Array(Buffer.from(text ?? '', 'base64'));
export const text = octets => Buffer.from(octets).toString('base64');
