#!/usr/bin/env bash
# Tests a stack on a real AWS account, which no rehearsal can replace: deploys it, waits for an instance, opens a session
# that runs one command, deploys again, which must change nothing, and destroys everything. It costs a few cents. Nobody
# has run it on AWS yet.
#
#     make e2e STACK=dev
#
# Your AWS credentials deploy the stack. The session uses the AWS CLI profile of the stack output awsProfile. If
# ~/.aws/config does not have that profile, the script adds it to a temporary copy and fills in its values from:
#
#     E2E_SOURCE_PROFILE   the profile whose user or role assumes the session role (default: default)
#     E2E_SESSION_NAME     your IAM user name (default: e2e)
#     E2E_MFA_SERIAL       the ARN of your MFA device; the AWS CLI asks for its code
#
# With E2E_YES=1 the script does not ask before it starts. With E2E_KEEP=1 it keeps the stack if something fails. The log
# is e2e-STACK-TIME.log.
set -euo pipefail
cd "$(dirname "$0")/../.."

stack=${1:?usage: rehearsal/e2e/e2e.sh STACK}
connect=${E2E_CONNECT:-bin/connect}
session_delay=${E2E_SESSION_DELAY:-10} # seconds to wait for the session to open, and for its answer
log=${E2E_LOG:-e2e-$stack-$(date -u +%Y%m%dT%H%M%SZ).log}
deployed=no
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf '\n=== %s\n' "$*"; }
fail() { printf 'e2e: %s\n' "$*" >&2; exit 1; }

# finish destroys the stack if it is still deployed.
finish() {
  local status=$?
  trap - EXIT
  if [ "$deployed" = yes ] && [ "${E2E_KEEP:-}" = 1 ]; then
    say "the stack is still deployed and costs money. Destroy it: pulumi destroy --stack $stack"
  elif [ "$deployed" = yes ]; then
    say "destroy the stack"
    pulumi destroy --yes --stack "$stack" ||
      say "THE STACK IS STILL DEPLOYED and costs money. Destroy it: pulumi destroy --stack $stack"
  fi
  rm -rf "$scratch"
  say "exit status $status; the log is $log"
  exit "$status"
}

# on_terminal runs a command on a terminal of its own, which a session needs, with our standard input.
on_terminal() {
  if script --version 2>/dev/null | grep -q util-linux; then
    script -qec "$(printf '%q ' "$@")" /dev/null
  else
    script -q /dev/null "$@"
  fi
}

# config_value prints a configuration value of the stack, or nothing if it is not set.
config_value() { pulumi config get "$1" --stack "$stack" 2>/dev/null || true; }

# check fails if the run cannot succeed, and asks before it costs money.
check() {
  for tool in pulumi aws session-manager-plugin script; do
    command -v "$tool" >/dev/null || fail "\"$tool\" is not on the PATH: install it"
  done
  [ -x "$connect" ] || fail "$connect does not exist: build it with \"make e2e\""
  region=$(pulumi config get aws:region --stack "$stack") ||
    fail "stack \"$stack\" does not exist or has no aws:region: choose a stack of \"pulumi stack ls\""
  if [ "$(config_value terminationProtection)" = true ]; then
    fail "stack \"$stack\" has terminationProtection and could not be destroyed: choose another stack, or set it to false"
  fi
  case $(config_value sessionDocuments) in
    '' | '[]' | *'"shell"'*) ;;
    *) fail "sessionDocuments of stack \"$stack\" is without shell, and this opens one: choose another stack, or add shell" ;;
  esac
  if pulumi stack output vpcId --stack "$stack" >/dev/null 2>&1; then
    fail "stack \"$stack\" is already deployed, and this would destroy it: choose another stack"
  fi
  account=$(aws sts get-caller-identity --query Account --output text) || fail "the AWS CLI has no credentials: sign in"
  say "deploy stack $stack to account $account in $region, and destroy it"
  if [ "${E2E_YES:-}" != 1 ]; then
    read -r -p "This costs a few cents. Continue? [y/N] " answer || true
    [ "$answer" = y ] || fail "canceled"
  fi
}

# use_profile makes sure that the AWS CLI has the profile of the session.
use_profile() {
  local config=${AWS_CONFIG_FILE:-$HOME/.aws/config} profile
  profile=$(pulumi stack output awsProfile --stack "$stack")
  if grep -qxF "$(printf '%s\n' "$profile" | head -n 1)" "$config" 2>/dev/null; then
    return
  fi
  { cat "$config" 2>/dev/null || true; printf '\n%s\n' "$profile"; } | sed \
    -e "s|<your profile>|${E2E_SOURCE_PROFILE:-default}|" \
    -e "s|<your name>|${E2E_SESSION_NAME:-e2e}|" \
    -e "s|<your IAM user name>|${E2E_SESSION_NAME:-e2e}|" \
    -e "s|<ARN of your MFA device>|${E2E_MFA_SERIAL:-}|" \
    -e '/^mfa_serial = $/d' >"$scratch/config"
  export AWS_CONFIG_FILE="$scratch/config"
}

# session opens a shell, types a command and exits. The echo of what it types does not contain the answer.
session() {
  { sleep "$session_delay"; printf 'echo bastionless-$((6*7))\n'; sleep "$session_delay"; printf 'exit\n'; } |
    on_terminal "$connect" shell --stack "$stack" >"$scratch/session" || true
  cat "$scratch/session"
  grep -q 'bastionless-42' "$scratch/session" || fail "the session did not run the command: see its output above"
}

check
exec > >(tee -a "$log") 2>&1
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "deploy"
deployed=yes # even if the update fails
pulumi up --yes --skip-preview --stack "$stack"
vpc=$(pulumi stack output vpcId --stack "$stack")
use_profile
say "wait for the instance"
"$connect" wait --stack "$stack"
say "run a command in a session"
session
say "deploy again, which must change nothing"
pulumi preview --expect-no-changes --stack "$stack"
pulumi up --yes --skip-preview --expect-no-changes --stack "$stack"
say "refresh, which must find no drift"
pulumi refresh --yes --skip-preview --expect-no-changes --stack "$stack"
say "destroy the stack"
pulumi destroy --yes --skip-preview --stack "$stack"
deployed=no
left=$(aws ec2 describe-vpcs --region "$region" --filters "Name=vpc-id,Values=$vpc" --query 'length(Vpcs)' --output text)
[ "$left" = 0 ] || fail "the VPC $vpc still exists after the destroy: delete it in the console"
say "all checks passed"
