// @digitalbazaar/bbs-2023-cryptosuite with @digitalbazaar/vc, called by
// bbs2023_test.go. The keys of did:key URLs are read by @digitalbazaar/did-method-key.
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import * as didKey from '@digitalbazaar/did-method-key';
import * as suite2023 from '@digitalbazaar/bbs-2023-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import {attempt, octets, text} from './step.mjs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';

const algorithm = Bls12381Multikey.ALGORITHMS.BBS_BLS12381_SHA256;
const resolver = didKey.driver();
resolver.use({multibaseMultikeyHeader: 'zUC7', fromMultibase: Bls12381Multikey.from});

const contexts = new Map();
let key;

/** begin takes the contexts that are not a standard's, and makes an issuer's key. */
export async function begin(input) {
  for(const [url, context] of Object.entries(input.contexts)) {
    contexts.set(url, context);
  }
  key = await Bls12381Multikey.generateBbsKeyPair({algorithm});
  const {didDocument} = await resolver.fromKeyPair({verificationKeyPair: key});
  key.controller = didDocument.id;
  key.id = didDocument.assertionMethod[0];
  return {issuer: key.controller, verificationMethod: key.id, publicKey: text((await key.export({raw: true})).publicKey)};
}

/** loader resolves did:key and knows contexts; swap gives a key under another's name. */
const loader = swap => async url => {
  if(contexts.has(url)) {
    return {documentUrl: url, document: contexts.get(url)};
  }
  if(url.startsWith('did:key:')) {
    const document = await resolver.get({url});
    if(swap && url.includes('#')) {
      document.publicKeyMultibase = swap;
    }
    return {documentUrl: url, document};
  }
  return vc.defaultDocumentLoader(url);
};

export async function issue({credential, mandatory}) {
  const suite = new DataIntegrityProof({
    signer: key.signer(),
    cryptosuite: suite2023.createSignCryptosuite({mandatoryPointers: mandatory}),
  });
  return attempt(() => vc.issue({credential, suite, documentLoader: loader()}));
}

export async function derive({credential, selective, presentationHeader}) {
  const suite = new DataIntegrityProof({
    cryptosuite: suite2023.createDiscloseCryptosuite({
      selectivePointers: selective, presentationHeader: octets(presentationHeader),
    }),
  });
  return attempt(() => vc.derive({verifiableCredential: credential, suite, documentLoader: loader()}));
}

export async function verify({credential, presentationHeader, swap}) {
  const suite = new DataIntegrityProof({
    cryptosuite: suite2023.createVerifyCryptosuite({expectedPresentationHeader: octets(presentationHeader)}),
  });
  const result = await attempt(() => vc.verifyCredential({credential, suite, documentLoader: loader(swap)}));
  if(result.verified !== true) {
    await attempt(() => {throw result.error;});
  }
}
