package trials

import "testing"

// The stack prod works with IAM Identity Center after the two changes that the documentation describes.
func TestProd_withIdentityCenter(t *testing.T) {
	t.Parallel()
	deployed(t, "prod", config{"sessionPrincipals": `["sso:Ops"]`, "requireMfa": "false"}).requireLifecycle()
}
