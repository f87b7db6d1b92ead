//go:build unix

package engine_test

import (
	"testing"
	"time"

	"incamera/media/relay/relaytest"
)

// TestOutage: a network that goes silent is noticed, and once it is back so is
// the sound.
func TestOutage(t *testing.T) {
	node := relaytest.Start(t)
	ada, bob := enter(t, node, "ada", nil).full(small), enter(t, node, "bob", nil).full(small)
	ada.hears(t)
	bob.hears(t)
	node.Freeze()
	began := time.Now()
	until(t, "noticed", func() bool { return !ada.Meter().Connected && !bob.Meter().Connected })
	t.Log("noticed after", time.Since(began))
	node.Thaw()
	began = time.Now()
	ada.hears(t)
	t.Log("heard again, for half a second, after", time.Since(began))
	bob.hears(t)
	bob.sees(t, "ada", small)
}
