// Credo as a verifier, called by credo_test.go.
import {newAgent, newApp, newCertificate} from './credo.mjs';
import {OpenId4VcVerificationSessionRepository} from '@credo-ts/openid4vc';

let agent, certificate, session;

/** begin serves a verifier that trusts the authorities of issuers, and gives its own authority. */
export async function begin({certificates}) {
  const {app, url} = await newApp();
  agent = await newAgent({app, certificates, verifier: {baseUrl: `${url}/oid4vp`}});
  const certified = await newCertificate(agent, {type: 'dns', value: 'localhost'});
  certificate = certified.certificate;
  return certified.authority;
}

/**
 * request asks for claims of an SD-JWT VC, unsigned or with a client
 * identifier prefix of certificates; mend gets it around a bug.
 */
export async function request({vct, claims, clientIdPrefix, responseMode, mend}) {
  const {verifierId} = await agent.openid4vc.verifier.createVerifier();
  const requestSigner = clientIdPrefix === 'redirect_uri' ? {method: 'none'} : {method: 'x5c', x5c: [certificate], clientIdPrefix};
  const {authorizationRequest, verificationSession} = await agent.openid4vc.verifier.createAuthorizationRequest({
    verifierId, requestSigner, responseMode, version: 'v1',
    dcql: {query: {credentials: [{id: 'person', format: 'dc+sd-jwt', meta: {vct_values: [vct]}, claims: claims.map(name => ({path: [name]}))}]}},
  });
  session = verificationSession.id;
  if(mend) {
    await addressToWallet(verificationSession);
  }
  return {request: authorizationRequest};
}

/** verdict gives the state of Credo's session, and what it verified. */
export async function verdict() {
  const {state, errorMessage} = await agent.openid4vc.verifier.getVerificationSessionById(session);
  if(state !== 'ResponseVerified') {
    return {state, errorMessage};
  }
  const {dcql} = await agent.openid4vc.verifier.getVerifiedAuthorizationResponse(session);
  return {state, claims: dcql.presentations.person[0].prettyClaims};
}

/**
 * addressToWallet signs a request object again with the audience that
 * OpenID4VP 1.0 section 5.8 asks for; @openid4vc/openid4vp puts its own
 * request_uri there.
 */
async function addressToWallet(record) {
  const [header, payload] = record.authorizationRequestJwt.split('.');
  const claims = {...JSON.parse(Buffer.from(payload, 'base64url')), aud: 'https://self-issued.me/v2'};
  const input = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const {signature} = await agent.kms.sign({keyId: certificate.keyId, algorithm: 'ES256', data: Buffer.from(input)});
  record.authorizationRequestJwt = `${input}.${Buffer.from(signature).toString('base64url')}`;
  await agent.dependencyManager.resolve(OpenId4VcVerificationSessionRepository).update(agent.context, record);
}
