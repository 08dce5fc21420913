// Package rehearsal has no code of its own. The packages below it rehearse a stack: they run the compiled
// program on the real Pulumi engine against a simulated AWS, and prove from the resulting state what can
// happen.
//
//   - cmd/rehearse is the command line, and cmd/connect the one that opens sessions
//   - engine runs a Pulumi program on the Pulumi engine, in-process
//   - awssim is the simulated AWS
//   - proof makes claims about a state and proves them
//   - account is the file that describes an AWS account, and capture writes it from the user's own
//   - emulator tests capture and connect with the AWS CLI and an emulated AWS
//   - report writes the result for people and for other programs
//   - diagram and htmlreport draw a state, and write a page about it
//
// # What is shared with the program, and what is not
//
// The packages here see the program only from the outside: its state, its configuration and its outputs.
// The names that both sides must agree on (component type tokens, input keys, output names and shapes)
// are declared once, in internal/contract, which imports only the standard library. Nothing else of the
// program is imported.
//
// Facts about AWS are deliberately not shared between the program, awssim and proof. The program writes a
// policy, awssim accepts it and proof evaluates it, each according to its own reading of AWS's
// documentation. Their agreement is evidence that the reading is right; a shared constant or helper would
// repeat one mistake three times. For the same reason, awssim and proof/policy do not import
// internal/contract. A test in internal/contract checks these rules.
package rehearsal
