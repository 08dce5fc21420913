package awssim

import (
	"bastionless/rehearsal/awssim/catalogue"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
)

// Options say how a cloud behaves.
type Options struct {
	// Path is the file that holds the cloud, saved after every change. Empty: it lives in memory alone.
	Path string
	// AssumeExisting takes what a program names and the fixture lacks, such as a key pair or an IAM user, to exist, and
	// records that. Otherwise it is refused.
	AssumeExisting bool
	// Faults are refused on demand. Optional.
	Faults *Faults
	// Latency multiplies typical durations. 0: everything is done at once.
	Latency float64
}

// Cloud is one simulated AWS account.
type Cloud struct {
	options  Options
	existing catalogue.Account // what the account contained before
	mu       sync.Mutex

	// Objects are what the account holds, by their key. What AWS makes by itself is among them, with an owner.
	Objects map[string]*object
	// Assumptions are what was taken to exist.
	Assumptions map[string]bool
	// Sequence counts made-up ids.
	Sequence int
}

// object is one thing in the account.
type object struct {
	Type   string // token
	Region string // empty for what lives in no Region
	ID     string
	Owner  string `json:",omitempty"` // key of what it goes with, where AWS made it by itself
	State  values // all its properties
	Number int    // when it was made, to list things in order
}

// Object is something that the account holds.
type Object struct {
	// Type is its Pulumi token, ID its provider's id, and Name its Name tag or name, where it has one.
	Type, ID, Name string
}

// New is a cloud as its file holds it or, without one, as the fixture describes it.
func New(o Options) (*Cloud, error) {
	c := &Cloud{options: o, existing: catalogue.DefaultAccount(), Objects: map[string]*object{}, Assumptions: map[string]bool{}}
	if o.Path == "" {
		return c, nil
	}
	data, err := os.ReadFile(o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the simulated cloud: %w", err)
	}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("%s is not a simulated cloud: %w: remove it to begin with an empty one", o.Path, err)
	}
	return c, nil
}

// NewProvider is a provider for one operation on the cloud.
func (c *Cloud) NewProvider() plugin.Provider { return &provider{cloud: c} }

// Inventory lists what the account holds beyond the fixture and what AWS made by itself, in the order of types and ids.
func (c *Cloud) Inventory() []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Object
	for _, o := range c.Objects {
		if o.Owner != "" {
			continue
		}
		name := text(o.State, "tags.Name")
		if name == "" {
			name = text(o.State, "name")
		}
		all = append(all, Object{Type: o.Type, ID: o.ID, Name: name})
	}
	slices.SortFunc(all, func(a, b Object) int {
		return strings.Compare(a.Type+" "+a.ID, b.Type+" "+b.ID)
	})
	return all
}

// Assumed says in a sentence each what was taken to exist, in order.
func (c *Cloud) Assumed() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for sentence := range c.Assumptions {
		all = append(all, sentence)
	}
	slices.Sort(all)
	return all
}

// assume takes something to exist, if the cloud does that at all.
func (c *Cloud) assume(format string, args ...any) bool {
	if c.options.AssumeExisting {
		c.Assumptions[fmt.Sprintf(format, args...)] = true
	}
	return c.options.AssumeExisting
}

// key is where the cloud keeps a thing.
func key(token, region, id string) string { return token + " " + region + " " + id }

// put keeps a thing of the provider's Region.
func (c *call) put(token, id string, state values) *object {
	return c.putIn(c.region, token, id, state)
}

// putGlobal keeps a thing that lives in no Region.
func (c *call) putGlobal(token, id string, state values) *object {
	return c.putIn("", token, id, state)
}

func (c *call) putIn(region, token, id string, state values) *object {
	o := c.Objects[key(token, region, id)]
	if o == nil {
		c.Sequence++
		o = &object{Type: token, Region: region, ID: id, Number: c.Sequence}
		c.Objects[key(token, region, id)] = o
	}
	o.State = state
	return o
}

// get returns a thing of the provider's Region, or of none, or nil.
func (c *call) get(token, id string) *object {
	if o := c.Objects[key(token, c.region, id)]; o != nil {
		return o
	}
	return c.Objects[key(token, "", id)]
}

// all returns the things of a type in the provider's Region that fit, the oldest first.
func (c *call) all(token string, fits func(values) bool) []*object {
	var found []*object
	for _, o := range c.Objects {
		if o.Type == token && (o.Region == c.region || o.Region == "") && (fits == nil || fits(o.State)) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *object) int { return a.Number - b.Number })
	return found
}

// drop removes a thing, and what AWS made for it.
func (c *call) drop(o *object) {
	k := key(o.Type, o.Region, o.ID)
	delete(c.Objects, k)
	for _, other := range c.Objects {
		if other.Owner == k {
			c.drop(other)
		}
	}
}

// save writes the cloud to its file, whole or not at all.
func (c *Cloud) save() error {
	if c.options.Path == "" {
		return nil
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(c.options.Path), ".cloud-*")
	if err != nil {
		return err
	}
	_, err = file.Write(append(data, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), c.options.Path)
}
