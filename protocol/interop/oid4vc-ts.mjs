// The callbacks that @openid4vc/* asks of whoever uses it: hashes and
// signatures are node's and jose's.
import * as jose from 'jose';
import {createHash, randomBytes} from 'node:crypto';
import {clientAuthenticationAnonymous} from '@openid4vc/oauth2';

/** newKey makes an ES256 key: {publicJwk, privateJwk}. */
export async function newKey() {
  const {publicKey, privateKey} = await jose.generateKeyPair('ES256', {extractable: true});
  return {publicJwk: await jose.exportJWK(publicKey), privateJwk: await jose.exportJWK(privateKey)};
}

/** callbacksWith signs with the keys that were made with newKey. */
export function callbacksWith(...keys) {
  const find = async ({kty, crv, x, y}) => keys.find(k => k.publicJwk.x === x && k.publicJwk.y === y && k.publicJwk.crv === crv && k.publicJwk.kty === kty);
  return {
    hash: (data, algorithm) => new Uint8Array(createHash(algorithm.replace('-', '')).update(data).digest()),
    generateRandom: length => new Uint8Array(randomBytes(length)),
    clientAuthentication: clientAuthenticationAnonymous(),
    async signJwt(signer, {header, payload}) {
      const key = await find(signer.publicJwk);
      const signed = await new jose.SignJWT(payload).setProtectedHeader({...header, alg: signer.alg}).sign(await jose.importJWK(key.privateJwk, signer.alg));
      return {jwt: signed, signerJwk: key.publicJwk};
    },
    async verifyJwt(signer, {compact}) {
      try {
        await jose.compactVerify(compact, await jose.importJWK(signer.publicJwk, signer.alg));
        return {verified: true, signerJwk: signer.publicJwk};
      } catch {
        return {verified: false};
      }
    },
    async encryptJwe({publicJwk, alg, enc, apu, apv}, text) {
      const jwe = new jose.CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader({alg, enc, kid: publicJwk.kid});
      if(apu || apv) {
        jwe.setKeyManagementParameters({apu: apu && jose.base64url.decode(apu), apv: apv && jose.base64url.decode(apv)});
      }
      return {jwe: await jwe.encrypt(await jose.importJWK(publicJwk, alg)), encryptionJwk: publicJwk};
    },
    async decryptJwe(jwe, {jwk} = {}) {
      const {kid, epk} = jose.decodeProtectedHeader(jwe);
      const key = jwk ?? keys.find(k => k.publicJwk.kid === kid || k.publicJwk.crv === epk?.crv);
      const {plaintext} = await jose.compactDecrypt(jwe, await jose.importJWK(key.privateJwk, 'ECDH-ES'));
      return {decrypted: true, decryptionJwk: key.publicJwk, payload: new TextDecoder().decode(plaintext)};
    },
  };
}
