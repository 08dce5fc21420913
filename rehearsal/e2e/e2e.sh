#!/usr/bin/env bash
# Deploys a stack to AWS, waits for its instance, opens a session that runs one command, deploys once more, which must
# change nothing, and destroys everything: what no rehearsal can show. Costs some cents. Nobody has run it against AWS yet.
#
#     make e2e STACK=dev
#
# Your AWS credentials deploy. The session is opened with the profile that the stack prints (output awsProfile). If
# ~/.aws/config lacks it, it is made for this run, and what stands in angle brackets there comes from:
#
#     E2E_SOURCE_PROFILE   the profile whose user or role assumes the session role (default: default)
#     E2E_SESSION_NAME     your IAM user's name (default: e2e)
#     E2E_MFA_SERIAL       the ARN of your MFA device; you are asked for its code
#
# E2E_YES=1 asks nothing first, E2E_KEEP=1 destroys nothing where something failed. The log stays in e2e-STACK-TIME.log.
set -euo pipefail
cd "$(dirname "$0")/../.."

stack=${1:?usage: rehearsal/e2e/e2e.sh STACK}
connect=${E2E_CONNECT:-bin/connect}
settle=${E2E_SETTLE:-10} # seconds that a session gets to open, and to answer
log=${E2E_LOG:-e2e-$stack-$(date -u +%Y%m%dT%H%M%SZ).log}
deployed=no
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf '\n=== %s\n' "$*"; }
fail() { printf 'e2e: %s\n' "$*" >&2; exit 1; }

# finish destroys what is deployed, whatever happened before.
finish() {
  local status=$?
  trap - EXIT
  if [ "$deployed" = yes ] && [ "${E2E_KEEP:-}" = 1 ]; then
    say "kept, and costing money: pulumi destroy --stack $stack"
  elif [ "$deployed" = yes ]; then
    say "destroy what is deployed"
    pulumi destroy --yes --stack "$stack" || say "STILL DEPLOYED, and costing money: pulumi destroy --stack $stack"
  fi
  rm -rf "$scratch"
  say "status $status; the log is $log"
  exit "$status"
}

# on_a_terminal runs a command on a terminal of its own, which sessions want, with our input.
on_a_terminal() {
  if script --version 2>/dev/null | grep -q util-linux; then
    script -qec "$(printf '%q ' "$@")" /dev/null
  else
    script -q /dev/null "$@"
  fi
}

check() {
  for tool in pulumi aws session-manager-plugin script; do
    command -v "$tool" >/dev/null || fail "there is no \"$tool\" on the PATH"
  done
  [ -x "$connect" ] || fail "there is no $connect: \"make e2e\" builds it"
  region=$(pulumi config get aws:region --stack "$stack") || fail "stack \"$stack\" names no aws:region; is it there?"
  if [ "$(pulumi config get terminationProtection --stack "$stack" 2>/dev/null)" = true ]; then
    fail "stack \"$stack\" has terminationProtection on, and could not be destroyed: turn it off"
  fi
  if pulumi stack output vpcId --stack "$stack" >/dev/null 2>&1; then
    fail "stack \"$stack\" is deployed already, and this would destroy it: take another"
  fi
  account=$(aws sts get-caller-identity --query Account --output text) || fail "no AWS credentials"
  say "stack $stack, account $account, $region: deploy it and destroy it again"
  if [ "${E2E_YES:-}" != 1 ]; then
    read -r -p "This costs some cents. Go on? [y/N] " answer || true
    [ "$answer" = y ] || fail "nothing done"
  fi
}

# use_profile sees to it that the AWS CLI knows the session's profile.
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

# session opens a shell, types a command and leaves. What it types does not look like the answer.
session() {
  { sleep "$settle"; printf 'echo bastionless-$((6*7))\n'; sleep "$settle"; printf 'exit\n'; } |
    on_a_terminal "$connect" shell --stack "$stack" >"$scratch/session" || true
  cat "$scratch/session"
  grep -q 'bastionless-42' "$scratch/session" || fail "the session did not run the command"
}

check
exec > >(tee -a "$log") 2>&1
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say "up"
deployed=yes # an up that fails leaves something, too
pulumi up --yes --skip-preview --stack "$stack"
vpc=$(pulumi stack output vpcId --stack "$stack")
use_profile
say "wait"
"$connect" wait --stack "$stack"
say "a session that runs one command"
session
say "up again: must change nothing"
pulumi preview --expect-no-changes --stack "$stack"
pulumi up --yes --skip-preview --expect-no-changes --stack "$stack"
say "refresh: must find no drift"
pulumi refresh --yes --skip-preview --expect-no-changes --stack "$stack"
say "destroy"
pulumi destroy --yes --skip-preview --stack "$stack"
deployed=no
left=$(aws ec2 describe-vpcs --region "$region" --filters "Name=vpc-id,Values=$vpc" --query 'length(Vpcs)' --output text)
[ "$left" = 0 ] || fail "the VPC $vpc is still there after destroy"
say "all of it held"
