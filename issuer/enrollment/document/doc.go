// Package document reads legal identity documents from bytes that nobody
// vouches for, and says who the document is about once everything it carries
// has been checked.
//
// Start with [Verify]: it takes what an applicant presented, the keys that
// are trusted and the time, and gives a [Verified] or an [*Error] that names
// the check, the field and the clause. [ReadChip] reads a person's own chip
// dump, [LoadTrust] a folder of country CA certificates and register keys.
//
// Two families of documents exist, because two families of chips exist.
//
// The travel permits and the passports carry an ICAO chip: ICAO Doc 9303
// (eighth edition, 2021), parts 3 (characters, check digits), 4 (TD3), 5
// (TD1), 10 (EF.COM, EF.DG1, EF.DG2, EF.SOD), 11 (passive authentication)
// and 12 (certificates). The portrait inside EF.DG2 is an ISO/IEC
// 19794-5:2005 face record.
//
// The resident identity card, the residence permits and the foreign
// permanent resident card carry a closed chip that only a security module
// of the authority can read. In its place stands a SIMULATED register
// record: a JWS that a register key signed, see [Record]. No real card holds
// one. The other kinds that the rules of some place may admit (UNHCR
// certificate and the like) are simulated in the same way, and so is the
// note of the civil registry that a citizen is settled abroad, see
// [ResidenceNote].
//
// Numbers follow GB 11643-1999 with the check character of ISO 7064 MOD
// 11-2, and the formats that [ParseNumber] lists.
//
// What it leaves out: reading a card over NFC and the keys for that (BAC,
// PACE); active and chip authentication, so that a copied chip passes and
// the face is what ties the chip to the person; certificate revocation
// lists and master lists; hashes below SHA-256; elliptic curves that
// crypto/x509 does not know (Brainpool, explicit parameters), which with a
// few malformed ones leaves 417 of the 588 country CA certificates in the
// German master list of 2026-05-28; data groups other than 1 and 2, whose hashes are read and not
// compared; face records of ISO/IEC 39794. Whether a document is good enough, and whether an expired
// one is, is decided by package enrollment and not here.
package document
