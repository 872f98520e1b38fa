// Credo as an issuer, called by credo_test.go.
import {newAgent, newApp, newCertificate} from './credo.mjs';

let agent, session;

/**
 * begin serves an issuer of one configuration and makes an offer by
 * pre-authorized code, with a transaction code or not. dpop requires that,
 * and later defers the credential once.
 */
export async function begin({configuration, vct, claims, txCode, dpop = false, later}) {
  const {app, url: base} = await newApp();
  let certified;
  const credentials = keys => ({
    type: 'credentials', format: 'dc+sd-jwt',
    credentials: keys.map(holder => ({
      payload: {vct, exp: Math.floor(Date.now() / 1000) + 86400, ...claims}, disclosureFrame: {_sd: Object.keys(claims)}, holder,
      issuer: {method: 'x5c', x5c: [certified.certificate], issuer: url},
    })),
  });
  let waiting;
  agent = await newAgent({app, issuer: {
    baseUrl: `${base}/oid4vci`,
    credentialRequestToCredentialMapper({holderBinding}) {
      if(!later) {
        return credentials(holderBinding.keys);
      }
      waiting = holderBinding.keys;
      return {type: 'deferral', transactionId: 'later', interval: 1};
    },
    deferredCredentialRequestToCredentialMapper: () => credentials(waiting),
  }});
  const {issuerId} = await agent.openid4vc.issuer.createIssuer({
    dpopSigningAlgValuesSupported: dpop ? ['ES256'] : undefined,
    credentialConfigurationsSupported: {[configuration]: {
      format: 'dc+sd-jwt', vct, scope: configuration, cryptographic_binding_methods_supported: ['jwk'], credential_signing_alg_values_supported: ['ES256'],
      proof_types_supported: {jwt: {proof_signing_alg_values_supported: ['ES256']}},
    }},
  });
  const url = `${base}/oid4vci/${issuerId}`;
  certified = await newCertificate(agent, {type: 'url', value: url});
  // Credo publishes its certificate in the credential alone; our wallet looks for the key here.
  const {kid, ...key} = certified.publicJwk;
  app.get(`/.well-known/jwt-vc-issuer/oid4vci/${issuerId}`, (_, response) => response.json({issuer: url, jwks: {keys: [key]}}));
  const {credentialOffer, issuanceSession} = await agent.openid4vc.issuer.createCredentialOffer({
    issuerId, credentialConfigurationIds: [configuration], version: 'v1', generateRefreshTokens: true,
    authorization: {requireDpop: dpop, requireWalletAttestation: false},
    preAuthorizedCodeFlowConfig: txCode ? {txCode: {input_mode: 'numeric', length: 4}} : {},
  });
  session = issuanceSession.id;
  return {offer: credentialOffer, txCode: issuanceSession.userPin};
}

/** issued reports whether Credo holds the issuance for complete. */
export async function issued() {
  return (await agent.openid4vc.issuer.getIssuanceSessionById(session)).state === 'Completed';
}
