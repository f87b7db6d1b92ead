//go:build goexperiment.runtimesecret

package trust

import "runtime/secret"

// erasing runs f so that what it allocates is erased when it is freed.
func erasing(f func()) { secret.Do(f) }
