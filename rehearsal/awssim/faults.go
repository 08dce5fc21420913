package awssim

import "sync"

// Operation is what a provider is asked to do with a resource.
type Operation string

// The values of Operation.
const (
	Create Operation = "create"
	Read   Operation = "read"
	Update Operation = "update"
	Delete Operation = "delete"
)

// FaultKind says how a call fails.
type FaultKind int

// The values of FaultKind.
const (
	// Refused fails before the call has had any effect.
	Refused FaultKind = iota
	// Late fails after it: the resource exists, and a later step did not succeed. Only a create that has later steps fails so.
	Late
	// Throttled fails like Refused, in the words of a limit that the SDK's own retries did not outwait.
	Throttled
)

// Fault makes one call fail.
type Fault struct {
	// Type is the resource's token. Empty: any.
	Type string
	// Name is the resource's logical name. Empty: any.
	Name      string
	Operation Operation
	// Number counts from 1 the calls that fit, and says which fails. 0 is 1.
	Number int
	Kind   FaultKind
}

// HasLaterSteps says whether the creation of a type goes on after the resource exists, so that a Late fault can come.
func HasLaterSteps(token string) bool {
	t := resourceTypes[token]
	return t != nil && !t.atomic
}

// Faults makes calls fail on demand. It is safe for use by several at once.
type Faults struct {
	mu     sync.Mutex
	faults []Fault
	seen   []int
	done   int
}

// NewFaults makes each of these calls fail once.
func NewFaults(faults ...Fault) *Faults {
	return &Faults{faults: faults, seen: make([]int, len(faults))}
}

// Done is how many have failed.
func (f *Faults) Done() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.done
}

const (
	errInjected = worded("operation error Simulation: Injected, https response error StatusCode: 500, api error InternalError: " +
		"An internal error has occurred")
	errThrottled = worded("operation error Simulation: Injected, exceeded maximum number of attempts, 9, https response error StatusCode: " +
		"503, api error RequestLimitExceeded: Request limit exceeded.")
)

// next returns the error of the call that is about to be made, before its effect and after it.
func (f *Faults) next(token, name string, operation Operation) (before, after error) {
	if f == nil {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.faults {
		if fault.Operation != operation || fault.Type != "" && fault.Type != token || fault.Name != "" && fault.Name != name {
			continue
		}
		if fault.Kind == Late && (operation != Create || !HasLaterSteps(token)) {
			continue
		}
		f.seen[i]++
		if f.seen[i] != max(fault.Number, 1) {
			continue
		}
		f.done++
		switch fault.Kind {
		case Late:
			return nil, errInjected
		case Throttled:
			return errThrottled, nil
		}
		return errInjected, nil
	}
	return nil, nil
}
