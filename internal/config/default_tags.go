package config

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"bastionless/iam"
	"bastionless/internal/diag"
)

// defaultTagsKey is the AWS provider's key for the tags of all resources.
const defaultTagsKey = "aws:defaultTags"

// Limits of tags. The rules for IAM roles are the strictest, and all resources get the same default tags.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
const (
	maxTagKey   = 128
	maxTagValue = 256
	// maxDefaultTags leaves room for the two tags that the stack sets itself: AWS allows 50. The instances get the
	// tags of targetTags as well.
	maxDefaultTags = 48
)

var tagCharacters = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

// checkDefaultTags reports default tags that IAM refuses. The provider reports values of the wrong type.
func (r *reader) checkDefaultTags(ctx *pulumi.Context, c Config) {
	text, err := config.New(ctx, "aws").Try("defaultTags")
	if err != nil {
		return
	}
	var defaults struct {
		Tags map[string]any
	}
	if json.Unmarshal([]byte(text), &defaults) != nil {
		return
	}
	folded := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(defaults.Tags)) {
		value, _ := defaults.Tags[key].(string)
		r.checkDefaultTag(key, value)
		if other, ok := folded[strings.ToLower(key)]; ok {
			r.diags.Add(defaultTagsKey, diag.Conflict, "the keys %q and %q differ only in case, but the tag keys of IAM roles "+
				"are case-insensitive: remove one of them", other, key)
		}
		folded[strings.ToLower(key)] = key
	}
	targets := 0
	for key := range c.Instances.Tags {
		if _, ok := defaults.Tags[key]; !ok && c.HasInstances() {
			targets++
		}
	}
	if n, most := len(defaults.Tags), maxDefaultTags-targets; n > most {
		r.diags.Add(defaultTagsKey, diag.TooMany, "%d tags leave no room for those that the stack sets itself, including targetTags: "+
			"use at most %d", n, most)
	}
	r.checkRunAsTag(folded, c)
}

// checkRunAsTag reports a tag with which AWS would choose the operating system user of shells instead of sessionRunAs.
func (r *reader) checkRunAsTag(folded map[string]string, c Config) {
	if key, ok := folded[strings.ToLower(iam.RunAsTagKey)]; ok && c.Sessions.RunAs != "" {
		r.diags.Add(defaultTagsKey, diag.Conflict, "the session role would get the tag %q, which AWS prefers to sessionRunAs: remove the "+
			"tag, or sessionRunAs", key)
	}
}

func (r *reader) checkDefaultTag(key, value string) {
	switch {
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		r.diags.Add(defaultTagsKey, diag.Malformed, "the key %q begins with aws:, which AWS reserves: use another key", key)
	case key == "" || utf8.RuneCountInString(key) > maxTagKey:
		r.diags.Add(defaultTagsKey, diag.Malformed, "the key %q has %d characters: use 1 to %d", key,
			utf8.RuneCountInString(key), maxTagKey)
	case !tagCharacters.MatchString(key):
		r.diags.Add(defaultTagsKey, diag.Malformed, "the key %q contains a character that IAM roles do not allow: use letters, digits, "+
			"spaces and characters of _.:/=+-@", key)
	}
	switch {
	case utf8.RuneCountInString(value) > maxTagValue:
		r.diags.Add(defaultTagsKey, diag.Malformed, "the value of %q has %d characters: use at most %d", key,
			utf8.RuneCountInString(value), maxTagValue)
	case !tagCharacters.MatchString(value):
		r.diags.Add(defaultTagsKey, diag.Malformed, "the value %q of %q contains a character that IAM roles do not allow: use letters, "+
			"digits, spaces and characters of _.:/=+-@", value, key)
	}
}
