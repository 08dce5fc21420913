// Package upgrade tests what a newer program does to a stack that an older one deployed.
//
// testdata holds states of the frozen stacks, exported before the second edition of the program, and reviewed.json, the changes
// that a newer program may make to them. Add a change to that list only after deciding that every user's next "pulumi up" may
// make it.
package upgrade
