//go:build !unix

package mls

import "time"

var started = time.Now()

// processorTime is the time that has passed: near enough on an idle machine.
func processorTime() time.Duration { return time.Since(started) }
