// Package spec holds the texts and the data that both designs obey: rules,
// claims, platforms, population, metric definitions. The texts are the *.md
// files beside this one; the data are embedded and read here. It imports
// nothing of the project. It leaves out every decision: enrollment.Decide
// takes the rules from here, the lab takes the platforms and the population.
package spec
