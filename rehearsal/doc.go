// Package rehearsal has no code of its own. The packages below it rehearse a stack: they run the compiled program on the real
// Pulumi engine against a simulated AWS, and prove from the resulting state what can happen.
//
//   - cmd/rehearse is the command line, and cmd/connect the one that opens sessions
//   - engine runs a Pulumi program on the Pulumi engine, in-process
//   - awssim is the simulated AWS
//   - proof makes claims about a state and proves them
//   - report is what a person reads
//
// # What is shared with the program, and what is not
//
// Everything here reads the program from the outside: its state, its configuration and its outputs. The names that both sides
// have to agree on (component type tokens, input keys, output names and shapes) are declared once, in internal/contract, which
// imports the standard library alone. Nothing else of the program is imported.
//
// Facts about AWS are deliberately not shared between the program, awssim and proof. When the program writes a policy, awssim
// accepts it and proof evaluates it, each by its own reading of AWS's documentation, their agreement is evidence. A shared
// constant or helper would turn one mistake into three that agree. So awssim and proof/policy do not import internal/contract
// either. A test in internal/contract checks these rules over "go list -deps -test".
package rehearsal
