// Command generate writes the content of AWS managed policies that EC2 roles often have. The content is that which AWS
// returned to the makers of the Python package moto (Apache License 2.0), whose wheel is the argument:
//
//	pip download moto==5.2.5 --no-deps
//	go run -trimpath ./rehearsal/proof/managed/generate moto-5.2.5-py3-none-any.whl
package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// policies are the policies to write. They are those that guides on Systems Manager, CloudWatch, Amazon ECS, Amazon EKS,
// CodeDeploy and Elastic Beanstalk attach to roles of instances, those of administrators, and the one that denies everything.
const policies = `
AmazonSSMManagedInstanceCore AmazonSSMManagedEC2InstanceDefaultPolicy AmazonEC2RoleforSSM AmazonSSMPatchAssociation AmazonSSMDirectoryServiceAccess
AmazonSSMFullAccess AmazonSSMReadOnlyAccess CloudWatchAgentServerPolicy CloudWatchAgentAdminPolicy CloudWatchLogsFullAccess AWSXRayDaemonWriteAccess
AmazonEC2ContainerRegistryReadOnly AmazonEC2ContainerRegistryPullOnly AmazonEC2ContainerServiceforEC2Role AmazonEKSWorkerNodePolicy AmazonEKS_CNI_Policy
AmazonEC2RoleforAWSCodeDeploy AWSElasticBeanstalkWebTier AmazonS3ReadOnlyAccess AmazonS3FullAccess AmazonEC2ReadOnlyAccess SecretsManagerReadWrite
PowerUserAccess AdministratorAccess AWSDenyAll`

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate moto-VERSION.whl")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// recorded is a policy as moto records it.
type recorded struct {
	DefaultVersionID string `json:"DefaultVersionId"`
	UpdateDate       string
	Document         json.RawMessage
}

func generate(wheel string) error {
	all, err := read(wheel)
	if err != nil {
		return fmt.Errorf("%s: %w", wheel, err)
	}
	moto := strings.Join(strings.SplitN(filepath.Base(wheel), "-", 3)[:2], " ")
	for _, name := range strings.Fields(policies) {
		one, ok := all[name]
		if !ok {
			return fmt.Errorf("%s: no policy %s", wheel, name)
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err := encoder.Encode(struct {
			Version, Date, Source string
			Document              json.RawMessage
		}{
			one.DefaultVersionID, one.UpdateDate[:len("2006-01-02")],
			"https://docs.aws.amazon.com/aws-managed-policy/latest/reference/" + name + ".html, recorded in " + moto, one.Document,
		})
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join("rehearsal", "proof", "managed", name+".json"), text.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// read reads the policies in a wheel: a Python file with one string of JSON.
func read(wheel string) (map[string]recorded, error) {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	file, err := archive.Open("moto/iam/aws_managed_policies.py")
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	_, text, found := bytes.Cut(text, []byte(`"""`))
	text, _, closed := bytes.Cut(text, []byte(`"""`))
	if !found || !closed {
		return nil, errors.New("aws_managed_policies.py has no string in triple quotes")
	}
	all := map[string]recorded{}
	return all, json.Unmarshal(text, &all)
}
