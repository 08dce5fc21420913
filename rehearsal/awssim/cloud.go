package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"bastionless/rehearsal/account"
)

// Options configure a cloud.
type Options struct {
	// Path is the file that contains the cloud. It is read by New if it exists, and written after every
	// change. Empty: the cloud exists only in memory.
	Path string
	// Account is the account that the cloud starts from. Its objects are added to a new cloud; what AWS offers
	// applies to a cloud that is read from a file as well. Nil: the account of package catalog, which is empty.
	Account *account.File
	// AssumeExisting: a resource that a program refers to and that the account does not contain, such as a
	// key pair or an IAM user, is assumed to exist: see Assumed. Otherwise a reference to it is an error.
	// What nobody recorded about AWS is always assumed.
	AssumeExisting bool
	// Faults are calls that fail. Optional.
	Faults *Faults
}

// Cloud is a simulated AWS account. It can be used by several providers at the same time.
type Cloud struct {
	options Options

	// lock guards contents. A call that waits for it can be canceled, unlike one that waits for a mutex.
	lock chan struct{}
	contents
}

// fileFormat distinguishes the file of a cloud from others.
const fileFormat = "simulated AWS account, version 1"

// contents are what a cloud's file contains.
type contents struct {
	// Format is fileFormat.
	Format string
	// Objects are the account's resources by objectKey, including those that AWS creates itself.
	Objects map[string]*object
	// Assumptions are sentences that Assumed returns.
	Assumptions map[string]bool
	// AssumedServices are the codes of the endpoint services that AWS is assumed to offer, by Region.
	AssumedServices map[string]map[string]bool `json:",omitempty"`
	// Sequence is incremented for every ID that is generated.
	Sequence int
}

// object is a resource in the account.
type object struct {
	Type   string // token
	Region string // "" for a resource that does not belong to a Region
	ID     string
	Owner  string `json:",omitempty"` // key of the object that AWS created it for, and deletes it with
	State  values // all properties
	Number int    // increases in the order of creation
	// Existing is true for an object that the account contained from the start.
	Existing bool `json:",omitempty"`
	// Extra is what AWS knows of the object and the resource type has no property for.
	Extra values `json:",omitempty"`
}

// Object is a resource in the account.
type Object struct {
	// Type is its Pulumi type token, and ID the provider's ID.
	Type, ID string
	// Name is its Name tag, or else its property "name"; "" if it has neither.
	Name string
}

// New returns the cloud in the file at o.Path or, if there is no such file, creates the file with a new cloud. It returns an error,
// and leaves the file as it is, if the file contains something else or cannot be written.
func New(o Options) (*Cloud, error) {
	c := &Cloud{
		options: o, lock: make(chan struct{}, 1),
		contents: contents{Format: fileFormat, Objects: map[string]*object{}, Assumptions: map[string]bool{}},
	}
	if o.Account != nil {
		if err := c.addAccount(); err != nil {
			return nil, err
		}
	}
	if o.Path == "" {
		return c, nil
	}
	directory := filepath.Dir(o.Path)
	if info, err := os.Stat(directory); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, fmt.Errorf("simulated cloud %s: there is no directory %s: create it or choose another file", o.Path, directory)
	}
	data, err := os.ReadFile(o.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the simulated cloud: %w", err)
	}
	if err == nil {
		if err := c.read(data); err != nil {
			return nil, fmt.Errorf("%s is not a simulated cloud: %w: choose another file", o.Path, err)
		}
	}
	return c, c.save()
}

// read reads the file of a cloud.
func (c *contents) read(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var found contents
	if err := decoder.Decode(&found); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the file does not end after the JSON object")
	}
	if found.Format != fileFormat {
		return fmt.Errorf("its format is %q, and this version reads %q", found.Format, fileFormat)
	}
	if found.Objects == nil || found.Assumptions == nil {
		return errors.New("it lacks Objects or Assumptions")
	}
	for key, object := range found.Objects {
		if object == nil {
			return fmt.Errorf("object %q is null", key)
		}
	}
	*c = found
	return nil
}

func (c *Cloud) unlock() { <-c.lock }

// save writes the cloud to its file, completely or not at all.
func (c *Cloud) save() error {
	if c.options.Path == "" {
		return nil
	}
	data, err := json.MarshalIndent(c.contents, "", "  ")
	if err != nil {
		return err
	}
	directory := renameio.WithTempDir(filepath.Dir(c.options.Path))
	if err := renameio.WriteFile(c.options.Path, append(data, '\n'), 0o600, directory); err != nil {
		return fmt.Errorf("save the simulated cloud: %w", err)
	}
	return nil
}

// Inventory returns the resources in the account, sorted by type and ID. It does not return those that the
// account contained from the start, or that AWS created itself.
func (c *Cloud) Inventory() []Object {
	c.lock <- struct{}{}
	defer c.unlock()
	var inventory []Object
	for _, o := range c.Objects {
		if o.Owner == "" && !o.Existing {
			inventory = append(inventory, o.describe())
		}
	}
	sortObjects(inventory)
	return inventory
}

// describe returns the object for other packages.
func (o *object) describe() Object {
	name := str(o.State, "tags.Name")
	if name == "" {
		name = str(o.State, "name")
	}
	return Object{Type: o.Type, ID: o.ID, Name: name}
}

func sortObjects(objects []Object) {
	slices.SortFunc(objects, func(a, b Object) int { return strings.Compare(a.Type+" "+a.ID, b.Type+" "+b.ID) })
}

// objectKey returns the key of a resource in the cloud.
func objectKey(token, region, id string) string { return token + " " + region + " " + id }

// key returns the object's key in the cloud.
func (o *object) key() string { return objectKey(o.Type, o.Region, o.ID) }

// put adds a resource to the provider's Region, or replaces its properties.
func (c *call) put(token, id string, state values) *object {
	return c.putIn(c.region, token, id, state)
}

// putGlobal adds a resource that does not belong to a Region, or replaces its properties.
func (c *call) putGlobal(token, id string, state values) *object {
	return c.putIn("", token, id, state)
}

func (c *call) putIn(region, token, id string, state values) *object {
	o := c.Objects[objectKey(token, region, id)]
	if o == nil {
		c.Sequence++
		o = &object{Type: token, Region: region, ID: id, Number: c.Sequence}
		c.Objects[o.key()] = o
	}
	o.State = state
	return o
}

// get returns a resource in the provider's Region or in no Region, or nil.
func (c *call) get(token, id string) *object {
	if o := c.Objects[objectKey(token, c.region, id)]; o != nil {
		return o
	}
	return c.Objects[objectKey(token, "", id)]
}

// find returns the resources of a type in the provider's Region or in no Region that match, in the order of
// their creation. A nil match matches all.
func (c *call) find(token string, match func(values) bool) []*object {
	var found []*object
	for _, o := range c.Objects {
		if o.Type == token && (o.Region == c.region || o.Region == "") && (match == nil || match(o.State)) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *object) int { return a.Number - b.Number })
	return found
}

// remove removes a resource, and what AWS created for it.
func (c *call) remove(o *object) {
	key := o.key()
	delete(c.Objects, key)
	for _, other := range c.Objects {
		if other.Owner == key {
			c.remove(other)
		}
	}
}
