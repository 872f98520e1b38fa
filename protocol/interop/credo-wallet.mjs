// Credo as a wallet, called by credo_test.go.
import {attempt, Refused} from './step.mjs';
import {Kms} from '@credo-ts/core';
import {newAgent} from './credo.mjs';
import {withoutNotification} from './oid4vc-ts.mjs';

let agent;

/** begin makes a wallet that trusts the authorities of issuers and verifiers; mend gets it around a bug. */
export async function begin({certificates, mend}) {
  agent = await newAgent({certificates, fetch: mend && withoutNotification});
}

/**
 * accept redeems an offer and keeps one credential of a configuration.
 * clientId and redirectUri are for an offer by authorization code; notify
 * tells the issuer in the end. Credo uses DPoP wherever the server has it.
 */
export async function accept({offer, configuration, txCode, clientId, redirectUri, notify}) {
  const holder = agent.openid4vc.holder;
  return attempt(async () => {
    const resolvedCredentialOffer = await holder.resolveCredentialOffer(offer);
    const code = clientId && await authorize({resolvedCredentialOffer, clientId, redirectUri, scope: [configuration]});
    const token = await holder.requestToken({resolvedCredentialOffer, txCode, ...code});
    let {credentials, deferredCredentials, dpop = token.dpop} = await holder.requestCredentials({
      resolvedCredentialOffer, ...token, clientId, credentialConfigurationIds: [configuration],
      async credentialBindingResolver() {
        const {keyId} = await agent.kms.createKey({type: {kty: 'EC', crv: 'P-256'}});
        return {method: 'jwk', keys: [Kms.PublicJwk.fromPublicJwk(await agent.kms.getPublicKey({keyId}))]};
      },
    });
    const [deferred] = deferredCredentials;
    if(deferred) {
      ({credentials} = await holder.requestDeferredCredentials({
        issuerMetadata: resolvedCredentialOffer.metadata, accessToken: token.accessToken, dpop, ...deferred,
      }));
    }
    const [{record, notificationId}] = credentials;
    await agent.sdJwtVc.store({record});
    if(notify) {
      await holder.sendNotification({
        metadata: resolvedCredentialOffer.metadata, accessToken: token.accessToken, dpop, notificationId, notificationEvent: 'credential_accepted',
      });
    }
    return {
      claims: record.firstCredential.prettyClaims, tokenType: token.accessTokenResponse.token_type, deferred: Boolean(deferred),
      signedMetadata: Boolean(resolvedCredentialOffer.metadata.signedCredentialIssuer),
    };
  });
}

/** authorize lets the person log in, in a browser that goes as far as the redirect URI. */
async function authorize({resolvedCredentialOffer, ...client}) {
  const holder = agent.openid4vc.holder;
  const {authorizationRequestUrl, codeVerifier, dpop} = await holder.resolveOpenId4VciAuthorizationRequest(resolvedCredentialOffer, client);
  const response = await fetch(authorizationRequestUrl, {redirect: 'manual'});
  const {authorizationCode: code} = holder.parseAuthorizationCodeFromAuthorizationResponse({
    resolvedCredentialOffer, authorizationResponseRedirectUrl: response.headers.get('Location'),
  });
  return {code, codeVerifier, dpop, ...client};
}

/** present answers a request with what it kept; change is of the request that it believes to have read. */
export async function present({request, change}) {
  const holder = agent.openid4vc.holder;
  const resolved = await attempt(() => holder.resolveOpenId4VpAuthorizationRequest(request));
  const answer = await attempt(() => holder.acceptOpenId4VpAuthorizationRequest({
    authorizationRequestPayload: {...resolved.authorizationRequestPayload, ...change},
    dcql: {credentials: holder.selectCredentialsForDcqlRequest(resolved.dcql.queryResult)},
  }));
  if(!answer.ok) {
    throw new Refused(`the verifier answered ${answer.serverResponse.status}: ${JSON.stringify(answer.serverResponse.body)}`);
  }
  return {prefix: resolved.verifier.clientIdPrefix, signed: Boolean(resolved.signedAuthorizationRequest)};
}

/** presentDC answers a request that a browser handed over, and gives the browser the answer. */
export async function presentDC({data, origin}) {
  const holder = agent.openid4vc.holder;
  return attempt(async () => {
    const resolved = await holder.resolveOpenId4VpAuthorizationRequest(data, {origin});
    const {authorizationResponse} = await holder.acceptOpenId4VpAuthorizationRequest({
      authorizationRequestPayload: resolved.authorizationRequestPayload, origin,
      dcql: {credentials: holder.selectCredentialsForDcqlRequest(resolved.dcql.queryResult)},
    });
    return authorizationResponse;
  });
}
