// Package trials holds no code: its tests put the repository's stacks through what can happen to a stack. Every creation and
// every deletion fails once, a deployment is killed, every key of the configuration is changed, the cloud is changed by hand,
// and stacks with random configurations live and go. All of it runs the compiled program on the real engine, in a simulated
// account of its own for each case.
package trials
