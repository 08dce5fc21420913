package outputs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"bastionless/iam"
	"bastionless/internal/awsenv"
	"bastionless/internal/contract"
	"bastionless/internal/preflight"
	"bastionless/network"
)

// newConnection returns the connection of a stack. IDs and privateIPs map instance names to IDs and
// addresses. document is the name of the stack's own session document, or "".
func newConnection(plan preflight.Plan, ids, privateIPs map[string]string, document string) contract.Connection {
	c := contract.Connection{
		Region:         plan.Env.Region,
		Profile:        plan.NamePrefix,
		Documents:      []string{},
		CustomDocument: document,
		LoginUser:      plan.LoginUser(),
		PushKey:        plan.UsesInstanceConnect(),
		// The stack does not know the security groups of instances that it does not own.
		OpenEgress: plan.SecurityGroups.InstanceEgress == network.OpenEgress || !plan.HasInstances(),
		ForwardTo:  []string{},
		Instances:  map[string]contract.Instance{},
	}
	for _, kind := range iam.Documents() {
		if plan.Allows(kind) {
			c.Documents = append(c.Documents, string(kind))
		}
	}
	for _, target := range plan.SecurityGroups.Forward {
		c.ForwardTo = append(c.ForwardTo, target.String())
	}
	for _, spec := range plan.InstanceSpecs() {
		c.Instances[spec.Name] = contract.Instance{
			ID: ids[spec.Name], Zone: plan.Env.Region + spec.Zone, PrivateIP: privateIPs[spec.Name],
		}
	}
	switch plan.SessionRole.Targets {
	case iam.TargetsInstances:
		for _, target := range plan.Targets {
			c.Instances[target.ID] = contract.Instance{ID: target.ID, Zone: target.Zone, PrivateIP: target.PrivateIP}
		}
	case iam.TargetsTagged:
		c.Targets = &contract.Targets{Mode: contract.TargetsTagged, Tags: map[string]string{}}
		for _, tag := range plan.SessionRole.TargetTags {
			c.Targets.Tags[tag.Key] = tag.Value
		}
	case iam.TargetsAny:
		// The output of a stack that has instances is that of the first release.
		if !plan.HasInstances() {
			c.Targets = &contract.Targets{Mode: contract.TargetsAny}
		}
	}
	return c
}

// anyInstance is the name of the commands for instances that the stack does not know. Users replace the placeholder.
const (
	anyInstance   = "otherInstance"
	placeholderID = "<instance ID>"
)

// named returns the IDs of the instances for which there are commands, by name.
func named(c contract.Connection) map[string]string {
	ids := map[string]string{}
	for name, instance := range c.Instances {
		ids[name] = instance.ID
	}
	if c.Targets != nil {
		ids[anyInstance] = placeholderID
	}
	return ids
}

// toMap returns a connection as a stack output, with its JSON field names.
func toMap(c contract.Connection) (map[string]any, error) {
	encoded, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	return all, json.Unmarshal(encoded, &all)
}

// instances returns the instances of a connection as a stack output.
func instances(c contract.Connection) (map[string]any, error) {
	all, err := toMap(c)
	if err != nil {
		return nil, err
	}
	return all["instances"].(map[string]any), nil
}

// startSession returns the command that opens a shell on each instance. Empty if the session role does
// not allow shells.
func startSession(c contract.Connection) (map[string]string, error) {
	commands := map[string]string{}
	if c.Allows(contract.Shell) {
		for name, id := range named(c) {
			commands[name] = commandLine(c.ShellCommand(id))
		}
	}
	return commands, nil
}

// portForward returns the commands that forward ports, for each instance and each kind of session that
// the session role allows. Users replace the placeholders in <angle brackets>.
func portForward(c contract.Connection) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for name, id := range named(c) {
		commands := map[string]string{}
		if c.Allows(contract.PortForwarding) {
			commands["port"] = commandLine(c.ForwardCommand(id, "<port>", "<local port>"))
		}
		if c.Allows(contract.RemotePortForwarding) {
			commands["remotePort"] = commandLine(c.RemoteForwardCommand(id, "<host>", "<port>", "<local port>"))
		}
		all[name] = commands
	}
	return all, nil
}

// commandLine joins arguments to a command line for a POSIX shell. It quotes placeholders in angle brackets.
func commandLine(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		if strings.ContainsAny(arg, "<> ") {
			arg = "'" + arg + "'"
		}
		quoted[i] = arg
	}
	return strings.Join(quoted, " ")
}

// sshConfig returns a block for ~/.ssh/config with a host for each instance. Empty if the session role
// does not allow SSH.
func sshConfig(c contract.Connection) (string, error) {
	if !c.Allows(contract.SSH) {
		return "", nil
	}
	hosts := map[string]string{}
	for name, instance := range c.Instances {
		hosts[c.SSHHost(name)] = instance.ID
	}
	if c.Targets != nil {
		hosts[contract.AnyHost] = "%h"
	}
	var blocks []string
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		blocks = append(blocks, c.SSHBlock(host, hosts[host]))
	}
	return strings.Join(blocks, "\n"), nil
}

// awsProfile returns a block for ~/.aws/config: the profile that assumes the session role.
func awsProfile(plan preflight.Plan, roleARN string) string {
	roleSessionName := "<your name>"
	if plan.SessionRole.OnlyUsers() {
		// The trust policy requires it.
		roleSessionName = "<your IAM user name>"
	}
	lines := []string{
		"[profile " + plan.NamePrefix + "]",
		"region = " + plan.Env.Region,
	}
	if plan.SessionRole.UserTag {
		return strings.Join(append(lines, "credential_process = "+taggedSession(roleARN, roleSessionName)), "\n") + "\n"
	}
	lines = append(lines,
		"role_arn = "+roleARN,
		"role_session_name = "+roleSessionName,
		"source_profile = <your profile>",
	)
	if plan.SessionRole.RequireMFA {
		lines = append(lines, "mfa_serial = <ARN of your MFA device>")
	}
	return strings.Join(lines, "\n") + "\n"
}

// taggedSession returns a command that assumes the role with a session tag, in the format of credential_process.
// A profile of the AWS CLI cannot set session tags. The AWS CLI runs the command without a shell.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sourcing-external.html
func taggedSession(roleARN, user string) string {
	return `aws sts assume-role --profile "<your profile>" --role-arn ` + roleARN + ` --role-session-name "` + user +
		`" --tags "Key=SSMSessionRunAs,Value=` + user + `" --output json --query "Credentials.{Version:` + "`1`" +
		`,AccessKeyId:AccessKeyId,SecretAccessKey:SecretAccessKey,SessionToken:SessionToken,Expiration:Expiration}"`
}

// consoleHosts are the hosts of the AWS Management Console in partitions other than aws.
var consoleHosts = map[string]string{
	"aws-cn":     "console.amazonaws.cn",
	"aws-us-gov": "console.amazonaws-us-gov.com",
}

// consoleURL returns the URL of the Session Manager page on which users choose an instance.
func consoleURL(env awsenv.Env) string {
	host, ok := consoleHosts[env.Partition]
	if !ok {
		host = "console.aws.amazon.com"
	}
	return "https://" + env.Region + "." + host + "/systems-manager/session-manager/start-session?region=" + env.Region
}
