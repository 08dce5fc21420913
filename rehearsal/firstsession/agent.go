// Package firstsession computes how long it takes from the start of "pulumi up" until an instance opens sessions, for
// several orders in which a stack can be created.
package firstsession

import (
	"math/rand/v2"
	"time"
)

// Failure is how a call to a service fails while the instance cannot reach it.
type Failure int

// The failures.
const (
	// Dropped: nothing answers. This happens in a VPC without internet access: until the private DNS name of the
	// endpoint resolves, the name of the service resolves to a public address.
	Dropped Failure = iota
	// Refused: the call fails immediately, because the name does not resolve or the address is unreachable.
	Refused
	// Hanging: the connection opens, but no answer comes.
	Hanging
)

// Conditions are when the agent of an instance can use what it needs, from the instance's boot. Times of zero or less are
// before the boot.
type Conditions struct {
	// Endpoint is when Systems Manager (ssm) answers.
	Endpoint time.Duration
	// Unreachable is how calls to it fail until then.
	Unreachable Failure
	// Channel is when the message service (ssmmessages) answers.
	Channel time.Duration
	// Role is when the instance metadata has credentials of a role.
	Role time.Duration
	// Permission is when Systems Manager allows the role's calls.
	Permission time.Duration
	// Unrecognized is true if, until then, Systems Manager does not recognize the role's credentials. Otherwise it
	// denies access.
	Unrecognized bool
}

// The agent's behavior, as read from its source code at this commit:
// https://github.com/aws/amazon-ssm-agent/tree/1c217c89b42de51d4f4063363d8ec1f2eef56055
const (
	// tries is the number of tries of a call (agent/ssm/util/util.go). The agent waits between them for 1.0 to 1.5 s,
	// then for twice and for four times that (agent/sdkutil/retryer/retryer.go).
	tries = 4
	// dialTimeout and answerTimeout end a try: Go's default for dialing, and agent/ssm/util/util.go.
	dialTimeout   = 30 * time.Second
	answerTimeout = 60 * time.Second
	// deniedSleep, plus up to deniedJitter seconds, follows a denied call. Other failures are followed by sleeps
	// between shortestSleep and longestSleep (core/app/credentialrefresher/credentialrefresher_deps.go).
	deniedSleep   = 25 * time.Minute
	deniedJitter  = 300
	shortestSleep = 5 * time.Minute
	longestSleep  = time.Hour
	// channelTimeout ends an attempt to open the control channel (agent/session/service/service.go). The first pause
	// after it takes one to two times channelPause. Each further pause is twice as long, up to longestPause, and each
	// is extended by up to a half (agent/messageservice/interactor/mgsinteractor).
	channelTimeout = 15 * time.Second
	channelPause   = 5 * time.Second
	longestPause   = 40 * time.Minute
)

// Estimates, for which there is no source.
const (
	// toFirstCall is the time from the agent's start to its first call.
	toFirstCall = 1500 * time.Millisecond
	// callTime is the time of a call that is answered.
	callTime = 300 * time.Millisecond
)

// Managed returns when Systems Manager first accepts a call of an agent that starts at start. Both count from the
// instance's boot.
func (c Conditions) Managed(start time.Duration, random *rand.Rand) time.Duration {
	// The agent first registers. If that fails it continues, and goes on trying to register in the background, so it is
	// registered as soon as the service answers.
	now, registered := c.call(start+toFirstCall, random)
	for failures := 0; ; failures++ {
		var sleep time.Duration
		switch end, answered := c.call(now, random); {
		case now < c.Role && registered && answered:
			// Without a role the agent asks Systems Manager for one, which is denied.
			now, sleep = end, sleepAfterDenial(random)
		case now < c.Role && !registered:
			sleep = sleepAfterFailure(failures, random)
			registered = now+sleep >= c.Endpoint
		case !answered:
			now, sleep = end, sleepAfterFailure(failures, random)
			registered = registered || now+sleep >= c.Endpoint
		case end-callTime >= c.Permission:
			return end
		case c.Unrecognized:
			now, sleep = end, sleepAfterFailure(failures, random)
		default:
			// When the role of its profile is denied, the agent asks for another role, which is denied as well.
			now, sleep = end+callTime, sleepAfterDenial(random)
		}
		now += sleep
	}
}

// call makes one call, in several tries. It returns when the call ended, and whether the service answered.
func (c Conditions) call(now time.Duration, random *rand.Rand) (time.Duration, bool) {
	for try := range tries {
		if now >= c.Endpoint {
			return now + callTime, true
		}
		switch c.Unreachable {
		case Dropped:
			now += dialTimeout
		case Hanging:
			now += answerTimeout
		}
		if try < tries-1 {
			now += (time.Second + jitter(500*time.Millisecond, random)) << try
		}
	}
	return now, false
}

// sleepAfterDenial returns how long the agent sleeps after a denied call.
func sleepAfterDenial(random *rand.Rand) time.Duration {
	return deniedSleep + time.Duration(random.IntN(deniedJitter))*time.Second
}

// sleepAfterFailure returns how long the agent sleeps after any other failure, given the number of failures before. The
// sleep doubles after every third failure. All sleeps except the first vary by a tenth.
func sleepAfterFailure(failures int, random *rand.Rand) time.Duration {
	if failures == 0 {
		return shortestSleep
	}
	sleep := longestSleep
	if doublings := (failures + 2) / 3; doublings < 4 {
		sleep = shortestSleep << doublings
	}
	return sleep - sleep/10 + jitter(sleep/10, random)
}

// Connected returns when an agent whose worker starts at now has its control channel, and so opens sessions. Both count
// from the instance's boot.
func (c Conditions) Connected(now time.Duration, random *rand.Rand) time.Duration {
	for pause := channelPause + jitter(channelPause, random); now < c.Channel; pause = min(2*pause, longestPause) {
		now += channelTimeout + pause + jitter(pause/2, random)
	}
	return now + callTime
}
