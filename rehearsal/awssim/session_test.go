package awssim

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// A call waits for the cloud, which another call has locked, when the cancellation arrives.
func TestProvider_canBeCanceledWhileACallWaits(t *testing.T) {
	t.Parallel()
	in := values{"cidrBlock": "10.0.0.0/16"}
	synctest.Test(t, func(t *testing.T) {
		w := newTestCloud(t)
		holder, err := newSession(w.cloud).begin(context.Background(), "")
		require.NoError(t, err)
		result := make(chan error)
		go func() {
			_, err := w.tryCreate(vpcToken, "v", in)
			result <- err
		}()
		synctest.Wait()
		require.NoError(t, w.provider.Cancel(context.Background()))
		require.ErrorContains(t, <-result, context.Canceled.Error(), "the call ends before it gets the cloud")
		holder.unlock()
		require.Empty(t, w.cloud.Inventory())
		require.NoError(t, w.provider.Cancel(context.Background()), "a second cancellation has no effect")
	})
}

func TestProvider_failsAfterCancellation(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	in := values{"cidrBlock": "10.0.0.0/16"}
	vpc := w.create(vpcToken, "v", in)
	changed := with(in, values{"enableDnsHostnames": true})
	require.NoError(t, w.provider.Cancel(context.Background()))

	_, err := w.tryCreate(vpcToken, "w", in)
	require.ErrorContains(t, err, context.Canceled.Error())
	require.ErrorContains(t, w.tryUpdate(vpc, changed), context.Canceled.Error())
	require.ErrorContains(t, w.tryDelete(vpc), context.Canceled.Error())
	_, err = w.provider.Read(context.Background(), readRequest{URN: vpc.urn, ID: vpc.id})
	require.ErrorContains(t, err, context.Canceled.Error())
	_, err = w.tryInvoke(regionLookup, values{})
	require.ErrorContains(t, err, context.Canceled.Error())
	require.Len(t, w.cloud.Inventory(), 1)

	// Another operation is not canceled: neither that of another provider nor the next one of this
	// provider.
	w.withConfig(values{"region": "ap-northeast-1"}).update(vpc, changed)
	require.NoError(t, w.provider.Configure(context.Background(), toProperties(values{"region": "ap-northeast-1"})))
	w.delete(vpc)
}

func TestProvider_failsIfTheContextEnds(t *testing.T) {
	t.Parallel()
	w := newTestCloud(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	urn, in := testURN(vpcToken, "v"), toProperties(values{"cidrBlock": "10.0.0.0/16"})
	_, err := w.provider.Create(ctx, createRequest{URN: urn, Properties: in})
	require.ErrorContains(t, err, context.Canceled.Error())
	require.Empty(t, w.cloud.Inventory())
}
