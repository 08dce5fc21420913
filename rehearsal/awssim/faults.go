package awssim

import "sync"

// Operation is an operation on a resource.
type Operation string

// The operations that can have faults.
const (
	Create Operation = "create"
	Delete Operation = "delete"
)

// FaultKind says how a call fails.
type FaultKind int

// The kinds of faults.
const (
	// Refused: the call has no effect.
	Refused FaultKind = iota
	// PartialCreate: the resource exists, and a later step of its creation fails. See CreatesInSteps.
	PartialCreate
)

// Fault is a call that fails.
type Fault struct {
	// Type is the type token of the resource, and Name its logical name.
	Type, Name string
	Operation  Operation
	Kind       FaultKind
}

// CreatesInSteps reports whether the provider creates resources of a type with several API calls, so that a
// creation can fail partially.
func CreatesInSteps(token string) bool {
	t := resourceTypes[token]
	return t != nil && !t.SingleCall
}

// Faults are calls that fail once each. Faults can be used concurrently.
type Faults struct {
	mu      sync.Mutex
	pending map[Fault]bool
}

// NewFaults returns faults for the first call that each of them describes.
func NewFaults(faults ...Fault) *Faults {
	pending := map[Fault]bool{}
	for _, fault := range faults {
		pending[fault] = true
	}
	return &Faults{pending: pending}
}

const errInjected = verbatim("operation error Simulation: Injected, https response error StatusCode: 500, api error InternalError: " +
	"An internal error has occurred")

// next returns the errors of a call before its effect and after it.
func (f *Faults) next(token, name string, operation Operation) (refused, partial error) {
	if f == nil {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := Fault{Type: token, Name: name, Operation: operation}
	if f.pending[fault] {
		delete(f.pending, fault)
		return errInjected, nil
	}
	fault.Kind = PartialCreate
	if f.pending[fault] && CreatesInSteps(token) {
		delete(f.pending, fault)
		return nil, errInjected
	}
	return nil, nil
}
