package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bastionless/internal/contract"
	"bastionless/rehearsal/account"
	"bastionless/rehearsal/report"
)

// captureLifetime is how old a captured account can be without a warning.
const captureLifetime = 30 * 24 * time.Hour

// chosenAccount is the account in which a stack is rehearsed. The zero value is the built-in account, which is empty.
type chosenAccount struct {
	path string
	file *account.File
	// redacted is true if the file does not contain the account's own ID.
	redacted bool
}

// chooseAccount reads the file that --account names, or else that of the stack in the directory accounts.
func (o *runOptions) chooseAccount(config map[string]string) (*chosenAccount, error) {
	path, err := o.accountPath()
	if err != nil || path == "" {
		return &chosenAccount{}, err
	}
	opened, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	defer opened.Close()
	file, err := account.Read(opened)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", path, err)
	}
	chosen := &chosenAccount{path: path, file: file, redacted: file.Redacted}
	err = chosen.fitTo(config)
	if err == nil {
		err = chosen.checkTagValues(o.stack, config)
	}
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", path, err)
	}
	return chosen, nil
}

// checkTagValues returns an error if the file lacks the values of tags that decide on which instances the stack allows
// sessions.
func (c *chosenAccount) checkTagValues(stack string, config map[string]string) error {
	var removed []string
	for _, key := range targetTagKeys(config) {
		isSame := func(other string) bool { return strings.EqualFold(key, other) }
		if slices.ContainsFunc(c.file.RemovedTagValues, isSame) {
			removed = append(removed, key)
		}
	}
	if len(removed) == 0 {
		return nil
	}
	return fmt.Errorf("it was captured without the values of the tags %s, which targetTags of the stack needs: capture the account again. "+
		"\"make capture STACK=%s\" keeps these values, and \"make capture STACK=%s TAGS=1\" those of all tags", strings.Join(removed, ", "), stack, stack)
}

// accountPath returns the path of the account's file, or "" for the built-in account.
func (o *runOptions) accountPath() (string, error) {
	if o.account != "" {
		return o.account, nil
	}
	for _, name := range []string{o.stack + ".json", o.stack + ".example.json"} {
		path := filepath.Join(o.dir, "accounts", name)
		switch _, err := os.Stat(path); {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return "", nil
}

// fitTo returns an error if the stack is not for the account's Region or not for the account. A redacted file gets the
// ID of the only account that the stack allows.
func (c *chosenAccount) fitTo(config map[string]string) error {
	if region := config["aws:region"]; region != c.file.Region {
		return fmt.Errorf("it describes %s, and aws:region of the stack is %s: capture the account in %s, or name another file with --account",
			c.file.Region, region, region)
	}
	// The provider reports a value that is not a list.
	var allowed []string
	_ = json.Unmarshal([]byte(config["aws:allowedAccountIds"]), &allowed)
	if len(allowed) == 0 {
		return nil
	}
	if c.redacted {
		restored, err := c.file.WithID(allowed[0])
		c.file = restored
		return err
	}
	if !slices.Contains(allowed, c.file.AccountID) {
		return fmt.Errorf("it describes account %s, and aws:allowedAccountIds of the stack has only %s: capture the account that the stack is "+
			"for, or name another file with --account", c.file.AccountID, strings.Join(allowed, ", "))
	}
	return nil
}

// describe returns the account for the report, or nil for the built-in one.
func (c *chosenAccount) describe() *report.Account {
	if c.file == nil {
		return nil
	}
	return &report.Account{
		File: c.path, ID: c.file.AccountID, Redacted: c.redacted, Region: c.file.Region, CapturedAt: c.file.CapturedAt,
	}
}

// warnings returns a warning if the account was captured long ago, or when the stack was already deployed to it, or if the
// stack uses a VPC that exists, which the built-in account does not contain.
func (c *chosenAccount) warnings(project, stack string, config map[string]string, now time.Time) []string {
	if c.file == nil {
		for key, value := range config {
			if _, name, _ := strings.Cut(key, ":"); name == "vpcId" && value != "" {
				return []string{fmt.Sprintf("vpcId: no file describes the account, so the rehearsal assumes one without VPCs: capture yours "+
					"with \"make capture STACK=%s\", or name a file with --account", stack)}
			}
		}
		return nil
	}
	var found []string
	owner := contract.Owner(project, stack, c.file.AccountID)
	if own := c.taggedWith(owner); len(own) > 0 {
		found = append(found, fmt.Sprintf("%s contains what this stack has deployed: %s, with the tag %s = %s. A rehearsal creates the stack from "+
			"nothing, and reports that as a conflict. Leave it as it is in the account, and rehearse with a file that was captured before the "+
			"stack was deployed, or without one", c.path, strings.Join(own, ", "), contract.OwnerTag, owner))
	}
	if age := now.Sub(c.file.CapturedAt); !c.file.CapturedAt.IsZero() && age > captureLifetime {
		found = append(found, fmt.Sprintf("%s is %d days old, and the account may have changed since: capture it again with \"make capture STACK=%s\"",
			c.path, int(age/(24*time.Hour)), stack))
	}
	return found
}

// taggedWith returns the IDs of the endpoints and instances that belong to a stack.
func (c *chosenAccount) taggedWith(owner string) []string {
	tag := account.Tag{Key: contract.OwnerTag, Value: owner}
	var ids []string
	for _, endpoint := range c.file.VpcEndpoints {
		if slices.Contains(endpoint.Tags, tag) {
			ids = append(ids, endpoint.VpcEndpointId)
		}
	}
	for _, instance := range c.file.Instances {
		if slices.Contains(instance.Tags, tag) {
			ids = append(ids, instance.InstanceId)
		}
	}
	return ids
}
