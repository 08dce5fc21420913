package proof

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"bastionless/internal/contract"
	"bastionless/rehearsal/proof/policy"
)

// defaultDocument is the session document that AWS uses if the caller names none.
const defaultDocument = "SSM-SessionManagerRunShell"

// sessionDocument is an SSM document of type Session.
type sessionDocument struct {
	*resource
	name string
	// sessionType is the kind of session, such as standardStream.
	sessionType                   string
	logGroup, bucket, prefix, kms string
	logEncrypted, bucketEncrypted bool
	// runAs is true if sessions run as another user than ssm-user: runAsUser, unless a tag names one.
	runAs     bool
	runAsUser string
	// unreadable says why the content cannot be read, or is empty.
	unreadable string
}

// Kinds of sessions.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
const (
	// standardStream is a shell.
	standardStream = "Standard_Stream"
	// portSession forwards a port, or SSH.
	portSession = "Port"
)

// records reports whether the document names a target of records.
func (d *sessionDocument) records() bool { return d.logGroup != "" || d.bucket != "" }

// key is a KMS key.
type key struct {
	*resource
	arn    string
	policy *policy.Document
	// unusable says why nobody can encrypt with the key, or is empty.
	unusable string
}

// readRecords reads session documents and KMS keys.
func (m *model) readRecords() {
	for _, n := range m.ofType("aws:ssm/document:Document") {
		if n.str("documentType") != "Session" {
			continue
		}
		d := &sessionDocument{resource: n, name: cmp.Or(n.str("name"), n.id)}
		d.unreadable = d.read()
		m.allDocuments = append(m.allDocuments, d)
		if !differ(d.region, m.region) && !differ(d.account, m.account) {
			m.documents[d.name] = d
		}
	}
	policies := map[string][]*resource{}
	for _, n := range m.ofType("aws:kms/keyPolicy:KeyPolicy") {
		policies[n.str("keyId")] = append(policies[n.str("keyId")], n)
	}
	for _, n := range m.ofType("aws:kms/key:Key") {
		k := &key{resource: n, arn: n.str("arn")}
		name, own := "the policy of "+n.String(), slices.Concat(policies[n.id], policies[k.arn])
		switch {
		case len(own) > 1:
			k.policy = policy.Unreadable(name, fmt.Sprintf("its content, which %s both set", names(own)))
		case len(own) == 1:
			k.policy = own[0].policy("policy", name)
		case n.str("policy") == "" && !n.encrypted["policy"]:
			// The default key policy of AWS delegates to the account.
			account := policy.Principal{ARN: k.arn}.Account()
			k.policy = mustParse(name, `{"Statement": {"Effect": "Allow", "Principal": {"AWS": "`+account+`"}, "Action": "kms:*", "Resource": "*"}}`)
		default:
			k.policy = n.policy("policy", name)
		}
		k.unusable = k.whyUnusable()
		m.keys = append(m.keys, k)
	}
}

// whyUnusable returns why nobody can encrypt with the key, or "". Session Manager and CloudWatch Logs need a
// symmetric key for encryption:
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-preferences-enable-encryption.html
func (k *key) whyUnusable() string {
	usage, spec := k.str("keyUsage"), k.str("customerMasterKeySpec")
	switch {
	case !k.boolean("isEnabled", true):
		return "it is disabled"
	case usage != "" && usage != "ENCRYPT_DECRYPT":
		return "its keyUsage is " + usage
	case spec != "" && spec != "SYMMETRIC_DEFAULT":
		return "it is not symmetric: its customerMasterKeySpec is " + spec
	}
	return ""
}

// read reads the content of a document. It returns why the content cannot be read, or "".
func (d *sessionDocument) read() (unreadable string) {
	content := d.str("content")
	if d.encrypted["content"] {
		return "its content is encrypted"
	}
	if version, read := d.str("defaultVersion"), d.str("documentVersion"); differ(version, read) {
		return fmt.Sprintf("sessions use its default version %s, and the state has the content of version %s", version, read)
	}
	var parsed struct {
		SessionType string         `json:"sessionType" yaml:"sessionType"`
		Inputs      map[string]any `json:"inputs" yaml:"inputs"`
	}
	var err error
	switch format := strings.ToUpper(cmp.Or(d.str("documentFormat"), "JSON")); format {
	case "JSON":
		err = json.Unmarshal([]byte(content), &parsed)
	case "YAML":
		err = yaml.Unmarshal([]byte(content), &parsed)
	default:
		return "its format is " + format
	}
	if err != nil {
		return "its content cannot be parsed"
	}
	d.sessionType = parsed.SessionType
	d.logGroup = asStr(parsed.Inputs["cloudWatchLogGroupName"])
	d.logEncrypted = asBool(parsed.Inputs["cloudWatchEncryptionEnabled"], false)
	d.bucket = asStr(parsed.Inputs["s3BucketName"])
	d.prefix = asStr(parsed.Inputs["s3KeyPrefix"])
	d.bucketEncrypted = asBool(parsed.Inputs["s3EncryptionEnabled"], false)
	d.kms = asStr(parsed.Inputs["kmsKeyId"])
	d.runAs = asBool(parsed.Inputs["runAsEnabled"], false)
	d.runAsUser = asStr(parsed.Inputs["runAsDefaultUser"])
	for _, key := range slices.Sorted(maps.Keys(parsed.Inputs)) {
		if strings.Contains(fmt.Sprint(parsed.Inputs[key]), "{{") {
			return "its input " + key + " is a parameter, which the caller or a parameter of the account sets"
		}
	}
	return ""
}

