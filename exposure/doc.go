// Package exposure is the lab: it runs the same synthetic people, rules and
// platforms through designs of online identity, records the bytes at every
// party's door, and measures what each coalition of parties can tell from
// them. spec/exposure.md defines the rules (R-EXP), the strata, the coalitions
// and the metrics.
//
//	scenario --> plan, or a trace       the same for every design
//	Design   --> Network (recorder)     real roles, real HTTP, real cryptography
//	miner    --> table of leaves        path and value, out of every encoding, as hashes
//	link     --> components             visits joined by what they have in common
//	metrics  --> Row                    figures with intervals
//	         --> Field                  who sees what, from the values
//
// Start at [Run], then [Result.WriteTable] and [Result.Write]; [Import]
// measures captured traffic of other software. A further design is a [Form],
// where its messages may be the lab's own, or a [Design], and goes into
// [Options]; the example of a design of one's own does it in 40 lines. The lab
// asks no design what is linkable; it looks.
//
// People are run in chunks of 250, each chunk with servers of its own under
// keys that follow from the seed. A visit is reduced to hashes as soon as it is
// over; a folder keeps the chunks that are finished, so that a run which was
// cut off goes on and gives the same results.
//
// Every choice is a pure function of the seed, the person and its purpose.
// Holders' keys, nonces and proofs are fresh in every run all the same; no
// figure depends on them.
//
// Left out: what R-EXP-09 lists.
package exposure
