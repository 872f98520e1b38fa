// The callbacks that @openid4vc/* asks of whoever uses it: hashes and
// signatures are node's and jose's.
import * as jose from 'jose';
import {createHash, randomBytes, X509Certificate} from 'node:crypto';
import {clientAuthenticationAnonymous} from '@openid4vc/oauth2';

/** newKey makes an ES256 key: {publicJwk, privateJwk}. */
export async function newKey() {
  const {publicKey, privateKey} = await jose.generateKeyPair('ES256', {extractable: true});
  return {publicJwk: await jose.exportJWK(publicKey), privateJwk: await jose.exportJWK(privateKey)};
}

/** certified gives the key of a certificate that this authority issued. */
function certified(der, authority) {
  const certificate = new X509Certificate(Buffer.from(der, 'base64'));
  if(!authority || !certificate.verify(new X509Certificate(authority).publicKey)) {
    throw new Error('the certificate is of no authority that is trusted');
  }
  return certificate.publicKey;
}

/** callbacksWith signs with keys that were made with newKey, and trusts an authority, PEM. */
export function callbacksWith(keys, authority) {
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
        const key = signer.method === 'x5c' ? certified(signer.x5c[0], authority) : await jose.importJWK(signer.publicJwk, signer.alg);
        await jose.compactVerify(compact, key);
        return {verified: true, signerJwk: await jose.exportJWK(key)};
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

/**
 * withoutNotification fetches, and takes notification_id out of deferred
 * responses: zDeferredCredentialResponse refuses it beside credentials, where
 * OpenID4VCI 1.0 section 9.2 has it.
 */
export async function withoutNotification(url, init) {
  const response = await fetch(url, init);
  if(!url.endsWith('/deferred_credential') || !response.ok) {
    return response;
  }
  const {notification_id: _, ...rest} = await response.json();
  return new Response(JSON.stringify(rest), {status: response.status, headers: response.headers});
}
