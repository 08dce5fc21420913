package proof

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// location is the partition, account and Region of a resource. A field is empty if the state does not show it,
// or shows it in two ways. IAM resources have no Region.
type location struct{ partition, account, region string }

// arn returns an ARN at the location.
func (l location) arn(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", l.partition, service, l.region, l.account, resource)
}

// dnsSuffix returns the DNS suffix of the partition.
func (l location) dnsSuffix() string {
	switch l.partition {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	}
	return "amazonaws.com"
}

// locations collects the locations of the resources of one provider.
type locations struct{ partitions, accounts, regions map[string]bool }

// locate determines where each resource is: from its own outputs, the configuration of its provider and, if they agree,
// the other resources of the provider. Resources without a provider, as in states that were written by hand, are treated
// as those of one provider.
func (s *state) locate() {
	all := slices.Concat(s.resources, s.uncertain)
	configured, siblings := map[string]location{}, map[string]*locations{}
	for _, r := range all {
		if strings.HasPrefix(r.typ, "pulumi:providers:") {
			configured[r.urn+"::"+r.id] = configuredLocation(r)
			continue
		}
		if siblings[r.provider] == nil {
			siblings[r.provider] = &locations{map[string]bool{}, map[string]bool{}, map[string]bool{}}
		}
		own, l := ownLocation(r), siblings[r.provider]
		l.partitions[own.partition], l.accounts[own.account], l.regions[own.region] = true, true, true
	}
	for _, r := range all {
		if l := siblings[r.provider]; l != nil && !strings.HasPrefix(r.typ, "pulumi:providers:") {
			r.setLocation(configured[r.provider], location{onlyValue(l.partitions), onlyValue(l.accounts), onlyValue(l.regions)})
		}
	}
}

// setLocation sets the location of a resource. It is uncertain if the resource's outputs contradict the
// configuration of its provider.
func (r *resource) setLocation(configured, siblings location) {
	own := ownLocation(r)
	r.location = location{
		partition: cmp.Or(own.partition, siblings.partition),
		account:   cmp.Or(own.account, configured.account, siblings.account),
		region:    cmp.Or(own.region, configured.region, siblings.region),
	}
	switch {
	case strings.HasPrefix(r.typ, "aws:iam/"):
		r.region = ""
	case differ(own.region, configured.region) && asStr(r.inputs["region"]) == "":
		r.health = append(r.health, fmt.Sprintf("its provider is configured for %s, and its outputs say %s", configured.region, own.region))
		r.region = ""
	}
	if differ(own.account, configured.account) {
		r.health = append(r.health, fmt.Sprintf("its provider is configured for account %s, and its outputs say %s", configured.account, own.account))
		r.account = ""
	}
}

// onlyValue returns the only value in a set besides "", or "" if there are several.
func onlyValue(set map[string]bool) string {
	only := ""
	for value := range set {
		if value != "" && only != "" {
			return ""
		}
		only = cmp.Or(value, only)
	}
	return only
}

// configuredLocation returns the location in the configuration of a provider.
func configuredLocation(provider *resource) location {
	l := location{region: provider.str("region")}
	// Providers record lists and objects as JSON.
	var accounts []string
	if json.Unmarshal([]byte(provider.str("allowedAccountIds")), &accounts) == nil && len(accounts) == 1 {
		l.account = accounts[0]
	}
	return l
}

// ownLocation returns the location in the outputs of a resource.
func ownLocation(r *resource) location {
	var l location
	if parts := strings.SplitN(asStr(r.outputs["arn"]), ":", 6); len(parts) == 6 && parts[0] == "arn" {
		l = location{parts[1], parts[4], parts[3]}
	}
	if len(l.account) != len("123456789012") {
		l.account = "" // AWS's own resources have the account "aws"
	}
	if l.account == "" {
		if owner := asStr(r.outputs["ownerId"]); len(owner) == len("123456789012") {
			l.account = owner
		}
	}
	// Buckets have a property region, as have all resources of version 7 of the provider.
	if l.region == "" && strings.HasPrefix(r.typ, "aws:") {
		l.region = cmp.Or(asStr(r.outputs["region"]), asStr(r.inputs["region"]))
	}
	return l
}

// match is the resource that a name refers to.
type match[T any] struct {
	// found is the zero value if the state has none with the name in the account and Region.
	found T
	// unknown is the reason why it is uncertain which resource the name refers to, or empty.
	unknown string
}

// matchAt returns the candidate at a location. All candidates have the name that was looked up. A candidate at
// an unknown location, several candidates at the location and a location that is unknown itself make the
// result uncertain.
func matchAt[T any](candidates []T, of func(T) *resource, at location) match[T] {
	var m match[T]
	var possible []*resource
	for _, c := range candidates {
		r := of(c)
		if differ(r.account, at.account) || differ(r.region, at.region) {
			continue
		}
		possible = append(possible, r)
		m.found = c
	}
	switch {
	case len(possible) > 1:
		m.unknown = fmt.Sprintf("%s could each be meant: the state does not show which is in %s of account %s",
			names(possible), cmp.Or(at.region, "an unknown Region"), cmp.Or(at.account, "(unknown)"))
	case len(possible) == 1 && (possible[0].region == "" || at.region == ""):
		m.unknown = fmt.Sprintf("the state does not show whether %s is in Region %q", possible[0], at.region)
	case len(possible) == 1 && (possible[0].account == "" || at.account == ""):
		m.unknown = fmt.Sprintf("the state does not show whether %s is in account %q", possible[0], at.account)
	}
	return m
}

// differ reports whether two values are known and differ.
func differ(a, b string) bool { return a != "" && b != "" && a != b }
