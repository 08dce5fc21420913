package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"bastionless/compute"
	"bastionless/endpoints"
	"bastionless/iam"
	"bastionless/network"
)

// settings is the stack's configuration, in the order of Pulumi.yaml, checked as far as that goes without asking AWS.
type settings struct {
	namePrefix            string
	vpc                   netip.Prefix
	zones                 []network.Zone // without their names, which the Region decides
	shared                bool
	flowLogDays           int
	ec2messages           bool
	s3Endpoint            bool
	interfaceEndpoints    []string
	endpointPolicy        endpoints.Policy
	organizationID        string
	s3Buckets             []string
	endpointIngress       network.EndpointIngress
	instancesPerZone      int
	instanceType          string
	os                    compute.OS
	amiID                 string
	keyName               string
	sshPublicKey          string
	rootVolumeGiB         int
	rootVolumeEncrypted   bool
	rootVolumeKMSKey      string
	detailedMonitoring    bool
	imds                  compute.IMDS
	installLatestAgent    bool
	agentAutoUpdate       bool
	instanceEgress        network.InstanceEgress
	forwardTo             []network.Target
	terminationProtection bool
	instanceRoleName      string
	instancePolicy        iam.InstancePolicy
	sessionRoleName       string
	permissionsBoundary   string
	sessionPrincipals     []iam.Principal
	requireMFA            bool
	mfaMaxAgeMinutes      int
	anyInstance           bool
	sessionDocuments      []iam.Document
	sessionLogs           []sessionLog
	sessionEncryption     bool
	sessionLogDays        int
	sessionIdleMinutes    int
	sessionMaxMinutes     int
}

// sessionLog is a place where sessions are recorded.
type sessionLog string

const (
	cloudWatch sessionLog = "cloudwatch"
	bucket     sessionLog = "s3"
)

var sessionLogs = []sessionLog{cloudWatch, bucket}

// loadSettings reads every key. What is wrong with a value goes to found, and the setting keeps a zero value.
func loadSettings(ctx *pulumi.Context, found *problems) settings {
	r := &reader{config: config.New(ctx, ""), found: found, known: map[string]bool{}}
	s := r.settings(ctx)
	r.unknown(ctx.Project(), os.Getenv(pulumi.EnvConfig))
	s.check(found)
	return s
}

func (r *reader) settings(ctx *pulumi.Context) settings {
	s := settings{
		namePrefix:            r.text("namePrefix"),
		vpc:                   r.block("vpcCidr"),
		shared:                choice(r, "subnetLayout", "separate", "shared") == "shared",
		flowLogDays:           r.number("flowLogDays"),
		ec2messages:           r.flag("ec2messagesEndpoint"),
		s3Endpoint:            r.flag("s3Endpoint"),
		interfaceEndpoints:    r.list("interfaceEndpoints"),
		endpointPolicy:        choice(r, "endpointPolicy", endpoints.Restricted, endpoints.Full),
		organizationID:        r.text("organizationId"),
		s3Buckets:             r.list("s3Buckets"),
		endpointIngress:       choice(r, "endpointIngress", network.FromInstances, network.FromVPC),
		instancesPerZone:      r.number("instancesPerZone"),
		instanceType:          r.text("instanceType"),
		os:                    choice(r, "os", compute.AmazonLinux2023, compute.AmazonLinux2),
		amiID:                 r.text("amiId"),
		keyName:               r.text("keyName"),
		sshPublicKey:          strings.TrimSpace(r.text("sshPublicKey")),
		rootVolumeGiB:         r.number("rootVolumeGiB"),
		rootVolumeEncrypted:   r.flag("rootVolumeEncrypted"),
		rootVolumeKMSKey:      r.text("rootVolumeKmsKey"),
		detailedMonitoring:    r.flag("detailedMonitoring"),
		imds:                  choice(r, "imds", compute.IMDSv2, compute.IMDSOptional),
		installLatestAgent:    r.flag("installLatestAgent"),
		agentAutoUpdate:       r.flag("agentAutoUpdate"),
		instanceEgress:        choice(r, "instanceEgress", network.RestrictedEgress, network.OpenEgress),
		terminationProtection: r.flag("terminationProtection"),
		instanceRoleName:      r.text("instanceRoleName"),
		instancePolicy:        choice(r, "instancePolicy", iam.ManagedPolicy, iam.MinimalPolicy),
		sessionRoleName:       r.text("sessionRoleName"),
		permissionsBoundary:   r.text("permissionsBoundary"),
		requireMFA:            r.flag("requireMfa"),
		mfaMaxAgeMinutes:      r.number("mfaMaxAgeMinutes"),
		anyInstance:           choice(r, "sessionTargets", "stack", "any") == "any",
		sessionLogs:           choices(r, "sessionLogs", sessionLogs),
		sessionEncryption:     r.flag("sessionEncryption"),
		sessionLogDays:        r.number("sessionLogDays"),
		sessionIdleMinutes:    r.number("sessionIdleMinutes"),
		sessionMaxMinutes:     r.number("sessionMaxMinutes"),
	}
	if s.namePrefix == "" {
		s.namePrefix = ctx.Project() + "-" + ctx.Stack()
	}
	s.zones = r.zones(s.vpc, s.shared)
	s.forwardTo = r.targets()
	s.sessionPrincipals = r.principals()
	s.sessionDocuments = r.documents(s.guarded())
	return s
}

