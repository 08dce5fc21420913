package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bastionless/rehearsal/capture"
	"bastionless/rehearsal/engine"
)

// captureOptions are the flags of the command capture.
type captureOptions struct {
	stack, dir, region, profile, out string
	tagValues, redact                bool
}

// captureCommand describes the AWS account of a stack in a file.
func captureCommand(ctx context.Context, args []string, s streams) int {
	var o captureOptions
	flags := flag.NewFlagSet("capture", flag.ContinueOnError)
	flags.StringVar(&o.stack, "stack", "", "capture the account and Region of the `stack` that Pulumi.<stack>.yaml configures (required)")
	flags.StringVar(&o.dir, "dir", ".", "read Pulumi.yaml and the stack files from `directory`")
	flags.StringVar(&o.region, "region", "", "capture `Region`, if the stack file does not set aws:region")
	flags.StringVar(&o.profile, "profile", "", "use `profile` of the AWS CLI (default aws:profile, or else the CLI's default)")
	flags.StringVar(&o.out, "out", "", "write `file` (default DIR/accounts/STACK.json, where a rehearsal looks for it)")
	flags.BoolVar(&o.tagValues, "tags", false, "keep the values of tags, not only their keys")
	flags.BoolVar(&o.redact, "redact", false, "replace the account ID with 123456789012 everywhere in the file")
	const synopsis = "--stack STACK [--dir .] [--region REGION] [--profile PROFILE] [--out FILE] [--tags] [--redact]"
	operands, status, done := parse(flags, args, synopsis, s)
	if done {
		return status
	}
	err := noOperands(operands)
	var config map[string]string
	if err == nil {
		config, err = o.configure()
	}
	if err != nil {
		return s.fail("capture", err)
	}
	return o.capture(ctx, config, s)
}

// configure validates the flags, sets those with defaults, and returns the stack's configuration.
func (o *captureOptions) configure() (map[string]string, error) {
	if o.stack == "" {
		return nil, errors.New("missing --stack: name the stack whose account to capture, such as --stack dev")
	}
	if err := checkFile("out", o.out); err != nil {
		return nil, err
	}
	if o.out == "" {
		o.out = filepath.Join(o.dir, "accounts", o.stack+".json")
	}
	config, err := engine.ReadConfig(o.dir, o.stack)
	if err != nil {
		return nil, err
	}
	configured := config["aws:region"]
	if o.region == "" {
		o.region = configured
	}
	if configured != "" && o.region != configured {
		return nil, fmt.Errorf("--region %s: aws:region of stack %q is %s, and a rehearsal needs the account in that Region: "+
			"leave --region out", o.region, o.stack, configured)
	}
	if o.profile == "" {
		o.profile = config["aws:profile"]
	}
	return config, checkRegion(o.region)
}

// capture captures the account, writes the file, and returns the exit status.
func (o *captureOptions) capture(ctx context.Context, config map[string]string, s streams) int {
	fail := func(err error) int {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		s.fail("capture", fmt.Errorf("%w (%s was not written)", err, o.out))
		return exitFailed
	}
	opened, err := capture.Open(ctx, capture.Options{
		Region: o.region, Profile: o.profile, Images: stackImages(config), TagValues: o.tagValues, TagKeys: targetTagKeys(config),
		Redact: o.redact, Progress: s.err,
	})
	if err != nil {
		return fail(err)
	}
	if err := checkAccount(config, opened.ID); err != nil {
		return s.fail("capture", err)
	}
	fmt.Fprintf(s.err, "Capturing account %s in %s:\n", opened.ID, o.region)
	file, err := opened.Capture(ctx)
	if err == nil {
		err = capture.Write(o.out, file)
	}
	if err != nil {
		return fail(err)
	}
	fmt.Fprintf(s.out, "%s: account %s in %s\n", o.out, file.AccountID, file.Region)
	if omitted := capture.OmittedSections(file); len(omitted) > 0 {
		fmt.Fprintf(s.out, "Absent or incomplete: %s. A rehearsal assumes what is missing. To capture it, use credentials "+
			"with the permissions in docs/capture.md.\n", strings.Join(omitted, ", "))
	}
	return exitOK
}

// stackImages returns the images that the stack names.
func stackImages(config map[string]string) []string {
	var images []string
	for key, value := range config {
		if strings.HasSuffix(key, ":amiId") && value != "" {
			images = append(images, value)
		}
	}
	return images
}

// targetTagKeys returns the keys of the tags that decide on which instances the stack allows sessions.
func targetTagKeys(config map[string]string) []string {
	var keys []string
	for key, value := range config {
		if _, name, _ := strings.Cut(key, ":"); name != "targetTags" {
			continue
		}
		var tags []string
		_ = json.Unmarshal([]byte(value), &tags) // the program reports a value that is not a list
		for _, tag := range tags {
			tagKey, _, _ := strings.Cut(tag, "=")
			keys = append(keys, tagKey)
		}
	}
	return keys
}

// checkAccount returns an error if the stack must not be deployed to an account.
func checkAccount(config map[string]string, id string) error {
	const remedy = "use credentials of another account, such as with --profile"
	// The AWS provider reports values that are not lists.
	var allowed, forbidden []string
	_ = json.Unmarshal([]byte(config["aws:allowedAccountIds"]), &allowed)
	_ = json.Unmarshal([]byte(config["aws:forbiddenAccountIds"]), &forbidden)
	switch {
	case len(allowed) > 0 && !slices.Contains(allowed, id):
		return fmt.Errorf("your credentials belong to account %s, which aws:allowedAccountIds (%s) does not allow: %s",
			id, strings.Join(allowed, ", "), remedy)
	case slices.Contains(forbidden, id):
		return fmt.Errorf("your credentials belong to account %s, which aws:forbiddenAccountIds forbids: %s", id, remedy)
	}
	return nil
}
