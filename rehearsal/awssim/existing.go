package awssim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"bastionless/rehearsal/account"
	"bastionless/rehearsal/awssim/catalog"
)

// file returns the account's file if it describes the provider's Region, or nil.
func (c *call) file() *account.File {
	if f := c.options.Account; f != nil && f.Region == c.region {
		return f
	}
	return nil
}

// builtInAccountID is the ID of the account if no file describes it. The account contains nothing.
const builtInAccountID = "123456789012"

// accountID returns the ID of the account.
func (c *Cloud) accountID() string {
	if c.options.Account != nil {
		return c.options.Account.AccountID
	}
	return builtInAccountID
}

// userNames returns the names of the account's IAM users, with their paths.
func (c *Cloud) userNames() []string {
	if c.options.Account == nil {
		return nil
	}
	var names []string
	for _, user := range c.options.Account.Users {
		names = append(names, strings.TrimPrefix(user.Path, "/")+user.UserName)
	}
	return names
}

// usersCaptured reports whether the account's file lists all IAM users.
func (c *Cloud) usersCaptured() bool {
	return c.options.Account != nil && c.options.Account.Users != nil
}

// rolesCaptured reports whether the account's file lists all IAM roles.
func (c *Cloud) rolesCaptured() bool {
	return c.options.Account != nil && c.options.Account.Roles != nil
}

// addAccount adds the objects in the account's file to a new cloud, as if they had been created there.
func (c *Cloud) addAccount() error {
	f := c.options.Account
	if _, ok := catalog.LookupRegion(f.Region); !ok {
		return fmt.Errorf("account: unknown Region %q", f.Region)
	}
	call := c.accountCall()
	call.addVPCs(f)
	call.addSubnets(f)
	call.addNetworkACLs(f)
	call.addSecurityGroups(f)
	call.completeVPCs(f)
	call.addRouteTables(f)
	call.addRoles(f)
	call.addKeyPairs(f)
	call.addEndpoints(f)
	call.addInstances(f)
	call.assumeRest(f)
	for _, o := range c.Objects {
		o.Existing = true
		call.refresh(o)
	}
	return nil
}

// accountCall returns a call in the Region of the account's file.
func (c *Cloud) accountCall() *call {
	s := newSession(c)
	s.region = c.options.Account.Region
	return s.newCall("")
}

// refresh updates the properties of an object that depend on other objects.
func (c *call) refresh(o *object) {
	if t := readableType(o.Type); t != nil && t.Read != nil {
		t.Read(c, o.ID, o.State)
	}
}

// Changed returns the objects that the account contained from the start and that have changed since, or no longer
// exist, sorted by type and ID.
func (c *Cloud) Changed() ([]Object, error) {
	if c.options.Account == nil {
		return nil, nil
	}
	original, err := New(Options{Account: c.options.Account, AssumeExisting: c.options.AssumeExisting})
	if err != nil {
		return nil, err
	}
	c.lock <- struct{}{}
	defer c.unlock()
	call := c.accountCall()
	var changed []Object
	for key, before := range original.Objects {
		now := c.Objects[key]
		if now != nil {
			call.refresh(now)
		}
		if !bytes.Equal(before.serialize(), now.serialize()) {
			changed = append(changed, before.describe())
		}
	}
	sortObjects(changed)
	return changed, nil
}

// serialize returns the object as JSON. Lists whose order has no meaning are sorted.
func (o *object) serialize() []byte {
	if o == nil {
		return nil
	}
	copied := *o
	copied.State = clone(o.State)
	if t := readableType(o.Type); t != nil {
		for name, a := range t.Inputs {
			if a.Set {
				copied.State[name] = sortedList(copied.State[name])
			}
		}
	}
	text, err := json.Marshal(&copied)
	if err != nil {
		panic(err) // values consist of types that have a JSON form
	}
	return text
}

// assumeRest records the assumptions that replace what the account's file does not contain.
func (c *call) assumeRest(f *account.File) {
	if missing := missingOffers(f); len(missing) > 0 {
		c.assume("the account has the %s that were recorded from AWS: its own were not captured", strings.Join(missing, ", "))
	}
	if missing := missingContents(f); len(missing) > 0 {
		c.assume("the account has only those %s that the stack creates or refers to: they were not captured", strings.Join(missing, ", "))
	}
	for _, omission := range f.Omitted {
		c.assume("section %s of the account file is complete, although %q failed with %s", omission.Section, omission.Call, omission.Reason)
	}
}

// section is a section of an account's file.
type section struct {
	absent bool
	things string
}

// missingOffers returns what the file does not contain of what AWS offers to the account.
func missingOffers(f *account.File) []string {
	return absentSections([]section{
		{f.Zones == nil, "zones"},
		{f.InstanceTypeOfferings == nil, "instance types"},
		{f.EndpointServices == nil, "endpoint services"},
		{f.PrefixLists == nil, "prefix lists"},
		{f.ImageParameters == nil, "image parameters"},
		{f.Images == nil, "images"},
		{f.Quotas == nil, "quotas"},
	})
}

// missingContents returns what the file does not contain of the account's objects.
func missingContents(f *account.File) []string {
	return absentSections([]section{
		{f.KeyPairs == nil, "key pairs"},
		{f.Vpcs == nil, "VPCs"},
		{f.Subnets == nil, "subnets"},
		{f.RouteTables == nil, "route tables"},
		{f.NetworkAcls == nil, "network ACLs"},
		{f.SecurityGroups == nil, "security groups"},
		{f.VpcEndpoints == nil, "VPC endpoints"},
		{f.Instances == nil, "instances"},
		{f.Users == nil, "IAM users"},
		{f.Roles == nil, "IAM roles"},
		{f.InstanceProfiles == nil, "instance profiles"},
		{f.Buckets == nil, "S3 buckets"},
		{f.LogGroups == nil, "log groups"},
		{f.Documents == nil, "Systems Manager documents"},
	})
}

func absentSections(sections []section) []string {
	var things []string
	for _, s := range sections {
		if s.absent {
			things = append(things, s.things)
		}
	}
	return things
}

// addTags adds the properties for tags. The provider does not return the tags that AWS sets.
func addTags(o *object, list []account.Tag) {
	tags, reserved := values{}, values{}
	for _, tag := range list {
		if strings.HasPrefix(tag.Key, "aws:") {
			reserved[tag.Key] = tag.Value
		} else {
			tags[tag.Key] = tag.Value
		}
	}
	o.State["tags"], o.State["tagsAll"] = tags, clone(tags)
	if len(reserved) > 0 {
		o.setExtra("tags", reserved)
	}
}

func (o *object) setExtra(name string, value any) {
	if o.Extra == nil {
		o.Extra = values{}
	}
	o.Extra[name] = value
}
