// Credo as a wallet, called by credo_test.go.
import {attempt, Refused} from './step.mjs';
import {Kms} from '@credo-ts/core';
import {newAgent} from './credo.mjs';

let agent;

/** begin makes a wallet that trusts the authorities of issuers and verifiers. */
export async function begin({certificates}) {
  agent = await newAgent({certificates});
}

/** accept redeems an offer and keeps one credential of a configuration. */
export async function accept({offer, configuration, txCode}) {
  const holder = agent.openid4vc.holder;
  return attempt(async () => {
    const resolvedCredentialOffer = await holder.resolveCredentialOffer(offer);
    const token = await holder.requestToken({resolvedCredentialOffer, txCode});
    const {credentials} = await holder.requestCredentials({
      resolvedCredentialOffer, ...token, credentialConfigurationIds: [configuration],
      async credentialBindingResolver() {
        const {keyId} = await agent.kms.createKey({type: {kty: 'EC', crv: 'P-256'}});
        return {method: 'jwk', keys: [Kms.PublicJwk.fromPublicJwk(await agent.kms.getPublicKey({keyId}))]};
      },
    });
    const {record} = credentials[0];
    await agent.sdJwtVc.store({record});
    return record.firstCredential.prettyClaims;
  });
}

/** present answers a request with what it kept. */
export async function present({request}) {
  const holder = agent.openid4vc.holder;
  const resolved = await attempt(() => holder.resolveOpenId4VpAuthorizationRequest(request));
  const answer = await attempt(() => holder.acceptOpenId4VpAuthorizationRequest({
    authorizationRequestPayload: resolved.authorizationRequestPayload,
    dcql: {credentials: holder.selectCredentialsForDcqlRequest(resolved.dcql.queryResult)},
  }));
  if(!answer.ok) {
    throw new Refused(`the verifier answered ${answer.serverResponse.status}: ${JSON.stringify(answer.serverResponse.body)}`);
  }
  return {prefix: resolved.verifier.clientIdPrefix, signed: Boolean(resolved.signedAuthorizationRequest)};
}
