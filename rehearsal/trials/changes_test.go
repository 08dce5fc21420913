package trials

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bastionless/rehearsal/engine"
)

// change is a change of the configuration of a deployed stack.
type change struct {
	// name tells cases of one key apart. Optional.
	name string
	// key is the key that the case is about. What else is set is what the key needs.
	key string
	// stack is dev unless it is said.
	stack string
	// from is what the stack was deployed with, and to what is set then.
	from, to settings
	// want says what becomes of each resource that is touched.
	want []string
	// order are chains of what is done, each of which must have ended before the next begins.
	order [][]string
}

func (c change) title() string {
	return strings.TrimSpace(c.key + " " + c.name)
}

// photos keeps deployed stacks: many changes begin with the same.
type photos struct {
	mu  sync.Mutex
	all map[string]*picture
}

// picture is a photo, or will be one.
type picture struct {
	mu    sync.Mutex
	photo *photo
}

func (p *photos) of(t *testing.T, stack string, given settings) photo {
	t.Helper()
	key, err := json.Marshal(given)
	require.NoError(t, err)
	p.mu.Lock()
	one := p.all[stack+string(key)]
	if one == nil {
		one = &picture{}
		p.all[stack+string(key)] = one
	}
	p.mu.Unlock()
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.photo == nil {
		w := newWorld(t, stack, given)
		w.up()
		taken := w.photo()
		one.photo = &taken
	}
	return *one.photo
}

// After every change the stack is as the program wants it, serves its purpose, and goes.
func TestEveryChangeOfConfiguration(t *testing.T) {
	t.Parallel()
	taken := &photos{all: map[string]*picture{}}
	for _, c := range changes() {
		t.Run(c.title(), func(t *testing.T) {
			t.Parallel()
			ran.changes.Add(1)
			stack := c.stack
			if stack == "" {
				stack = "dev"
			}
			w := taken.of(t, stack, c.from).world(t)
			w.configure(c.to)
			result := w.up()
			require.Equal(t, c.want, changed(result))
			for _, chain := range c.order {
				inOrder(t, result, chain)
			}
			w.settled()
			w.proven()
			w.goes()
		})
	}
}

// inOrder holds the steps of a chain to follow each other.
func inOrder(t *testing.T, result *engine.Result, chain []string) {
	t.Helper()
	ended := -1
	for _, link := range chain {
		step := find(t, result, link)
		require.Less(t, ended, step.Start, "%s has to wait: %q", link, chain)
		ended = step.End
	}
}

// find returns the step that does something to a resource, such as "remove Subnet network-app-a".
func find(t *testing.T, result *engine.Result, link string) engine.Step {
	t.Helper()
	for _, step := range result.Changed() {
		for _, verb := range verb(step) {
			if verb+" "+label(string(step.URN.Type()), step.URN.Name()) == link {
				return step
			}
		}
	}
	require.FailNow(t, "there is no such step: "+link, "%q", changed(result))
	return engine.Step{}
}
