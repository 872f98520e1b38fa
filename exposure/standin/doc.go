// Package standin carries out schedules of any size in the place of a design
// that was executed on a small one. It learns, from what real roles sent each
// other in executed runs, what decides each value: nothing (the value is the
// same for all), a trait such as the platform, or a scope in which it is made
// anew: the person, the household, the issuance, the credential, the person at
// a platform, the second, the login. Then it gives each party the values that
// the design would have given it, as 64-bit tokens.
//
//	Observation --> Learn --> Model          what decides each value, where it goes
//	another run --> Validate                 the paired replay
//	Schedule    --> NewTown --> Model.Data   what engine.Run joins
//
// A model counts only after the paired replay (Model.Validate, Model.Covers): the schedule
// of a run that it never saw goes through it, each token of both is replaced
// by the index of its first occurrence, and the logs have to be the same byte
// for byte. What the replay leaves out is said by Model.String: channels whose
// values go by what the schedule does not know, such as lengths that go by a
// name; they must join no visits, or the model is refused. Paths that exist
// because random bytes happen to look like an encoding are among them.
//
// Nothing here asks a design what is linkable. Which credential a login uses
// is part of the schedule (Policy).
//
// Start at [Learn]. Left out: the values themselves, and how often they fall
// together by chance, as names do; what is learned of classes is checked and
// not generated, for no exact join is made by them: names and dates of people,
// and the sizes of messages that an observer of the network sees, are among
// them; what thieves of databases have.
package standin
