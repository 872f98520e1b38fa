// Credo as a verifier, called by credo_test.go.
import {newAgent, newApp, newCertificate} from './credo.mjs';

let agent, session;

/** begin serves a verifier that trusts the authorities of issuers. */
export async function begin({certificates}) {
  const {app, url} = await newApp();
  agent = await newAgent({app, certificates, verifier: {baseUrl: `${url}/oid4vp`}});
}

/** request asks for claims of an SD-JWT VC, unsigned or with a client identifier prefix of certificates. */
export async function request({vct, claims, clientIdPrefix, responseMode}) {
  const {verifierId} = await agent.openid4vc.verifier.createVerifier();
  let requestSigner = {method: 'none'};
  if(clientIdPrefix !== 'redirect_uri') {
    const {certificate} = await newCertificate(agent, {type: 'dns', value: 'localhost'});
    requestSigner = {method: 'x5c', x5c: [certificate], clientIdPrefix};
  }
  const {authorizationRequest, verificationSession} = await agent.openid4vc.verifier.createAuthorizationRequest({
    verifierId, requestSigner, responseMode, version: 'v1',
    dcql: {query: {credentials: [{id: 'person', format: 'dc+sd-jwt', meta: {vct_values: [vct]}, claims: claims.map(name => ({path: [name]}))}]}},
  });
  session = verificationSession.id;
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
