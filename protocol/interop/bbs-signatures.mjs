// @digitalbazaar/bbs-signatures, called by bbs_test.go.
import * as bbs from '@digitalbazaar/bbs-signatures';
import {attempt, octets, Refused, text} from './step.mjs';

const read = i => ({
  ciphersuite: i.suite,
  publicKey: octets(i.publicKey),
  header: octets(i.header),
  presentationHeader: octets(i.presentationHeader),
});

export async function generate({suite}) {
  const {secretKey, publicKey} = await bbs.generateKeyPair({ciphersuite: suite});
  return {secretKey: text(secretKey), publicKey: text(publicKey)};
}

export const publicKey = async i => text(await bbs.secretKeyToPublicKey({
  secretKey: octets(i.secretKey), ciphersuite: i.suite,
}));

export const sign = async i => text(await bbs.sign({
  ...read(i), secretKey: octets(i.secretKey), messages: i.messages.map(octets),
}));

export async function verify(i) {
  const held = await attempt(() => bbs.verifySignature({
    ...read(i), signature: octets(i.signature), messages: i.messages.map(octets),
  }));
  if(held !== true) {
    throw new Refused('verifySignature gave false');
  }
}

export const derive = async i => text(await bbs.deriveProof({
  ...read(i), signature: octets(i.signature), messages: i.messages.map(octets),
  disclosedMessageIndexes: i.disclosed,
}));

export async function verifyProof(i) {
  const held = await attempt(() => bbs.verifyProof({
    ...read(i), proof: octets(i.proof), disclosedMessages: i.messages.map(octets),
    disclosedMessageIndexes: i.disclosed,
  }));
  if(held !== true) {
    throw new Refused('verifyProof gave false');
  }
}
