package firstsession

import (
	"math/rand/v2"
	"time"
)

// Span is a duration that is somewhere between two, each as likely as any other.
type Span struct{ From, To time.Duration }

func (s Span) draw(r *rand.Rand) time.Duration {
	if s.To <= s.From {
		return s.From
	}
	return s.From + time.Duration(r.Int64N(int64(s.To-s.From)))
}

// jitter returns a duration from zero to less than most.
func jitter(most time.Duration, r *rand.Rand) time.Duration { return Span{To: most}.draw(r) }
