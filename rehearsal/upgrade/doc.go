// Package upgrade tests what a newer version of the program does to a stack that an older version
// deployed.
//
// testdata contains states of the frozen stacks, exported by an earlier version of the program, and
// reviewed.json, which lists the changes that a newer version may make to them. Add a change to that list
// only if every user's next "pulumi up" may make it.
package upgrade
