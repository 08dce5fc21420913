package catalog

import (
	"slices"
	"strings"
)

// To add an interface endpoint service, add its code: the part of the service name that follows the Region.

// interfaceServices are the codes of the interface endpoint services that every Region of the partitions
// aws and aws-us-gov has in this catalog. AWS offers some of them in fewer Regions.
const interfaceServices = `
access-analyzer acm-pca airflow.api airflow.env appconfig appconfigdata application-autoscaling appmesh
appmesh-envoy-management apprunner aps aps-workspaces athena auditmanager autoscaling autoscaling-plans backup
backup-gateway batch bedrock bedrock-agent bedrock-agent-runtime bedrock-runtime cassandra cleanrooms cloudcontrolapi
cloudformation cloudhsmv2 cloudtrail codeartifact.api codeartifact.repositories codebuild codecommit codedeploy
codedeploy-commands-secure codepipeline codestar-connections.api comprehend config databrew dataexchange datasync datazone
discovery dms drs ds ebs ec2 ec2messages ecr.api ecr.dkr ecs ecs-agent ecs-telemetry eks elasticache elasticbeanstalk
elasticbeanstalk-health elasticfilesystem elasticloadbalancing elasticmapreduce email-smtp emr-containers emr-serverless
entityresolution events execute-api fis fsx git-codecommit glue grafana grafana-workspace groundstation guardduty
guardduty-data healthlake identitystore imagebuilder inspector2 internetmonitor kafka kendra kinesis-firehose
kinesis-streams kms lakeformation lambda license-manager logs macie2 mediaconnect memory-db monitoring networkmonitor
payment-cryptography.controlplane personalize pipes polly ram rds rds-data redshift redshift-data redshift-serverless
rekognition resource-groups rolesanywhere rum s3 sagemaker.api sagemaker.featurestore-runtime sagemaker.runtime scheduler
secretsmanager securityhub servicecatalog servicediscovery signin sns sqs ssm ssm-contacts ssm-incidents ssmmessages states
storagegateway sts swf sync-states synthetics textract timestream.ingest tnb transcribe transcribestreaming transfer
translate verifiedpermissions workspaces xray`

// The codes of China's interface endpoint services. The names of chinaOwn begin with "cn.com.amazonaws".
const (
	chinaOwn = `application-autoscaling appmesh-envoy-management athena autoscaling backup batch cassandra cloudcontrolapi
cloudformation codedeploy-commands-secure databrew dms ebs ec2 ecr.api ecr.dkr eks elasticache elasticbeanstalk elasticfilesystem
emr-containers execute-api fsx imagebuilder kinesis-streams lambda license-manager monitoring rds redshift redshift-data s3
sagemaker.api sagemaker.featurestore-runtime sagemaker.runtime securityhub servicecatalog sqs states sts sync-states synthetics
transcribestreaming transfer xray`
	chinaCommon = `access-analyzer acm-pca appconfig appconfigdata cloudtrail codebuild codecommit codedeploy codepipeline config datasync
ec2messages ecs ecs-agent ecs-telemetry elasticloadbalancing elasticmapreduce events git-codecommit glue guardduty-data kafka
kinesis-firehose kms lakeformation logs secretsmanager servicediscovery sns ssm ssmmessages storagegateway`
)

// withoutPolicies are the services that are known not to support endpoint policies.
var withoutPolicies = []string{"appmesh-envoy-management", "ec2messages", "ecs-agent", "ecs-telemetry"}

// deriveServices adds the endpoint services of the Region.
func (r *Region) deriveServices(missing map[string][]string, prefixLists map[string]string) {
	r.services = map[string][]Service{}
	for _, code := range []string{"s3", "dynamodb"} {
		id := prefixLists[code]
		if id == "" { // unknown: made up, but always the same
			id = "pl-" + hash("prefix list "+r.name+code, 8)
		}
		name := "com.amazonaws." + r.name + "." + code
		r.services[name] = append(r.services[name], Service{
			Type: Gateway, Zones: r.serviceZones(nil), SupportsPolicy: true, PrefixListID: id,
		})
	}
	if r.partition == "aws-cn" {
		r.addInterfaceServices("cn.com.amazonaws", chinaOwn, missing)
		r.addInterfaceServices("com.amazonaws", chinaCommon, missing)
	} else {
		r.addInterfaceServices("com.amazonaws", interfaceServices, missing)
	}
}

func (r *Region) addInterfaceServices(prefix, codes string, missing map[string][]string) {
	for _, code := range strings.Fields(codes) {
		name := prefix + "." + r.name + "." + code
		r.services[name] = append(r.services[name], Service{
			Type:           Interface,
			Zones:          r.serviceZones(missing[code]),
			SupportsPolicy: r.partition != govCloud && !slices.Contains(withoutPolicies, code),
		})
	}
}

// govCloud is the partition whose API returns only the names of services: neither zones nor policy support.
const govCloud = "aws-us-gov"

// serviceZones returns the names of the zones without those that end in a missing letter.
func (r *Region) serviceZones(missing []string) []string {
	if r.partition == govCloud {
		return nil
	}
	return slices.DeleteFunc(r.ZoneNames(), func(zone string) bool {
		return slices.Contains(missing, strings.TrimPrefix(zone, r.name))
	})
}
