// Package firstsession computes how long it takes from the start of an up until a
// session can be opened, for several orders in which a stack can be created.
package firstsession

import (
	"math/rand/v2"
	"time"
)

// Failure is how a call ends at a service that the instance cannot reach.
type Failure int

// Ways to fail.
const (
	// Dropped: nobody answers. So it is in a VPC without a way to the Internet, where the service's name leads to a
	// public address until the endpoint has its private DNS name.
	Dropped Failure = iota
	// Refused: the call fails at once, since the name or the address leads nowhere.
	Refused
	// Hanging: the connection stands and no answer comes.
	Hanging
)

// Conditions are what the agent of an instance needs, and when each is there. Times count from the instance's boot;
// what is there before the boot has a time of zero or less.
type Conditions struct {
	// Endpoint is when Systems Manager (ssm) answers.
	Endpoint time.Duration
	// Unreachable is how calls to it fail before.
	Unreachable Failure
	// Channel is when the service of the sessions' channels (ssmmessages) answers.
	Channel time.Duration
	// Role is when the instance's metadata offers the role of a profile.
	Role time.Duration
	// Permission is when Systems Manager lets that role in.
	Permission time.Duration
	// Unrecognized says that Systems Manager does not know the role's credentials before, rather than denies them.
	Unrecognized bool
}

// What the agent does, read in its source at the commit
// https://github.com/aws/amazon-ssm-agent/tree/1c217c89b42de51d4f4063363d8ec1f2eef56055
const (
	// tries of one call (agent/ssm/util/util.go); between them it waits 1.0 to 1.5 s, then twice and four times that
	// (agent/sdkutil/retryer/retryer.go).
	tries = 4
	// dialTimeout and answerTimeout end a try: Go's default for a dial, and agent/ssm/util/util.go.
	dialTimeout   = 30 * time.Second
	answerTimeout = 60 * time.Second
	// deniedSleep follows a refusal, and up to deniedJitter more; healthPing is the shortest of the other sleeps and
	// longestSleep the longest (core/app/credentialrefresher/credentialrefresher_deps.go).
	deniedSleep  = 25 * time.Minute
	deniedJitter = 300
	healthPing   = 5 * time.Minute
	longestSleep = time.Hour
	// channelTimeout ends an attempt to open the control channel (agent/session/service/service.go). The pause after it
	// begins at channelPause to twice that, doubles, and is spread by half
	// (agent/messageservice/interactor/mgsinteractor).
	channelTimeout = 15 * time.Second
	channelPause   = 5 * time.Second
	longestPause   = 40 * time.Minute
)

// What no source tells. Estimates.
const (
	// toFirstCall is from the agent's start to its first call.
	toFirstCall = 1500 * time.Millisecond
	// goodCall is how long a call takes that is answered.
	goodCall = 300 * time.Millisecond
)

// Managed returns when Systems Manager first accepts a call of an agent that started at start, both counted from the
// instance's boot.
func (c Conditions) Managed(start time.Duration, r *rand.Rand) time.Duration {
	// The agent registers before anything else. A failure does not stop it, and it goes on trying in the background, so
	// that it is registered later wherever the service answers.
	now, registered := c.call(start+toFirstCall, r)
	for failures := 0; ; failures++ {
		var sleep time.Duration
		switch end, answered := c.call(now, r); {
		case now < c.Role && registered && answered:
			// Without a role the agent asks Systems Manager for one, and is refused.
			now, sleep = end, denied(r)
		case now < c.Role && !registered:
			sleep = unreachable(failures, r)
			registered = now+sleep >= c.Endpoint
		case !answered:
			now, sleep = end, unreachable(failures, r)
			registered = registered || now+sleep >= c.Endpoint
		case end-goodCall >= c.Permission:
			return end
		case c.Unrecognized:
			now, sleep = end, unreachable(failures, r)
		default:
			// Refused with the role of its profile, the agent asks for another role, and is refused again.
			now, sleep = end+goodCall, denied(r)
		}
		now += sleep
	}
}

// call makes one call, in several tries. It returns when it ended, and whether the service answered.
func (c Conditions) call(now time.Duration, r *rand.Rand) (time.Duration, bool) {
	for try := range tries {
		if now >= c.Endpoint {
			return now + goodCall, true
		}
		switch c.Unreachable {
		case Dropped:
			now += dialTimeout
		case Hanging:
			now += answerTimeout
		}
		if try < tries-1 {
			now += (time.Second + jitter(500*time.Millisecond, r)) << try
		}
	}
	return now, false
}

// denied returns how long the agent sleeps after a refusal.
func denied(r *rand.Rand) time.Duration {
	return deniedSleep + time.Duration(r.IntN(deniedJitter))*time.Second
}

// unreachable returns how long the agent sleeps after any other failure, so many failures after its start. The sleep
// doubles every third time; all but the first are spread over their last tenth.
func unreachable(failures int, r *rand.Rand) time.Duration {
	if failures == 0 {
		return healthPing
	}
	sleep := longestSleep
	if doublings := (failures + 2) / 3; doublings < 4 {
		sleep = healthPing << doublings
	}
	return sleep - sleep/10 + jitter(sleep/10, r)
}

// Connected returns when an agent whose worker is there now, counted from boot, has its control channel: from then on
// it opens sessions.
func (c Conditions) Connected(now time.Duration, r *rand.Rand) time.Duration {
	for pause := channelPause + jitter(channelPause, r); now < c.Channel; pause = min(2*pause, longestPause) {
		now += channelTimeout + pause + jitter(pause/2, r)
	}
	return now + goodCall
}
