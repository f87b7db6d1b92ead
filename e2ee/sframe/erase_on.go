//go:build goexperiment.runtimesecret

package sframe

import "runtime/secret"

// erased runs f so that registers and stack are erased after it, and what it
// has allocated as soon as nobody holds it.
func erased(f func()) { secret.Do(f) }
