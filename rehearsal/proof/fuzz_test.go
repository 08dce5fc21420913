package proof_test

import (
	"bytes"
	"testing"

	"bastionless/rehearsal/proof"
)

// FuzzVerify checks that any input is read, and that its claims are made, without a panic, and that each claim has a result
// and reasons.
func FuzzVerify(f *testing.F) {
	t := &testing.T{}
	for _, p := range []*peer{goodPeer(), bucketPeer(), fullPeer(), everyPeer()} {
		f.Add(p.export(t))
	}
	f.Add([]byte(`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u","type":"aws:ec2/instance:Instance","custom":true,"id":"i"}]}}}`))
	f.Add([]byte("\xFF\xFE{\x00}\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		deployment, err := proof.Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		proof.StackName(deployment)
		claims, err := proof.Check(deployment, proof.Options{Principals: []string{"210987654321"}})
		if err != nil {
			return
		}
		for _, claim := range claims {
			if claim.ID == "" || claim.Result == "" || len(claim.Reasons) == 0 {
				t.Errorf("an incomplete claim: %+v", claim)
			}
		}
	})
}
