package firstsession

import (
	"math/rand/v2"
	"time"
)

// Times are when an instance is managed, and when it opens sessions, counted from the start of the up.
type Times struct{ Managed, Session time.Duration }

// Order is when an instance is created, and what it does about it.
type Order struct {
	Name string
	// times returns when an instance of this order is of use.
	times func(w world, r *rand.Rand) Times
}

// Names of orders.
const (
	LowerBound     = "lower bound"
	ThisStack      = "this stack"
	Article        = "article"
	Beside         = "beside endpoints"
	BesideRestarts = "beside, restarting"
)

// Orders returns the orders, the lower bound first.
func Orders() []Order {
	early := []string{appSubnet, instanceGroup}
	permitted := func(w world) []string {
		return append(append([]string{role, profile}, early...), w.stack.of(Attachment)...)
	}
	return []Order{
		{LowerBound, func(w world, _ *rand.Rand) Times { return w.least(early) }},
		{ThisStack, func(w world, r *rand.Rand) Times { return w.times(w.stack.instance, r) }},
		{Article, func(w world, r *rand.Rand) Times { return w.times(early, r) }},
		{Beside, func(w world, r *rand.Rand) Times { return w.times(permitted(w), r) }},
		{BesideRestarts, func(w world, r *rand.Rand) Times { return w.restarting(permitted(w), r) }},
	}
}

// least returns the longest chain of what AWS takes, the instance beside all else: no agent is faster, whenever it
// tries.
func (w world) least(after []string) Times {
	managed := max(w.boot(after)+w.agent+toFirstCall, w.ssm, w.permission) + goodCall
	return Times{managed, max(managed+w.worker, w.ssmmessages) + goodCall}
}

// times returns the times of an instance that is created after these operations.
func (w world) times(after []string, r *rand.Rand) Times {
	boot := w.boot(after)
	return w.started(boot, boot+w.agent, r)
}

// started returns the times of an instance whose agent starts at a time.
func (w world) started(boot, start time.Duration, r *rand.Rand) Times {
	c := Conditions{Endpoint: w.ssm - boot, Channel: w.ssmmessages - boot, Permission: w.permission - boot}
	managed := c.Managed(start-boot, r)
	return Times{boot + managed, boot + c.Connected(managed+w.worker, r)}
}

const (
	// pollPause is the most that passes between an endpoint's first answer and the next question for it.
	pollPause = 5 * time.Second
	// restartTime is how long the agent takes to stop and to start again. An estimate.
	restartTime = 2 * time.Second
)

// restarting returns the times of an instance whose user data asks both endpoints until they answer, and where the
// first question had no answer, restarts the agent then.
func (w world) restarting(after []string, r *rand.Rand) Times {
	boot := w.boot(after)
	first := w.started(boot, boot+w.agent, r)
	ready := max(w.ssm, w.ssmmessages)
	if boot+w.agent >= ready {
		return first
	}
	restart := ready + jitter(pollPause, r)
	if first.Session <= restart {
		return first
	}
	second := w.started(boot, restart+restartTime, r)
	if first.Managed <= restart {
		second.Managed = first.Managed
	}
	return second
}
