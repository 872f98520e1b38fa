// Package enrollment decides who may have a credential.
//
// It applies the rules of spec (enrollment.md, age-tiers.md; as data
// rules/*.yaml) to an application, and it checks the evidence behind the
// application itself: the document's chip (package document), the live face,
// the phone, the password. Both designs enroll with this package, so a
// measured difference between them cannot come from two copies of a rule.
//
// Start with Decide, a pure function of the application, the rules and the
// day, which names every rule that spoke. Desk.Enroll puts the evidence
// checks before it: a submission is believed for nothing that its documents
// do not show.
//
// Simulated, and named so where it appears: the face match (SyntheticFaces)
// and the SMS network (SimulatedGateway). The relation between a child and a
// guardian is taken as declared, for no document on the list states it; a
// real service asks the civil register.
//
// Left out: who enrolled before (each issuer keeps its own accounts),
// keeping the password (package centralized hashes it, the wallet never
// sends it), and guardianship of adults.
package enrollment
