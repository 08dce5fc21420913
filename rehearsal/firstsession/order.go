package firstsession

import (
	"math/rand/v2"
	"time"
)

// Times are when an instance is managed, and when it opens sessions, from the start of the up.
type Times struct{ Managed, Session time.Duration }

// Order says after which operations the instance is created.
type Order struct {
	Name string
	// times returns the times of an instance in a deployment.
	times func(d deployment, random *rand.Rand) Times
}

// Names of the orders.
const (
	LowerBound          = "lower bound"
	ThisStack           = "this stack"
	Article             = "article"
	Parallel            = "parallel"
	ParallelWithRestart = "parallel with restart"
)

// Orders returns the orders. The lower bound is the first.
func Orders() []Order {
	network := []string{appSubnet, instanceGroup}
	withPermissions := func(d deployment) []string {
		return append(append([]string{role, profile}, network...), d.stack.ofKind(Attachment)...)
	}
	return []Order{
		{LowerBound, func(d deployment, _ *rand.Rand) Times { return d.lowerBound(network) }},
		{ThisStack, func(d deployment, random *rand.Rand) Times { return d.times(d.stack.instanceAfter, random) }},
		{Article, func(d deployment, random *rand.Rand) Times { return d.times(network, random) }},
		{Parallel, func(d deployment, random *rand.Rand) Times { return d.times(withPermissions(d), random) }},
		{ParallelWithRestart, func(d deployment, random *rand.Rand) Times { return d.timesWithRestart(withPermissions(d), random) }},
	}
}

// lowerBound returns the times of an instance that is created in parallel with everything else, and whose agent calls
// exactly when everything is ready. No real agent is faster.
func (d deployment) lowerBound(after []string) Times {
	managed := max(d.boot(after)+d.agent+toFirstCall, d.ssm, d.permission) + callTime
	return Times{managed, max(managed+d.worker, d.ssmmessages) + callTime}
}

// times returns the times of an instance that is created after these operations.
func (d deployment) times(after []string, random *rand.Rand) Times {
	boot := d.boot(after)
	return d.timesFrom(boot, boot+d.agent, random)
}

// timesFrom returns the times of an instance that boots, and whose agent starts, at these times.
func (d deployment) timesFrom(boot, agentStart time.Duration, random *rand.Rand) Times {
	c := Conditions{Endpoint: d.ssm - boot, Channel: d.ssmmessages - boot, Permission: d.permission - boot}
	managed := c.Managed(agentStart-boot, random)
	return Times{boot + managed, boot + c.Connected(managed+d.worker, random)}
}

const (
	// pollInterval is how often the user data checks whether the endpoints answer.
	pollInterval = 5 * time.Second
	// restartTime is how long the agent takes to stop and start again. An estimate.
	restartTime = 2 * time.Second
)

// timesWithRestart returns the times of an instance whose user data polls both endpoints and restarts the agent as soon
// as both answer. It does not restart the agent if both answer before the agent starts.
func (d deployment) timesWithRestart(after []string, random *rand.Rand) Times {
	boot := d.boot(after)
	first := d.timesFrom(boot, boot+d.agent, random)
	ready := max(d.ssm, d.ssmmessages)
	if boot+d.agent >= ready {
		return first
	}
	restart := ready + jitter(pollInterval, random)
	if first.Session <= restart {
		return first
	}
	second := d.timesFrom(boot, restart+restartTime, random)
	if first.Managed <= restart {
		second.Managed = first.Managed
	}
	return second
}