// services are the codes of the interface endpoints, those of Session Manager first.
func (s *settings) services() []string {
	services := []string{endpoints.SSM, endpoints.SSMMessages}
	if s.ec2messages {
		services = append(services, endpoints.EC2Messages)
	}
	if s.records(cloudWatch) {
		services = append(services, endpoints.Logs)
	}
	if s.sessionEncryption {
		services = append(services, endpoints.KMS)
	}
	for _, service := range s.interfaceEndpoints {
		if !slices.Contains(services, service) {
			services = append(services, service)
		}
	}
	return services
}

// records says whether sessions are recorded there.
func (s *settings) records(to sessionLog) bool { return slices.Contains(s.sessionLogs, to) }

// guarded says whether sessions are recorded or encrypted, which AWS does for shells alone.
func (s *settings) guarded() bool { return len(s.sessionLogs) > 0 || s.sessionEncryption }

// ownDocument says whether the stack has a session document of its own.
func (s *settings) ownDocument() bool {
	return s.guarded() || s.sessionIdleMinutes > 0 || s.sessionMaxMinutes > 0
}

// opens says whether the session role opens sessions of this kind.
func (s *settings) opens(document iam.Document) bool {
	return slices.Contains(s.sessionDocuments, document)
}

// pushesKey says whether SSH has no key pair, so that people push their own key.
func (s *settings) pushesKey() bool {
	return s.opens(iam.SSH) && s.keyName == "" && s.sshPublicKey == ""
}

// instances is how many the stack has.
func (s *settings) instances() int { return len(s.zones) * s.instancesPerZone }

// members are the instances that the stack has.
func (s *settings) members() []compute.Member {
	letters := make([]string, len(s.zones))
	for i, zone := range s.zones {
		letters[i] = zone.Letter
	}
	return compute.Members(letters, s.instancesPerZone)
}

// reader reads keys of the stack's configuration, and notes which there are.
type reader struct {
	config *config.Config
	found  *problems
	known  map[string]bool
}

// try notes the key, and reads its value. Pulumi.yaml has a default for every key, and the Pulumi CLI checks the types;
// so the problems here are those of a Pulumi.yaml that was changed, or of an up that skips the check.
func try[T any](r *reader, key, rule string, parse func(string) (T, error)) T {
	r.known[key] = true
	var value T
	text, err := r.config.Try(key)
	if err != nil {
		r.found.unreadable(key, "no value and no default: restore the key's default in Pulumi.yaml")
		return value
	}
	if value, err = parse(text); err != nil {
		r.found.unreadable(key, fmt.Sprintf("%q is %s", text, rule))
	}
	return value
}

