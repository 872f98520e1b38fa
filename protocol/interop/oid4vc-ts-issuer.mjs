// @openid4vc/openid4vci and oauth2 as an issuer and its authorization server,
// called by oid4vcts_test.go. The credentials are @sd-jwt/sd-jwt-vc's.
import {
  authorizationCodeGrantIdentifier, Oauth2AuthorizationServer, Oauth2ResourceServer, preAuthorizedCodeGrantIdentifier,
  refreshTokenGrantIdentifier, setGlobalConfig,
} from '@openid4vc/oauth2';
import {callbacksWith, newKey} from './oid4vc-ts.mjs';
import {Openid4vciIssuer, Openid4vciVersion} from '@openid4vc/openid4vci';
import {issue} from './sd-jwt.mjs';
import {randomUUID} from 'node:crypto';
import {serve} from './serve.mjs';

setGlobalConfig({allowInsecureUrls: true}); // http on loopback

const key = await newKey();
const jwks = {keys: [{...key.publicJwk, kid: 'key-1'}]};
const signer = {method: 'jwk', alg: 'ES256', publicJwk: key.publicJwk};
const callbacks = callbacksWith([key]);
const issuer = new Openid4vciIssuer({callbacks});
const server = new Oauth2AuthorizationServer({callbacks});
const guard = new Oauth2ResourceServer({callbacks});

let metadata; // of the issuer and its server
let flow; // what is asked of the wallet, and how far it came

/**
 * begin serves an issuer of one configuration and makes an offer: by
 * pre-authorized code, with a transaction code or not, or byCode. dpop
 * requires that, later defers the credential once, and spoil replaces what
 * the credential says.
 */
export async function begin({configuration, vct, claims, txCode, byCode, dpop, later, spoil}) {
  flow = {txCode: txCode ? '4711' : undefined, dpop, later, claims, vct, spoil};
  const url = await serve(() => routes);
  flow.url = url;
  metadata = {
    originalDraftVersion: Openid4vciVersion.V1,
    credentialIssuer: issuer.createCredentialIssuerMetadata({
      credential_issuer: url, credential_endpoint: `${url}/credential`, nonce_endpoint: `${url}/nonce`,
      deferred_credential_endpoint: `${url}/deferred`, notification_endpoint: `${url}/notification`,
      credential_configurations_supported: {[configuration]: {
        format: 'dc+sd-jwt', vct, scope: configuration, credential_signing_alg_values_supported: ['ES256'],
        cryptographic_binding_methods_supported: ['jwk'], proof_types_supported: {jwt: {proof_signing_alg_values_supported: ['ES256']}},
      }},
    }),
    authorizationServers: [server.createAuthorizationServerMetadata({
      issuer: url, jwks_uri: `${url}/jwks`, token_endpoint: `${url}/token`, authorization_endpoint: `${url}/authorize`,
      pushed_authorization_request_endpoint: `${url}/par`, require_pushed_authorization_requests: true,
      authorization_response_iss_parameter_supported: true, code_challenge_methods_supported: ['S256'],
      grant_types_supported: [preAuthorizedCodeGrantIdentifier, authorizationCodeGrantIdentifier, refreshTokenGrantIdentifier],
      ...dpop && {dpop_signing_alg_values_supported: ['ES256']},
    })],
  };
  metadata.knownCredentialConfigurations = issuer.getKnownCredentialConfigurationsSupported(metadata.credentialIssuer);
  const routes = {
    'GET /.well-known/openid-credential-issuer': () => metadata.credentialIssuer,
    'GET /.well-known/oauth-authorization-server': () => metadata.authorizationServers[0],
    'GET /.well-known/jwt-vc-issuer': () => ({issuer: url, jwks}),
    'GET /jwks': () => jwks,
    'POST /par': push,
    'GET /authorize': authorize,
    'POST /token': token,
    'POST /nonce': () => issuer.createNonceResponse({cNonce: flow.nonce = randomUUID()}),
    'POST /credential': credential,
    'POST /deferred': deferred,
    'POST /notification': notification,
  };
  const grants = byCode
    ? {[authorizationCodeGrantIdentifier]: {}}
    : {[preAuthorizedCodeGrantIdentifier]: txCode ? {tx_code: {input_mode: 'numeric', length: 4}} : {}};
  const {credentialOffer, credentialOfferObject} = await issuer.createCredentialOffer({
    issuerMetadata: metadata, credentialConfigurationIds: [configuration], grants,
  });
  flow.preAuthorized = credentialOfferObject.grants[preAuthorizedCodeGrantIdentifier]?.['pre-authorized_code'];
  return {offer: credentialOffer, txCode: flow.txCode};
}

/** issued reports whether a credential left, after all of their checks; notified, what the wallet said of it. */
export const issued = () => Boolean(flow.done);
export const notified = () => flow.event ?? null;