// sessionDocuments returns the documents, sorted by name.
func (m *model) sessionDocuments() []*sessionDocument {
	var documents []*sessionDocument
	for _, name := range slices.Sorted(maps.Keys(m.documents)) {
		documents = append(documents, m.documents[name])
	}
	return documents
}

// key returns the KMS key with an ARN, id or alias, or nil if the state does not contain it at the location of the
// first instance.
func (m *model) key(name string) *key { return m.keyAt(name, m.location).found }

// keyAt returns the KMS key with an ARN, id or alias at a location. Each of them belongs to an account and Region.
func (m *model) keyAt(name string, at location) match[*key] {
	of := func(k *key) *resource { return k.resource }
	if name == "" {
		return match[*key]{}
	}
	if parts := strings.SplitN(name, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		at.region, at.account = parts[3], parts[4]
	}
	var found []*key
	for _, k := range m.keys {
		if k.arn == name || k.id == name {
			found = append(found, k)
		}
	}
	if len(found) > 0 {
		return matchAt(found, of, at)
	}
	for _, alias := range m.ofType("aws:kms/alias:Alias") {
		if alias.str("name") != name && alias.str("arn") != name || differ(alias.region, at.region) || differ(alias.account, at.account) {
			continue
		}
		for _, k := range m.keys {
			if target := alias.str("targetKeyId"); k.id == target || k.arn == target || k.arn == alias.str("targetKeyArn") {
				found = append(found, k)
			}
		}
	}
	return matchAt(found, of, at)
}

// documentAt returns the session document with a name at a location.
func (m *model) documentAt(name string, at location) match[*sessionDocument] {
	var found []*sessionDocument
	for _, d := range m.allDocuments {
		if d.name == name {
			found = append(found, d)
		}
	}
	return matchAt(found, func(d *sessionDocument) *resource { return d.resource }, at)
}

// documentsAt returns the session documents that are, or may be, at a location.
func (m *model) documentsAt(at location) []*sessionDocument {
	var found []*sessionDocument
	for _, d := range m.allDocuments {
		if !differ(d.region, at.region) && !differ(d.account, at.account) {
			found = append(found, d)
		}
	}
	slices.SortStableFunc(found, func(a, b *sessionDocument) int { return strings.Compare(a.name, b.name) })
	return found
}

// logGroupAt returns the log group with a name at a location.
func (m *model) logGroupAt(name string, at location) match[*resource] {
	var found []*resource
	for _, n := range m.ofType("aws:cloudwatch/logGroup:LogGroup") {
		if n.str("name") == name || n.id == name {
			found = append(found, n)
		}
	}
	return matchAt(found, func(r *resource) *resource { return r }, at)
}

// ofOthers reports whether a component of this project records that a log group or a bucket for session records
// belongs to others. The input is the name of the component's input. The state does not contain such a target, and
// what its owner decides is assumed.
func (m *model) ofOthers(input, name string) bool {
	return slices.ContainsFunc(m.component(contract.SessionsType), func(c *resource) bool { return asStr(c.input(input)) == name })
}

// usedDocuments returns the documents at a location that a session role of the state may use. If the state has no
// session role, it returns all.
func (m *model) usedDocuments(at location) []*sessionDocument {
	if used, ok := m.used[at]; ok {
		return used
	}
	roles, documents := m.sessionRoles(), m.documentsAt(at)
	var used []*sessionDocument
	for _, d := range documents {
		mayUse := func(r *role) bool {
			arn := documentARNAt(d.name, at)
			return m.decideSession(r, "ssm:StartSession", arn, withTags(documentContext(d.name), m.tagsOf(d.resource))).Effect != policy.Denied
		}
		if len(roles) == 0 || slices.ContainsFunc(roles, mayUse) {
			used = append(used, d)
		}
	}
	m.used[at] = used
	return used
}

// recordTargets returns the documents that sessions at a location use, and their log groups, buckets and keys.
func (m *model) recordTargets(at location) []*resource {
	var targets []*resource
	add := func(n *resource) {
		if n != nil {
			targets = append(targets, n)
		}
	}
	for _, d := range m.usedDocuments(at) {
		if d.logGroup != "" {
			add(m.logGroupAt(d.logGroup, at).found)
		}
		if d.bucket != "" {
			add(m.bucketNamed(d.bucket).found)
		}
		if k := m.keyAt(d.kms, at).found; k != nil {
			add(k.resource)
		}
	}
	return targets
}
