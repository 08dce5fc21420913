package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"bastionless/audit"
	"bastionless/compute"
	"bastionless/iam"
)

// connections writes what people paste. Only what stands in <angle brackets> is theirs to fill in.
type connections struct {
	*settings
	at *place
	// document is the stack's session document. Empty: sessions use the account's default one.
	document string
}

// exportConnections exports what people need to connect.
func exportConnections(
	ctx *pulumi.Context, s *settings, at *place, instances *compute.Instances, people *iam.SessionRole,
	sessions *audit.Sessions,
) {
	c := connections{settings: s, at: at}
	document := pulumi.String("").ToStringOutput()
	if sessions != nil {
		document = sessions.DocumentName
		ctx.Export("sessionRecords", pulumi.StringMap{
			"document": sessions.DocumentName,
			"logGroup": sessions.LogGroupName,
			"bucket":   sessions.BucketName,
			"keyArn":   sessions.KeyARN,
		})
	}
	all := pulumi.Map{}
	for _, member := range s.members() {
		all[member.Name] = pulumi.Map{
			"id":        instances.InstanceIDs.MapIndex(pulumi.String(member.Name)),
			"zone":      pulumi.String(at.region + member.Zone),
			"privateIp": instances.PrivateIPs.MapIndex(pulumi.String(member.Name)),
		}
	}
	ctx.Export("instances", all)
	ctx.Export("startSession", pulumi.All(instances.InstanceIDs, document).ApplyT(func(names []any) map[string]string {
		if !c.opens(iam.Shell) {
			return map[string]string{}
		}
		c := connections{settings: s, at: at, document: names[1].(string)}
		return each(names[0].(map[string]string), c.startShell)
	}).(pulumi.StringMapOutput))
	ctx.Export("portForward", instances.InstanceIDs.ApplyT(func(ids map[string]string) map[string]map[string]string {
		return each(ids, c.portForward)
	}).(pulumi.StringMapMapOutput))
	ctx.Export("sshConfig", instances.InstanceIDs.ApplyT(c.sshConfig).(pulumi.StringOutput))
	ctx.Export("sessionRoleArn", people.ARN)
	ctx.Export("awsProfile", people.ARN.ApplyT(c.awsProfile).(pulumi.StringOutput))
	ctx.Export("consoleUrl", pulumi.String(c.consoleURL()))
}

// each maps the ids of instances to what is written for them.
func each[T any](ids map[string]string, write func(id string) T) map[string]T {
	written := map[string]T{}
	for name, id := range ids {
		written[name] = write(id)
	}
	return written
}

// profile is the name of the AWS CLI profile that the commands use.
func (c connections) profile() string { return c.namePrefix }

// startShell names the session document only where it is the stack's own: the account's default one exists only once
// somebody has saved preferences in the console.
func (c connections) startShell(id string) string {
	if c.document == "" {
		return c.startSession(id)
	}
	return c.startSession(id) + " --document-name " + c.document
}

func (c connections) startSession(id string) string {
	return fmt.Sprintf("aws ssm start-session --profile %s --region %s --target %s", c.profile(), c.at.region, id)
}

// portForward returns a command for each kind of forwarding that the session role allows.
func (c connections) portForward(id string) map[string]string {
	commands := map[string]string{}
	if c.opens(iam.PortForwarding) {
		commands["port"] = c.startSession(id) + " --document-name AWS-StartPortForwardingSession" +
			` --parameters 'portNumber=<port>,localPortNumber=<local port>'`
	}
	if c.opens(iam.RemotePortForwarding) {
		commands["remotePort"] = c.startSession(id) + " --document-name AWS-StartPortForwardingSessionToRemoteHost" +
			` --parameters 'host=<host>,portNumber=<port>,localPortNumber=<local port>'`
	}
	return commands
}

// sshConfig is for ~/.ssh/config: one host for each instance. Empty where the session role allows no SSH.
func (c connections) sshConfig(ids map[string]string) string {
	if !c.opens(iam.SSH) {
		return ""
	}
	var hosts []string
	for _, member := range c.members() {
		hosts = append(hosts, c.sshHost(member.Name, ids[member.Name]))
	}
	return strings.Join(hosts, "\n")
}

func (c connections) sshHost(name, id string) string {
	proxy := "aws ssm start-session --profile " + c.profile() + " --region " + c.at.region +
		" --target %h --document-name AWS-StartSSHSession --parameters portNumber=%p"
	if c.pushesKey() {
		// EC2 Instance Connect puts the public key on the instance for 60 seconds, and needs no endpoint in the VPC.
		proxy = `sh -c "aws ec2-instance-connect send-ssh-public-key --profile ` + c.profile() + " --region " + c.at.region +
			` --instance-id %h --instance-os-user %r --ssh-public-key file://<private key>.pub > /dev/null && ` + proxy + `"`
	}
	return "Host " + c.namePrefix + "-" + name + "\n" +
		"  HostName " + id + "\n" +
		"  User ec2-user\n" +
		"  IdentityFile <private key>\n" +
		"  ProxyCommand " + proxy + "\n"
}

// awsProfile is for ~/.aws/config.
func (c connections) awsProfile(roleARN string) string {
	session := "<your name>"
	if c.onlyUsers() {
		// The role's trust policy wants it so.
		session = "<your IAM user name>"
	}
	lines := []string{
		"[profile " + c.profile() + "]",
		"region = " + c.at.region,
		"role_arn = " + roleARN,
		"role_session_name = " + session,
		"source_profile = <your profile>",
	}
	if c.requireMFA {
		lines = append(lines, "mfa_serial = <ARN of your MFA device>")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s *settings) onlyUsers() bool {
	for _, principal := range s.sessionPrincipals {
		if !principal.IsUser() {
			return false
		}
	}
	return true
}

// consoleHosts are the console's, in partitions that have one of their own.
var consoleHosts = map[string]string{
	"aws-cn":     "console.amazonaws.cn",
	"aws-us-gov": "console.amazonaws-us-gov.com",
}

// consoleURL is the page of Session Manager on which one picks an instance.
func (c connections) consoleURL() string {
	host := "console.aws.amazon.com"
	if other, ok := consoleHosts[c.at.partition]; ok {
		host = other
	}
	return "https://" + c.at.region + "." + host + "/systems-manager/session-manager/start-session?region=" + c.at.region
}