async function push(request) {
  const {authorizationRequest, dpop} = await refusing(() => server.parsePushedAuthorizationRequest({request, authorizationRequest: form(request)}));
  const verified = await refusing(() => server.verifyPushedAuthorizationRequest({
    request, authorizationRequest, authorizationServerMetadata: metadata.authorizationServers[0], dpop: {...dpop, required: flow.dpop},
  }));
  flow.pushed = {...authorizationRequest, uri: `urn:ietf:params:oauth:request_uri:${randomUUID()}`, jkt: verified.dpop?.jwkThumbprint};
  throw {status: 201, json: server.createPushedAuthorizationResponse({requestUri: flow.pushed.uri, expiresInSeconds: 60}).pushedAuthorizationResponse};
}

/** authorize lets whoever comes in: the person has logged in before. */
async function authorize({url}) {
  const query = new URL(url).searchParams;
  if(query.get('request_uri') !== flow.pushed?.uri || query.get('client_id') !== flow.pushed.client_id) {
    throw {status: 400, json: {error: 'invalid_request'}};
  }
  flow.code = randomUUID();
  const back = new URL(flow.pushed.redirect_uri);
  back.search = new URLSearchParams({code: flow.code, state: flow.pushed.state, iss: flow.url});
  throw {status: 302, json: {}, headers: {Location: back.href}};
}

async function token(request) {
  const [authorizationServerMetadata] = metadata.authorizationServers;
  const {dpop, pkceCodeVerifier, ...parsed} = await refusing(() => server.parseAccessTokenRequest({request, accessTokenRequest: form(request)}));
  const common = {...parsed, request, authorizationServerMetadata, dpop: {...dpop, required: flow.dpop}};
  const verify = {
    [preAuthorizedCodeGrantIdentifier]: () => server.verifyPreAuthorizedCodeAccessTokenRequest({
      ...common, expectedPreAuthorizedCode: flow.preAuthorized, expectedTxCode: flow.txCode,
    }),
    [authorizationCodeGrantIdentifier]: () => server.verifyAuthorizationCodeAccessTokenRequest({
      ...common, expectedCode: flow.code, dpop: {...common.dpop, expectedJwkThumbprint: flow.pushed.jkt},
      pkce: {codeChallenge: flow.pushed.code_challenge, codeChallengeMethod: flow.pushed.code_challenge_method, codeVerifier: pkceCodeVerifier},
    }),
    [refreshTokenGrantIdentifier]: () => server.verifyRefreshTokenAccessTokenRequest({...common, expectedRefreshToken: flow.refresh}),
  }[parsed.grant.grantType];
  const verified = await refusing(verify);
  flow.refresh = randomUUID();
  return server.createAccessTokenResponse({
    authorizationServer: flow.url, audience: flow.url, signer, subject: 'somebody', expiresInSeconds: 300,
    refreshToken: flow.refresh, dpop: verified.dpop,
  });
}

const authorized = request => refusing(() =>
  guard.verifyResourceRequest({request, resourceServer: flow.url, authorizationServers: metadata.authorizationServers}));

async function credential(request) {
  await authorized(request);
  const asked = await refusing(() => issuer.parseCredentialRequest({issuerMetadata: metadata, credentialRequest: JSON.parse(request.body)}));
  const proved = await Promise.all(asked.proofs.jwt.map(jwt => refusing(() =>
    issuer.verifyCredentialRequestJwtProof({issuerMetadata: metadata, jwt, expectedNonce: flow.nonce}))));
  const now = Math.floor(Date.now() / 1000);
  const credentials = await Promise.all(proved.map(async ({signer: {publicJwk}}) => ({credential: await issue({
    payload: {iss: flow.url, vct: flow.vct, iat: now, exp: now + 86400, cnf: {jwk: publicJwk}, ...flow.claims, ...flow.spoil},
    frame: {_sd: Object.keys(flow.claims)}, key: key.privateJwk, kid: 'key-1', hashAlg: 'sha-256',
  })})));
  if(flow.later) {
    flow.waiting = {credentials, id: randomUUID()};
    throw {status: 202, json: issuer.createCredentialResponse({credentialRequest: asked, transactionId: flow.waiting.id, interval: 1})};
  }
  flow.done = true;
  return issuer.createCredentialResponse({credentialRequest: asked, credentials, notificationId: flow.notification = randomUUID()});
}

async function deferred(request) {
  await authorized(request);
  const {deferredCredentialRequest} = await refusing(() => issuer.parseDeferredCredentialRequest({deferredCredentialRequest: JSON.parse(request.body)}));
  if(deferredCredentialRequest.transaction_id !== flow.waiting.id) {
    throw {status: 400, json: {error: 'invalid_transaction_id'}};
  }
  flow.done = true;
  return issuer.createDeferredCredentialResponse({deferredCredentialRequest, credentials: flow.waiting.credentials});
}

async function notification(request) {
  await authorized(request);
  const {notification_id: id, event} = JSON.parse(request.body);
  if(id !== flow.notification) {
    throw {status: 400, json: {error: 'invalid_notification_id'}};
  }
  flow.event = event;
  throw {status: 204};
}

const form = request => Object.fromEntries(new URLSearchParams(request.body));

/** refusing answers with the error that their check throws. */
async function refusing(check) {
  try {
    return await check();
  } catch(e) {
    throw {status: e.status ?? 400, json: e.errorResponse ?? {error: 'invalid_request', error_description: e.message}};
  }
}
