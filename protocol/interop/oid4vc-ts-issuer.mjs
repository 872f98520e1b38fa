// @openid4vc/openid4vci and oauth2 as an issuer and its authorization server,
// called by oid4vcts_test.go. The credentials are @sd-jwt/sd-jwt-vc's.
import {callbacksWith, newKey} from './oid4vc-ts.mjs';
import {Oauth2AuthorizationServer, Oauth2ResourceServer, preAuthorizedCodeGrantIdentifier, setGlobalConfig} from '@openid4vc/oauth2';
import {Openid4vciIssuer, Openid4vciVersion} from '@openid4vc/openid4vci';
import {issue} from './sd-jwt.mjs';
import {randomUUID} from 'node:crypto';
import {serve} from './serve.mjs';

setGlobalConfig({allowInsecureUrls: true}); // http on loopback

const key = await newKey();
const callbacks = callbacksWith([key]);
const issuer = new Openid4vciIssuer({callbacks});
const server = new Oauth2AuthorizationServer({callbacks});
const guard = new Oauth2ResourceServer({callbacks});
const jwks = {keys: [{...key.publicJwk, kid: 'key-1'}]};
const signer = {method: 'jwk', alg: 'ES256', publicJwk: key.publicJwk};

let metadata, txCode, code, nonce, done;

/** begin serves an issuer of one configuration and makes an offer. */
export async function begin({configuration, vct, claims, txCode: wanted}) {
  const url = await serve(() => routes);
  [txCode, done] = [wanted ? '4711' : undefined, false];
  metadata = {
    originalDraftVersion: Openid4vciVersion.V1,
    credentialIssuer: issuer.createCredentialIssuerMetadata({
      credential_issuer: url, credential_endpoint: `${url}/credential`, nonce_endpoint: `${url}/nonce`,
      credential_configurations_supported: {[configuration]: {
        format: 'dc+sd-jwt', vct, credential_signing_alg_values_supported: ['ES256'], cryptographic_binding_methods_supported: ['jwk'],
        proof_types_supported: {jwt: {proof_signing_alg_values_supported: ['ES256']}},
      }},
    }),
    authorizationServers: [server.createAuthorizationServerMetadata({
      issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token`, grant_types_supported: [preAuthorizedCodeGrantIdentifier],
    })],
  };
  metadata.knownCredentialConfigurations = issuer.getKnownCredentialConfigurationsSupported(metadata.credentialIssuer);
  const routes = {
    'GET /.well-known/openid-credential-issuer': () => metadata.credentialIssuer,
    'GET /.well-known/oauth-authorization-server': () => metadata.authorizationServers[0],
    'GET /.well-known/jwt-vc-issuer': () => ({issuer: url, jwks}),
    'GET /jwks': () => jwks,
    'POST /token': token,
    'POST /nonce': () => issuer.createNonceResponse({cNonce: nonce = randomUUID()}),
    'POST /credential': request => credential(request, {url, vct, claims}),
  };
  const {credentialOffer, credentialOfferObject} = await issuer.createCredentialOffer({
    issuerMetadata: metadata, credentialConfigurationIds: [configuration],
    grants: {[preAuthorizedCodeGrantIdentifier]: txCode ? {tx_code: {input_mode: 'numeric', length: txCode.length}} : {}},
  });
  code = credentialOfferObject.grants[preAuthorizedCodeGrantIdentifier]['pre-authorized_code'];
  return {offer: credentialOffer, txCode};
}

/** issued reports whether a credential left, after all of their checks. */
export const issued = () => done;

async function token(request) {
  const [authorizationServerMetadata] = metadata.authorizationServers;
  const parsed = await refusing(() => server.parseAccessTokenRequest({
    request, accessTokenRequest: Object.fromEntries(new URLSearchParams(request.body)),
  }));
  await refusing(() => server.verifyPreAuthorizedCodeAccessTokenRequest({
    ...parsed, request, authorizationServerMetadata, expectedPreAuthorizedCode: code, expectedTxCode: txCode,
  }));
  return server.createAccessTokenResponse({
    authorizationServer: authorizationServerMetadata.issuer, audience: metadata.credentialIssuer.credential_issuer,
    signer, subject: code, expiresInSeconds: 300,
  });
}

async function credential(request, {url, vct, claims}) {
  await refusing(() => guard.verifyResourceRequest({request, resourceServer: url, authorizationServers: metadata.authorizationServers}));
  const asked = await refusing(() => issuer.parseCredentialRequest({issuerMetadata: metadata, credentialRequest: JSON.parse(request.body)}));
  const proved = await Promise.all(asked.proofs.jwt.map(jwt => refusing(() =>
    issuer.verifyCredentialRequestJwtProof({issuerMetadata: metadata, jwt, expectedNonce: nonce}))));
  const now = Math.floor(Date.now() / 1000);
  const credentials = await Promise.all(proved.map(async ({signer: {publicJwk}}) => ({credential: await issue({
    payload: {iss: url, vct, iat: now, exp: now + 86400, cnf: {jwk: publicJwk}, ...claims},
    frame: {_sd: Object.keys(claims)}, key: key.privateJwk, kid: 'key-1', hashAlg: 'sha-256',
  })})));
  done = true;
  return issuer.createCredentialResponse({credentialRequest: asked, credentials});
}

/** refusing answers with the error that their check throws. */
async function refusing(check) {
  try {
    return await check();
  } catch(e) {
    throw {status: e.status ?? 400, json: e.errorResponse ?? {error: 'invalid_request', error_description: e.message}};
  }
}
