// Package trials contains only tests. They put the repository's stacks through what can happen to a
// stack: each creation and each deletion fails once, a deployment is killed, each configuration key
// changes, somebody changes the account by hand, and stacks get random configurations. Each case runs the
// compiled program on the real engine, in its own simulated account.
//
// With -short, some tests run only one case of each kind. RAPID_SEED selects the random cases.
package trials