func (r *reader) text(key string) string {
	return try(r, key, "", func(text string) (string, error) { return text, nil })
}

func (r *reader) flag(key string) bool {
	return try(r, key, "neither true nor false: give one of them", strconv.ParseBool)
}

func (r *reader) number(key string) int {
	return try(r, key, "not a whole number: write it in digits", strconv.Atoi)
}

// texts reads a list of texts.
func (r *reader) texts(key string) []string {
	rule := fmt.Sprintf("not a list of texts: set each with pulumi config set --path '%s[0]' VALUE", key)
	return try(r, key, rule, func(text string) ([]string, error) {
		var values []string
		return values, json.Unmarshal([]byte(text), &values)
	})
}

// list reads a list of texts, and leaves out what is empty or there already.
func (r *reader) list(key string) []string {
	var values []string
	counts := map[string]int{}
	for _, value := range r.texts(key) {
		counts[value]++
		switch {
		case counts[value] == 2:
			r.found.add(key, "%q is listed twice: list it once", value)
		case counts[value] > 2:
		case value == "":
			r.found.add(key, "holds an empty text: remove it")
		default:
			values = append(values, value)
		}
	}
	return values
}

// choice reads one of a few texts.
func choice[T ~string](r *reader, key string, allowed ...T) T {
	value := T(r.text(key))
	if !slices.Contains(allowed, value) {
		r.found.add(key, "%q is not one of its values: give %s", value, quoted(allowed))
	}
	return value
}

// choices reads a list of a few texts.
func choices[T ~string](r *reader, key string, allowed []T) []T {
	var values []T
	for _, text := range r.list(key) {
		if !slices.Contains(allowed, T(text)) {
			r.found.add(key, "%q is not one of its values: give %s", text, quoted(allowed))
		}
		values = append(values, T(text))
	}
	return values
}

func (r *reader) block(key string) netip.Prefix {
	block, err := network.ParseBlock(r.text(key))
	if err != nil {
		r.found.add(key, "%w", err)
	}
	return block
}

// unknown notes keys of ours that the program does not read: Pulumi accepts them in silence.
func (r *reader) unknown(project, text string) {
	var all map[string]string
	if text == "" || json.Unmarshal([]byte(text), &all) != nil {
		return
	}
	var names []string
	for key := range all {
		if name, ours := strings.CutPrefix(key, project+":"); ours && !r.known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		r.found.add(name, "there is no such key: did you mean %s?", r.nearest(name))
	}
}

// nearest is the known key that takes the fewest edits to become.
func (r *reader) nearest(name string) string {
	best, fewest := "", len(name)+100
	for key := range r.known {
		edits := distance(strings.ToLower(name), strings.ToLower(key))
		if edits < fewest || edits == fewest && key < best {
			best, fewest = key, edits
		}
	}
	return best
}

// distance is how many letters have to be inserted, removed or changed to make one text of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// quoted lists values as a person would: "a", "b" or "c".
func quoted[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = fmt.Sprintf("%q", value)
	}
	last := len(texts) - 1
	if last < 1 {
		return strings.Join(texts, "")
	}
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// problems collects what is wrong with the configuration, so that a person hears all of it at once.
type problems struct {
	all    []error
	unread map[string]bool // keys without a value to judge
}

// add notes a problem with a key: the value, the rule and the remedy.
func (p *problems) add(key, format string, args ...any) {
	if !p.unread[key] {
		p.all = append(p.all, fmt.Errorf(key+": "+format, args...))
	}
}

// unreadable notes that a key has no value of its type. Nothing more is said of it.
func (p *problems) unreadable(key, problem string) {
	p.add(key, "%s", problem)
	if p.unread == nil {
		p.unread = map[string]bool{}
	}
	p.unread[key] = true
}

// err lists them as one error, or is nil.
func (p *problems) err(stack string) error {
	if len(p.all) == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("stack %s is not configured right:", stack)}
	for _, problem := range p.all {
		lines = append(lines, "  - "+problem.Error())
	}
	return errors.New(strings.Join(lines, "\n"))
}
