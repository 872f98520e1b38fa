// @sd-jwt/sd-jwt-vc over @sd-jwt/core, called by sdjwt_test.go. Signatures and
// hashes are node's, through @sd-jwt/crypto-nodejs: the library has none.
import {digest, ES256, ES384, generateSalt} from '@sd-jwt/crypto-nodejs';
import {attempt} from './step.mjs';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const algorithms = {'P-256': ES256, 'P-384': ES384};

const common = {hasher: digest, saltGenerator: generateSalt};
const verifierOf = jwk => algorithms[jwk.crv].getVerifier(jwk);

/** generate makes a key pair: {publicKey, privateKey}, both JWKs. */
export const generate = ({crv}) => algorithms[crv].generateKeyPair();

export async function issue({payload, frame, key, kid, hashAlg}) {
  const instance = new SDJwtVcInstance({
    ...common, hashAlg,
    signer: await algorithms[key.crv].getSigner(key), signAlg: algorithms[key.crv].alg,
  });
  return attempt(() => instance.issue(payload, frame, {header: {kid}}));
}

export async function present({credential, frame, key, binding}) {
  const instance = new SDJwtVcInstance({
    ...common,
    kbSigner: await algorithms[key.crv].getSigner(key), kbSignAlg: algorithms[key.crv].alg,
  });
  return attempt(() => instance.present(credential, frame, binding && {kb: {payload: binding}}));
}

/** verify answers with the processed claims. */
export async function verify({credential, issuerKey, nonce, now}) {
  const instance = new SDJwtVcInstance({
    ...common,
    verifier: await verifierOf(issuerKey),
    kbVerifier: async (data, signature, payload) => (await verifierOf(payload.cnf.jwk))(data, signature),
  });
  return (await attempt(() => instance.verify(credential, {keyBindingNonce: nonce, currentDate: now}))).payload;
}
