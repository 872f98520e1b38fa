// Package exposure is the lab: it runs the same synthetic people, rules and
// platforms through designs of online identity, records the bytes at every
// party's door, and measures what each coalition of parties can tell from
// them. spec/exposure.md defines the rules (R-EXP), the strata, the coalitions
// and the metrics.
//
//	Scenario --> people, Schedule       the same for every design
//	Design   --> Network (recorder)     real roles, real HTTP, real cryptography
//	miner    --> leaves                 path and value, out of every encoding
//	link     --> components             visits joined by what they have in common
//	metrics  --> Row                    figures with intervals
//	         --> Field                  who sees what, from the values
//
// Start at [Compare], then [Result.WriteTable] and [Result.Write]. A further
// design implements [Design] in a file of its own, such as
// designs_wallet.go, and gets a line in design.go. The lab asks no design what
// is linkable; it looks.
//
// Every choice is a pure function of the seed, the person and its purpose.
// Keys, nonces and proofs are fresh in every run all the same; no figure
// depends on them.
//
// Left out: what R-EXP-09 lists.
package exposure
