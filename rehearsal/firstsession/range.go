package firstsession

import (
	"math/rand/v2"
	"time"
)

// Range is a duration between Min and Max. All values are equally likely.
type Range struct{ Min, Max time.Duration }

// seconds returns a range between two numbers of seconds.
func seconds(low, high float64) Range {
	return Range{time.Duration(low * float64(time.Second)), time.Duration(high * float64(time.Second))}
}

func (r Range) draw(random *rand.Rand) time.Duration {
	if r.Max <= r.Min {
		return r.Min
	}
	return r.Min + time.Duration(random.Int64N(int64(r.Max-r.Min)))
}

func (r Range) scale(factor float64) Range {
	return Range{time.Duration(float64(r.Min) * factor), time.Duration(float64(r.Max) * factor)}
}

// jitter returns a random duration that is less than limit.
func jitter(limit time.Duration, random *rand.Rand) time.Duration {
	return Range{Max: limit}.draw(random)
}
