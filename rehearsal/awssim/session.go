package awssim

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"bastionless/rehearsal/awssim/catalog"
)

// session is one engine operation on the cloud. Its methods implement the provider independently of the
// interface that the engine calls.
type session struct {
	cloud *Cloud

	// mu guards the fields below. It is never held while waiting for the cloud, so that cancel does not
	// block.
	mu          sync.Mutex
	account     string
	region      string
	defaultTags values
	canceled    chan struct{} // closed by cancel
}

func newSession(cloud *Cloud) *session {
	return &session{cloud: cloud, account: cloud.accountID(), canceled: make(chan struct{})}
}

// cancel cancels the operation: calls that wait for the cloud, and later calls, fail. It does not wait
// itself.
func (s *session) cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.canceled:
	default:
		close(s.canceled)
	}
}

// newCall returns a call for a resource, which has not locked the cloud.
func (s *session) newCall(token string) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{Cloud: s.cloud, account: s.account, region: s.region, defaultTags: s.defaultTags, token: token}
	if region, ok := catalog.LookupRegion(s.region); ok {
		c.offers, c.partition, c.dnsSuffix = &offers{Region: region}, region.Partition().Name, region.Partition().DNSSuffix
		c.offers.file = c.file()
	}
	return c
}

// begin returns a call that has locked the cloud. It returns an error if the operation is canceled or ctx
// ends before that. The caller unlocks the cloud, or calls end if the call may have changed it.
func (s *session) begin(ctx context.Context, token string) (*call, error) {
	c := s.newCall(token)
	s.mu.Lock()
	canceled := s.canceled
	s.mu.Unlock()

	select {
	case c.lock <- struct{}{}:
	case <-canceled:
		return nil, context.Canceled
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select { // if several cases were ready, the first select chose any of them
	case <-canceled:
		c.unlock()
		return nil, context.Canceled
	case <-ctx.Done():
		c.unlock()
		return nil, ctx.Err()
	default:
		return c, nil
	}
}

// end saves and unlocks the cloud. It saves after an error as well: a call that failed may have created a
// resource or added an assumption.
func (c *call) end(err *error) {
	if saveErr := c.save(); *err == nil {
		*err = saveErr
	}
	c.unlock()
}

func lookupType(token string) (*resourceType, error) {
	t := resourceTypes[token]
	if t == nil {
		return nil, fmt.Errorf("the simulated AWS does not support the resource type %s", token)
	}
	return t, nil
}

// readableType returns the type with this token, including those that can only be read, or nil.
func readableType(token string) *resourceType {
	if t := readOnlyTypes[token]; t != nil {
		return t
	}
	return resourceTypes[token]
}

// create creates the resource with this URN and name. If it returns an error and an ID, the resource
// exists, and a later step of its creation failed.
func (s *session) create(ctx context.Context, urn, token, name string, in values) (id string, state values, err error) {
	t, err := lookupType(token)
	if err != nil {
		return "", nil, err
	}
	c, err := s.begin(ctx, token)
	if err != nil {
		return "", nil, t.wrapError("", "", err)
	}
	defer c.end(&err)
	refused, fault := c.options.Faults.next(t.Token, name, Create)
	if refused != nil {
		return "", nil, t.wrapError("", "", refused)
	}
	c.fault = fault
	if t.Taggable {
		if err := c.checkTags(c.allTags(in)); err != nil {
			return "", nil, t.wrapError("", "", err)
		}
	}
	id, state, err = t.Create(c, clone(in))
	if err != nil && !isPartial(err) {
		return "", nil, t.wrapError("", "", err)
	}
	if t.Taggable {
		state["tagsAll"] = c.allTags(in)
	}
	if err == nil {
		err = c.partialFault() // after the last step, the provider waits until the resource is available
	}
	if err != nil {
		err = t.wrapError("creating", urn, err)
	}
	return id, clone(state), err
}

// readResult is what a read returns about a resource. The zero value means that it does not exist.
type readResult struct {
	id            string
	inputs, state values
}

// read reads a resource. recorded are its inputs in Pulumi's state. imported is true if Pulumi's state does not contain
// the resource: a program reads an existing one, or imports it.
func (s *session) read(ctx context.Context, urn, token, id string, recorded values, imported bool) (readResult, error) {
	t := readableType(token)
	if t == nil {
		_, err := lookupType(token)
		return readResult{}, err
	}
	c, err := s.begin(ctx, token)
	if err != nil {
		return readResult{}, t.wrapError("", "", err)
	}
	defer c.unlock()
	if imported && t.ImportID != nil {
		if id, err = t.ImportID(c, id); err != nil {
			return readResult{}, err
		}
	}
	if imported && t.Kind != nil {
		if err := t.Kind.checkID(c, t.Kind.reading+" ("+id+")", id); err != nil {
			return readResult{}, t.wrapError("refreshing", urn, err)
		}
	}
	o := c.readable(t.Token, id)
	if o == nil {
		return readResult{}, nil
	}
	if t.Read != nil {
		t.Read(c, o.ID, o.State)
	}
	state := clone(o.State)
	if len(recorded) == 0 {
		recorded = t.importInputs(state)
	}
	return readResult{o.ID, t.readInputs(recorded, state), state}, nil
}

// createdWithVPC are the types of the resources that AWS creates with each VPC. Programs can read them.
var createdWithVPC = []string{defaultSecurityGroupToken, routeTableToken, networkACLToken}

// readable returns the resource that the provider reads, or nil.
func (c *call) readable(token, id string) *object {
	o := c.get(token, id)
	switch token {
	case securityGroupToken:
		o = c.securityGroup(id) // the provider reads a default group as well
	case serviceSettingToken:
		o = c.serviceSetting(id)
	case defaultNetworkACLToken:
		o = c.get(networkACLToken, id)
	}
	if o == nil || o.Owner != "" && !slices.Contains(createdWithVPC, o.Type) {
		return nil
	}
	return o
}

// update updates a resource in place and returns its state.
func (s *session) update(ctx context.Context, urn, token, id string, in values) (state values, err error) {
	t, err := lookupType(token)
	if err != nil {
		return nil, err
	}
	wrap := func(err error) error { return t.wrapError("updating", urn, err) }
	c, err := s.begin(ctx, token)
	if err != nil {
		return nil, wrap(err)
	}
	defer c.end(&err)
	o := c.get(t.Token, id)
	switch {
	case o == nil && t.NotFound != nil:
		return nil, wrap(t.NotFound(c, id))
	case o == nil:
		return nil, wrap(fmt.Errorf("%s %s does not exist", t.Token, id))
	}
	if t.Taggable {
		if err := c.checkTags(c.allTags(in)); err != nil {
			return nil, wrap(err)
		}
	}
	state = clone(o.State)
	if t.Update != nil {
		if state, err = t.Update(c, o.ID, clone(o.State), clone(in)); err != nil {
			return nil, wrap(err)
		}
	}
	if t.Taggable {
		if state["tagsAll"] = c.allTags(in); isSet(in, "tags") {
			state["tags"] = in["tags"]
		} else {
			delete(state, "tags")
		}
	}
	o.State = state
	return clone(state), nil
}

// delete deletes a resource. A resource that does not exist is no error. outputs are its properties in
// Pulumi's state.
func (s *session) delete(ctx context.Context, urn, token, name, id string, outputs values) (err error) {
	t, err := lookupType(token)
	if err != nil {
		return err
	}
	wrap := func(err error) error { return t.wrapError("deleting", urn, err) }
	c, err := s.begin(ctx, token)
	if err != nil {
		return wrap(err)
	}
	defer c.end(&err)
	if refused, _ := c.options.Faults.next(t.Token, name, Delete); refused != nil {
		return wrap(refused)
	}
	o := c.get(t.Token, id)
	switch {
	case o == nil:
		return nil
	case t.Delete == nil:
		c.remove(o)
		return nil
	}
	c.oldOutputs = outputs
	if err := t.Delete(c, o.ID, o.State); err != nil {
		return wrap(err)
	}
	return nil
}

// invoke answers a lookup and returns the names of the secret properties. It returns nothing in a preview
// that does not know the provider's Region.
func (s *session) invoke(ctx context.Context, token string, args values) (answer values, secrets []string, err error) {
	l, ok := lookups[token]
	if !ok {
		return nil, nil, fmt.Errorf("the simulated AWS does not support the lookup %s", token)
	}
	if err := l.checkArguments(token, args); err != nil {
		return nil, nil, err
	}
	c, err := s.begin(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	defer c.end(&err)
	if c.offers == nil {
		return nil, nil, nil
	}
	if answer, err = l.invoke(c, args); err != nil {
		return nil, nil, verbatim(fmt.Sprintf("invoking %s: 1 error occurred:\n\t* %s\n\n", token, err))
	}
	return answer, l.secret, nil
}
