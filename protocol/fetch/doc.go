// Package fetch gets documents from addresses that somebody else named: a key
// set, metadata, a request object, a status list. Whoever names an address
// may want to use the fetcher against the network it stands in, so
//
//   - only public addresses are reached. The address that was resolved is
//     looked at when it is dialed, so a name that resolves differently the
//     second time gains nothing. Loopback is reached when the caller said so;
//     private, link-local and other special addresses (RFC 6890) never are;
//   - https is required, but for loopback;
//   - no redirect is followed, no proxy used, no cookie kept, nothing
//     compressed taken;
//   - headers, body and time have bounds.
//
// Start with [New] and [Get]. A failed check is a *credential.Error.
//
// Left out: proxies (the address would be theirs to check), caching, retries.
package fetch
