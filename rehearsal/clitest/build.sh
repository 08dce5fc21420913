#!/bin/sh
# Compiles the Pulumi CLI of a version from Go modules.
#
#     rehearsal/clitest/build.sh v3.276.0 bin/pulumi-v3.276.0
set -eu
version=$1
output=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
[ ! -x "$output" ] || exit 0
module=$(mktemp -d)
trap 'rm -rf "$module"' EXIT
cd "$module"
cat > go.mod <<MOD
module cli
go 1.26
MOD
cat > cli.go <<GO
//go:build cli

package cli

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
GO
go get "github.com/pulumi/pulumi/pkg/v3@$version" "github.com/pulumi/pulumi/sdk/v3@$version"
go mod tidy
go build -trimpath -ldflags "-w -s -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$version" -o "$output" \
	github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
