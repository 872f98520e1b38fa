// @openid4vc/openid4vci as a wallet, called by oid4vcts_test.go.
import {Openid4vciClient} from '@openid4vc/openid4vci';
import {clientAuthenticationNone, setGlobalConfig} from '@openid4vc/oauth2';
import {attempt} from './step.mjs';
import {callbacksWith, newKey, withoutNotification} from './oid4vc-ts.mjs';

setGlobalConfig({allowInsecureUrls: true}); // http on loopback

/**
 * accept redeems an offer for one credential a key. clientId and redirectUri
 * are for an offer by authorization code; dpop binds the tokens to a key;
 * notify tells the issuer in the end; metadata signed below an authority is
 * asked for where there is one; mend gets around a bug; wrongNonce proves for another nonce,
 * and wrongVerifier redeems a code with another one.
 */
export async function accept({offer, configuration, txCode, keys: count = 1, clientId, redirectUri, dpop: bound, notify, authority, mend, wrongNonce, wrongVerifier}) {
  const keys = await Promise.all(Array.from({length: count}, newKey));
  const dpopKey = await newKey();
  let dpop = bound && {signer: {method: 'jwk', alg: 'ES256', publicJwk: dpopKey.publicJwk}};
  const callbacks = callbacksWith([...keys, dpopKey], authority);
  if(mend) {
    callbacks.fetch = withoutNotification;
  }
  if(authority) {
    callbacks.fetch = (url, init) => fetch(url, url.includes('/.well-known/') ? {headers: {Accept: 'application/jwt, application/json;q=0.9'}, ...init} : init);
  }
  if(clientId) {
    callbacks.clientAuthentication = clientAuthenticationNone({clientId});
  }
  const client = new Openid4vciClient({callbacks});
  return attempt(async () => {
    const credentialOffer = await client.resolveCredentialOffer(offer);
    const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
    const common = {credentialOffer, issuerMetadata, dpop};
    let got;
    if(clientId) {
      const {authorizationRequestUrl, pkce} = await client.initiateAuthorization({...common, clientId, redirectUri, scope: configuration});
      const callback = await browse(authorizationRequestUrl);
      const {code} = client.parseAndVerifyAuthorizationResponseRedirectUrl({url: callback, authorizationServerMetadata: issuerMetadata.authorizationServers[0]});
      got = await client.retrieveAuthorizationCodeAccessTokenFromOffer({
        ...common, authorizationCode: code, pkceCodeVerifier: wrongVerifier ?? pkce.codeVerifier, redirectUri,
      });
    } else {
      got = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({...common, txCode});
    }
    dpop = got.dpop;
    const accessToken = got.accessTokenResponse.access_token;
    const {c_nonce: nonce} = await client.requestNonce({issuerMetadata});
    const proofs = await Promise.all(keys.map(key => client.createCredentialRequestJwtProof({
      issuerMetadata, credentialConfigurationId: configuration, nonce: wrongNonce ?? nonce,
      signer: {method: 'jwk', alg: 'ES256', publicJwk: key.publicJwk},
    })));
    let answer = await client.retrieveCredentials({
      issuerMetadata, credentialConfigurationId: configuration, accessToken, dpop, proofs: {jwt: proofs.map(p => p.jwt)},
    });
    const deferred = answer.credentialResponse.transaction_id;
    if(deferred) {
      answer = await client.retrieveDeferredCredentials({issuerMetadata, accessToken, dpop: dpop && {...dpop, ...answer.dpop}, transactionId: deferred});
    }
    const {credentials, notification_id: notificationId} = answer.credentialResponse ?? answer.deferredCredentialResponse;
    if(notify) {
      await client.sendNotification({issuerMetadata, accessToken, dpop: dpop && {...dpop, ...answer.dpop}, notification: {notificationId, event: 'credential_accepted'}});
    }
    return {
      credentials: credentials.map(c => c.credential), keys: keys.map(k => k.publicJwk),
      deferred: Boolean(deferred), tokenType: got.accessTokenResponse.token_type, signedMetadata: Boolean(issuerMetadata.signedCredentialIssuer),
    };
  });
}

/** browse is the person's browser, which goes as far as the wallet's redirect URI. */
async function browse(url) {
  const response = await fetch(url, {redirect: 'manual'});
  if(response.status !== 303) {
    throw new Error(`the browser got ${response.status}: ${await response.text()}`);
  }
  return response.headers.get('Location');
}
