// Package capture reads an AWS account in one Region through the AWS CLI, and describes it in a file in which a rehearsal
// can run. It makes only calls that read, which [Calls] lists.
package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"bastionless/internal/contract"
	"bastionless/rehearsal/account"
)

// Options says what to capture.
type Options struct {
	// Region is the Region. Required.
	Region string
	// Profile is a profile of the AWS CLI. Optional: the CLI's default credentials.
	Profile string
	// Images are IDs of images that the stack uses, in addition to those that AWS publishes.
	Images []string
	// TagValues keeps the values of all tags. Otherwise the file contains only their keys, and the values of
	// contract.OwnerTag and of the tags in TagKeys.
	TagValues bool
	// TagKeys are the keys of tags whose values the file contains in any case, such as those that decide about access. Their
	// case is ignored, as IAM does.
	TagKeys []string
	// Redact replaces the account ID with account.RedactedID everywhere in the file.
	Redact bool
	// Progress receives a line for each section. Required.
	Progress io.Writer
}

// Account is the AWS account of the caller's credentials.
type Account struct {
	// ID is the account ID.
	ID string
	// Partition is "aws", "aws-cn" or "aws-us-gov".
	Partition string

	options Options
	cli     *cli
}

// Open returns the account that the credentials of the AWS CLI belong to.
func Open(ctx context.Context, o Options) (*Account, error) {
	c, err := newCLI(o.Region, o.Profile)
	if err != nil {
		return nil, err
	}
	printed, err := c.run(ctx, getCaller)
	if err != nil {
		return nil, explain(err)
	}
	var caller struct{ Account, Arn string }
	if err := json.Unmarshal(printed, &caller); err != nil {
		return nil, fmt.Errorf("aws %s: the answer is not JSON: %w: %s", getCaller.Command, err, c.checkProgram())
	}
	arn := strings.Split(caller.Arn, ":")
	if len(arn) != 6 || caller.Account == "" {
		return nil, fmt.Errorf("aws %s: the answer has no Account and no Arn: %s", getCaller.Command, c.checkProgram())
	}
	return &Account{ID: caller.Account, Partition: arn[1], options: o, cli: c}, nil
}

// Capture reads the account. Sections that AWS refuses to return are absent, and listed in Omitted. Two files of an
// unchanged account differ only in CapturedAt. Capture returns an error if a call gets no complete answer, the credentials
// expire, or AWS does not stop throttling.
func (a *Account) Capture(ctx context.Context) (*account.File, error) {
	r := &reader{cli: a.cli, progress: a.options.Progress, file: &account.File{
		Format: account.Format, Version: account.Version, CapturedAt: time.Now().UTC().Truncate(time.Second),
		AccountID: a.ID, Partition: a.Partition, Region: a.options.Region,
	}}
	r.readOffers(ctx)
	r.readNetwork(ctx)
	r.readInstances(ctx, a.options.Images)
	r.readIAM(ctx)
	r.readHostManagement(ctx)
	r.readNames(ctx)
	if r.err != nil {
		return nil, explain(r.err)
	}
	if !a.options.TagValues {
		removeTagValues(r.file, append([]string{contract.OwnerTag}, a.options.TagKeys...))
	}
	if a.options.Redact {
		if err := redact(r.file); err != nil {
			return nil, err
		}
	}
	// Last, because AWS returns most lists in any order, and redacted names sort differently.
	sortLists(r.file)
	if err := r.file.Check(); err != nil {
		return nil, fmt.Errorf("the answers of AWS cannot be used: %w: capture the account again", err)
	}
	return r.file, nil
}

// reader fills a file. After an error that ends the capture, its methods do nothing.
type reader struct {
	cli      *cli
	progress io.Writer
	file     *account.File
	err      error
}

// read makes a call and returns the field call.Key of the answer. It returns false if there is no answer. An answer
// without the field, or with only the first of several pages, ends the capture.
func read[T any](ctx context.Context, r *reader, call Call, args ...string) (T, bool) {
	var value T
	if r.err != nil {
		return value, false
	}
	printed, err := r.cli.run(ctx, call, args...)
	var failed *callError
	if errors.As(err, &failed) && failed.omittable() {
		r.omit(call, failed)
		return value, false
	}
	if err != nil {
		r.err = err
		return value, false
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(printed, &answer); err != nil {
		r.reject(call, "the answer is not a JSON object: %v", err)
		return value, false
	}
	// The CLI reads all pages. It prints a token if it does not know that the operation has pages.
	for _, token := range []string{"NextToken", "nextToken"} {
		if text := string(answer[token]); text != "" && text != "null" && text != `""` {
			r.reject(call, "the answer is incomplete: it has a %s", token)
			return value, false
		}
	}
	field, ok := answer[call.Key]
	if !ok || string(field) == "null" {
		r.reject(call, "the answer has no %s", call.Key)
		return value, false
	}
	if err := json.Unmarshal(field, &value); err != nil {
		r.reject(call, "%s of the answer is not as expected: %v", call.Key, err)
		return value, false
	}
	return value, true
}

// reject ends the capture because of an answer that AWS would not return.
func (r *reader) reject(call Call, format string, args ...any) {
	r.err = fmt.Errorf("aws %s: %s: %s", call.Command, fmt.Sprintf(format, args...), r.cli.checkProgram())
}

// readList makes a call whose answer is a section.
func readList[T any](ctx context.Context, r *reader, call Call, section *[]T) {
	if items, ok := read[[]T](ctx, r, call); ok {
		setList(r, call, section, items)
	}
}

// setList sets a section. It is not nil, because nil means that the section is unknown.
func setList[T any](r *reader, call Call, section *[]T, items []T) {
	*section = append([]T{}, items...)
	r.captured(call, len(items))
}

// captured reports a section that was read.
func (r *reader) captured(call Call, count int) {
	if r.err == nil {
		fmt.Fprintf(r.progress, "  %-22s %5d\n", call.Section, count)
	}
}

// omit records and reports a call without an answer, once for all objects.
func (r *reader) omit(call Call, failed *callError) {
	omission := account.Omission{Section: call.Section, Call: call.Command, Permission: call.Permission, Reason: failed.code}
	if slices.Contains(r.file.Omitted, omission) {
		return
	}
	r.file.Omitted = append(r.file.Omitted, omission)
	if failed.denied() {
		fmt.Fprintf(r.progress, "  %-22s     -  left out: you do not have the permission %s\n", call.Section, call.Permission)
		return
	}
	fmt.Fprintf(r.progress, "  %-22s     -  left out: %v\n", call.Section, failed)
}
