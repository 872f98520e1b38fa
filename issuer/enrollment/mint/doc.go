// Package mint makes synthetic people's documents and the authority that
// signs them, so that enrollment runs on real bytes without anybody's real
// document.
//
// Start with [NewAuthority], then [Authority.Issue] for a [Person]; what
// comes back is a [Document] whose Presented package document verifies under
// [Authority.Trust]. Same seed, same calls, same bytes: keys come from the
// seed and signatures are deterministic ECDSA (RFC 6979), certificates have
// fixed dates. (The portraits are as image/jpeg writes them, so another Go
// release may write other bytes.)
//
// THE KEYS ARE PUBLIC: whoever knows the seed can derive them. Trust such an
// authority where the people are synthetic and nowhere else.
//
// Numbers stay clear of real people's as far as the formats allow. Resident
// identity cards have area 000000, which GB/T 2260 assigns to no county;
// residence permits and permanent resident cards of the 2023 format have
// sequences 990 to 999; those of the 2017 format have area 0000. Travel
// permits and passports have no range that is known to be unassigned; the
// numbers here are low ones (H0000nnnn, 0000nnnn, EA000nnnn), and no chip
// signed by a real authority will ever carry them together with this
// authority's signature. Names of [SyntheticName] say in Chinese that they
// are for testing.
//
// Documents with a defect, which package document must refuse, are made by
// setting [Options].Defect.
//
// It leaves out what a chip has beyond data groups 1 and 2, document
// security features, and faces: a portrait here is a pattern of grey
// squares, see [Portrait].
package mint
