//go:build goexperiment.runtimesecret

package mls

import rs "runtime/secret"

// erased runs f so that registers and stack are erased after it, and what it
// has allocated as soon as nobody holds it.
func erased(f func()) { rs.Do(f) }
