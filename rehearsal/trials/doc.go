// Package trials has only tests, which put the repository's stacks through everything that can happen to a stack:
// each creation and each deletion fails once, a deployment is killed, each configuration key changes, somebody
// changes the cloud by hand, and stacks get random configurations. Each case runs the compiled program on the real
// engine, in a simulated account of its own.
//
// With -short, some tests run only one case of each kind. RAPID_SEED selects the random cases.
package trials
