// @openid4vc/openid4vci as a wallet, called by oid4vcts_test.go.
import {attempt} from './step.mjs';
import {callbacksWith, newKey} from './oid4vc-ts.mjs';
import {Openid4vciClient} from '@openid4vc/openid4vci';
import {setGlobalConfig} from '@openid4vc/oauth2';

setGlobalConfig({allowInsecureUrls: true}); // http on loopback

/** accept redeems an offer for one credential a key; wrongNonce proves the keys for another nonce. */
export async function accept({offer, configuration, txCode, keys: count = 1, wrongNonce}) {
  const keys = await Promise.all(Array.from({length: count}, newKey));
  const client = new Openid4vciClient({callbacks: callbacksWith(...keys)});
  return attempt(async () => {
    const credentialOffer = await client.resolveCredentialOffer(offer);
    const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
    const {accessTokenResponse: token} = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({credentialOffer, issuerMetadata, txCode});
    const {c_nonce: nonce} = await client.requestNonce({issuerMetadata});
    const proofs = await Promise.all(keys.map(key => client.createCredentialRequestJwtProof({
      issuerMetadata, credentialConfigurationId: configuration, nonce: wrongNonce ?? nonce,
      signer: {method: 'jwk', alg: 'ES256', publicJwk: key.publicJwk},
    })));
    const {credentialResponse} = await client.retrieveCredentials({
      issuerMetadata, credentialConfigurationId: configuration,
      accessToken: token.access_token, proofs: {jwt: proofs.map(p => p.jwt)},
    });
    return {
      credentials: credentialResponse.credentials.map(c => c.credential),
      keys: keys.map(k => k.publicJwk), notification: credentialResponse.notification_id ?? null,
    };
  });
}
